"""From an event sent to its finding committed, at 1,000 events a second."""

import asyncio
import os
import statistics
import time
from datetime import UTC, datetime
from itertools import cycle
from uuid import UUID

import asyncpg

from benchmarks._stack import BenchStack, running_stack, wait_for_events
from benchmarks._workers import running_workers
from mcm_ingestor.generator import generate_fake_events_batch
from mcm_shared.contracts.events import event_uid
from mcm_shared.contracts.topics import Topics
from mcm_shared.kafka.producer import Producer, connect_producer
from mcm_shared.kafka.records import Outgoing
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import KafkaSettings

RATE = 1_000
SECONDS = int(os.environ.get("MCM_BENCH_SECONDS", "30"))
WARM_UP_S = 3
P50_MS, P99_MS = 20, 100
"""Targets."""

_TIMEOUT_S = 60
_TICK_S = 0.005
_A_TICK = int(RATE * _TICK_S)
_SOURCE = "bench"
_SINGLE_EVERY, _CORRELATED_EVERY = 20, 100
"""A failed deployment every so many events, and the last of five failed logins."""

_COMMITTED = """
SELECT event_uid, extra_data->'latest'->>'event_uid' AS latest, rule_name, pg_xact_commit_timestamp(xmin) AS at
FROM findings
"""


def main() -> None:
    """Prints p50 and p99 in ms, for findings of one event and of a correlation."""
    with running_stack({"track_commit_timestamp": "on"}) as stack:
        database_url = stack.new_database()
        with running_workers(stack, database_url, "bench-latency", "builtin"):
            sent = asyncio.run(_send(stack, database_url))
            found = asyncio.run(_found(database_url, sent))
    for name, latencies in found.items():
        cuts = statistics.quantiles(latencies, n=100)
        print(
            f"p50 {cuts[49]:6.1f} ms (target {P50_MS})  p99 {cuts[98]:6.1f} ms (target {P99_MS})  "
            f"{name}, {len(latencies):,} findings"
        )


async def _send(stack: BenchStack, database_url: str) -> dict[UUID, float]:
    """Sends events at an even rate; returns when those that raise a finding were sent, in seconds since 1970."""
    kafka = KafkaSettings(KAFKA_BOOTSTRAP_SERVERS=stack.kafka.bootstrap_servers)
    await ensure_topics(kafka)
    ordinary = cycle(generate_fake_events_batch(20_000, seed=1, days=30))
    sent: dict[UUID, float] = {}
    async with connect_producer(kafka) as producer, asyncio.TaskGroup() as sending:
        # until the worker has joined its group
        await producer.send([Outgoing(Topics().raw, next(ordinary).model_dump_json().encode())])
        await wait_for_events(database_url, 1, _TIMEOUT_S)
        started = time.perf_counter()
        for tick in range(int((SECONDS + WARM_UP_S) / _TICK_S)):
            await asyncio.sleep(max(0, started + tick * _TICK_S - time.perf_counter()))
            measured = tick * _TICK_S >= WARM_UP_S
            values = []
            for number in range(tick * _A_TICK, (tick + 1) * _A_TICK):
                uid, value = _event(number, next(ordinary).model_dump_json().encode())
                values.append(value)
                if uid is not None and measured:
                    sent[uid] = time.time()
            sending.create_task(_deliver(producer, values))
    return sent


async def _deliver(producer: Producer, values: list[bytes]) -> None:
    await producer.send([Outgoing(Topics().raw, value) for value in values])


def _event(number: int, ordinary: bytes) -> tuple[UUID | None, bytes]:
    """Makes the event of a number: an ordinary one, or one that raises a finding of a user of its own."""
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    identity = str(number)
    if number % _SINGLE_EVERY == 0:
        user, event_type, facts = (
            f"deploys-{number}",
            "deployment_failed",
            f'{{"service":"web-{number}","environment":"production"}}',
        )
    elif number % _CORRELATED_EVERY in (51, 52, 53, 54, 55):
        user = f"guessed-{number // _CORRELATED_EVERY}"
        event_type, facts = "login_failed", f'{{"ip":"192.0.2.7{number % 10}","reason":"bad_password"}}'
    else:
        # the same again is a repeat: give it an id of its own
        return None, ordinary.replace(b'{"id":"', f'{{"id":"{number}-'.encode(), 1)
    value = (
        f'{{"id":"{identity}","source":"{_SOURCE}","event_type":"{event_type}","user":"{user}@example.com",'
        f'"timestamp":"{now}","raw_data":{facts}}}'
    )
    raises = event_type == "deployment_failed" or number % _CORRELATED_EVERY == 55
    return (event_uid(_SOURCE, identity) if raises else None), value.encode()


async def _found(database_url: str, sent: dict[UUID, float]) -> dict[str, list[float]]:
    """Reads when the findings of these events were committed; returns latencies in ms."""
    await wait_for_events(database_url, RATE * (SECONDS + WARM_UP_S), _TIMEOUT_S)
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch(_COMMITTED)
    await connection.close()
    latencies: dict[str, list[float]] = {"a rule of one event": [], "a correlation": []}
    for row in rows:
        for uid, name in ((row["event_uid"], "a rule of one event"), (UUID(row["latest"]), "a correlation")):
            correlated = row["rule_name"] == "login_failures"
            if uid in sent and correlated == (name == "a correlation"):
                latencies[name].append((row["at"].timestamp() - sent[uid]) * 1000)
    return latencies


if __name__ == "__main__":
    main()
