"""What the check of a session or token costs: p99 and processor time of reads with 8 clients, and of intake."""

import asyncio
import os
import statistics
import time
from datetime import UTC, datetime, timedelta
from itertools import repeat
from urllib.parse import urlsplit
from uuid import UUID

import orjson
from pydantic import SecretStr

from benchmarks._api import running_api
from benchmarks._clients import send
from benchmarks._stack import cpu_seconds, running_stack
from mcm_api.access.secret_values import hash_of, new_secret, new_token
from mcm_api.access.store.sessions import insert_session
from mcm_api.access.store.tokens import StoredToken, insert_token
from mcm_api.access.store.users import insert_user, new_user
from mcm_shared.db.engine import create_engine, transaction
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import DatabaseSettings, KafkaSettings

ROUNDS = int(os.environ.get("MCM_BENCH_ACCESS_ROUNDS", "7"))
REQUESTS = 2000
CLIENTS = 8
BATCHES, BATCH = 60, 500
_PATH = "/findings?page_size=1"
_SOURCE = "bench"


def main() -> None:
    """Prints medians over rounds that alternate between no authentication, a session and an API token."""
    with running_stack() as stack:
        servers = stack.kafka.bootstrap_servers
        asyncio.run(ensure_topics(KafkaSettings(KAFKA_BOOTSTRAP_SERVERS=servers)))
        database = stack.new_database()
        headers = {"none": "", **asyncio.run(_credentials(database))}
        # the limit of requests is not what is measured
        settings = {"KAFKA_BOOTSTRAP_SERVERS": servers, "MCM_API_REQUESTS_PER_S": "1000000"}
        with (
            running_api(database, MCM_AUTH="off", **settings) as (open_url, open_pid),
            running_api(database, MCM_AUTH="on", **settings) as (closed_url, closed_pid),
        ):
            apis = {"none": (open_url, open_pid)}
            reads: dict[str, list[tuple[float, float]]] = {name: [] for name in headers}
            pushes: dict[str, list[tuple[float, float]]] = {"none": [], "token": []}
            for _ in range(ROUNDS + 1):
                for name, header in headers.items():
                    url, pid = apis.get(name, (closed_url, closed_pid))
                    reads[name].append(asyncio.run(_read(url, pid, header)))
                    if name in pushes:
                        pushes[name].append(asyncio.run(_push(url, pid, header)))
    for name in headers:
        # the first round warms up
        p99, cpu = (statistics.median(column) for column in zip(*reads[name][1:], strict=True))
        print(f"  {name:7} {CLIENTS} clients: p99 {p99:6.2f} ms, {cpu:.3f} ms of processor time a request")
    medians = {
        name: [statistics.median(column) for column in zip(*rounds[1:], strict=True)] for name, rounds in pushes.items()
    }
    for name, (rate, cpu) in medians.items():
        print(f"  {name:7} intake: {rate:,.0f} events/s, {cpu:.2f} µs of processor time an event")
    rate, cpu = (with_token / without for with_token, without in zip(medians["token"], medians["none"], strict=True))
    print(f"  intake with a token: {rate:.2f} of the throughput, {1 / cpu:.2f} by processor time")


async def _credentials(database: str) -> dict[str, str]:
    engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(database)))
    now, secret, token = datetime.now(UTC), new_secret(), new_token()
    user = new_user("bench@example.com", "admin")
    async with transaction(engine) as connection:
        await insert_user(connection, user)
        await insert_session(connection, user.id, hash_of(secret), now, address="127.0.0.1", user_agent="bench")
        await insert_token(connection, _stored(token.id, token.secret_hash, user.id, now))
    await engine.dispose()
    return {"session": f"Cookie: mcm_session={secret}\r\n", "token": f"Authorization: Bearer {token.text}\r\n"}


def _stored(token_id: str, secret_hash: str, user_id: UUID, now: datetime) -> StoredToken:
    return StoredToken(
        id=token_id,
        secret_hash=secret_hash,
        user_id=user_id,
        name="bench",
        scopes=["events:write", "findings:read"],
        sources=None,
        push_sources=[_SOURCE],
        created_by="bench",
        created_at=now,
        expires_at=now + timedelta(days=1),
        last_used_at=None,
        revoked_at=None,
    )


async def _read(url: str, pid: int, header: str) -> tuple[float, float]:
    request = f"GET {_PATH} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n{header}\r\n".encode()
    before = cpu_seconds(pid)
    seconds = await send(url, [request] * REQUESTS, clients=CLIENTS)
    cpu = cpu_seconds(pid) - before
    return sorted(seconds)[int(len(seconds) * 0.99)] * 1000, cpu / REQUESTS * 1000


async def _push(url: str, pid: int, header: str) -> tuple[float, float]:
    requests = []
    for _ in repeat(None, BATCHES):
        at = datetime.now(UTC).isoformat()
        events = [
            {"id": new_secret(), "source": _SOURCE, "event_type": "login", "user": "a@example.com", "timestamp": at}
            for _ in range(BATCH)
        ]
        body = orjson.dumps(events)
        head = f"POST /events HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n{header}Content-Type: application/json\r\n"
        requests.append(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    before, began = cpu_seconds(pid), time.perf_counter()
    await send(url, requests, clients=4, status=b"202")
    took = time.perf_counter() - began
    count = BATCHES * BATCH
    return count / took, (cpu_seconds(pid) - before) / count * 1e6
