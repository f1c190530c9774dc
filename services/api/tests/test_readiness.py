"""Whether the API is ready, and how it behaves while it is not."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from mcm_api.app import create_app
from mcm_api.settings import ApiSettings
from mcm_api.testing.serving import BASE_URL
from mcm_enricher import EnricherSettings
from mcm_shared.db.migrate import upgrade
from mcm_shared.settings import DatabaseSettings, KafkaSettings
from tests.stack import PrivateStack


@asynccontextmanager
async def serving(url: str, kafka: KafkaSettings | None = None) -> AsyncIterator[httpx.AsyncClient]:
    app: FastAPI = create_app(
        ApiSettings(MCM_API_QUERY_TIMEOUT_S=1), DatabaseSettings(DATABASE_URL=SecretStr(url)), kafka, EnricherSettings()
    )
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        yield client


async def missing(client: httpx.AsyncClient) -> list[str]:
    answer = await client.get("/ready")
    return [one["name"] for one in answer.json().get("missing", [])]


async def test_with_everything_there_it_is_ready(client: httpx.AsyncClient) -> None:
    answer = await client.get("/ready")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "dependencies": ["database", "schema"]}


async def test_without_the_schema_it_says_so_until_it_is_there(postgres_url: str) -> None:
    name = f"empty_{secrets.token_hex(4)}"
    server = await asyncpg.connect(postgres_url)
    await server.execute(f"CREATE DATABASE {name}")
    await server.close()
    url = f"{postgres_url.rpartition('/')[0]}/{name}"
    async with serving(url) as client:
        before = await client.get("/ready")
        asked = await client.get("/findings")
        await asyncio.to_thread(upgrade, url)
        after = await client.get("/ready")

    assert before.status_code == 503
    assert before.headers["retry-after"]
    assert [one["name"] for one in before.json()["missing"]] == ["schema"]
    assert "mcm-migrate" in before.json()["detail"]
    assert asked.status_code == 503
    assert after.status_code == 200


async def test_a_sqlite_file_that_is_not_there_is_made(tmp_path: Path) -> None:
    async with serving(f"sqlite:///{tmp_path}/new.db") as client:
        ready = await client.get("/ready")
        summary = await client.get("/stats/summary")

    assert (ready.status_code, summary.status_code, summary.json()["total_events"]) == (200, 200, 0)


async def test_nothing_hangs_on_a_server_that_takes_connections_and_says_nothing() -> None:
    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            writer.close()

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    kafka = KafkaSettings(KAFKA_BOOTSTRAP_SERVERS=f"127.0.0.1:{port}")
    async with serving(f"postgresql://mcm:mcm@127.0.0.1:{port}/mcm", kafka) as client:
        begun = time.monotonic()
        assert await missing(client) == ["database", "schema", "kafka"]
        readiness_took = time.monotonic() - begun
        assert (await client.get("/health")).status_code == 200
        assert (await client.get("/events")).status_code == 503
        both_took = time.monotonic() - begun
    closed_after = time.monotonic() - begun - both_took

    assert readiness_took < 2
    assert both_took < 4
    assert closed_after < 2.5
    silent.close()


async def test_it_serves_again_by_itself_once_a_killed_database_is_back(
    private_stack: Callable[[], PrivateStack],
) -> None:
    stack = await asyncio.to_thread(private_stack)
    async with serving(stack.database_url) as client:
        assert (await client.get("/stats/summary")).status_code == 200
        await asyncio.to_thread(stack.postgres.kill)

        answers = [await client.get(path) for path in ("/stats/summary", "/findings/1", "/events", "/ready")]
        alive = await client.get("/health")
        gone = await missing(client)
        await asyncio.to_thread(stack.postgres.start)
        deadline = time.monotonic() + 20
        while (await client.get("/stats/summary")).status_code != 200 and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        back = [await client.get(path) for path in ("/stats/summary", "/ready")]

    assert [answer.status_code for answer in answers] == [503] * 4
    assert all(answer.headers["retry-after"] for answer in answers)
    assert "127.0.0.1" not in answers[0].text
    assert alive.status_code == 200
    assert gone == ["database", "schema"]
    assert [answer.status_code for answer in back] == [200, 200]


async def test_a_query_that_waits_for_a_lock_is_given_up_in_time(database_url: str) -> None:
    blocker = await asyncpg.connect(database_url)
    async with serving(database_url) as client, blocker.transaction():
        await blocker.execute("LOCK TABLE findings IN ACCESS EXCLUSIVE MODE")
        begun = time.monotonic()
        answer = await client.get("/findings")
        took = time.monotonic() - begun
        waiting = await blocker.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted")
    await blocker.close()

    assert answer.status_code == 503
    assert took < 3
    assert waiting == 0
