"""Many different sources and types: pages stay small and quick, and pushes bring in few new ones."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import orjson
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import insert

from mcm_api.app import create_app
from mcm_api.database import DatabaseReader
from mcm_api.events.new_names import NewNames
from mcm_api.http.state import part_of
from mcm_api.resources.queries.page_bytes import MAX_PAGE_BYTES
from mcm_api.settings import ApiSettings
from mcm_api.sources.queries import read_samples
from mcm_api.testing.serving import a_client
from mcm_enricher import EnricherSettings
from mcm_shared.db.engine import transaction
from mcm_shared.db.tables import EVENT_DAYS, EVENT_ROLLUPS
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import DatabaseSettings, KafkaSettings
from mcm_shared.testing.builders import NOON
from mcm_shared.testing.rows import Rows


async def test_of_many_sources_those_with_the_most_events_are_listed(client: httpx.AsyncClient, rows: Rows) -> None:
    await rows.event(source="source-0000", timestamp=NOON)
    await rows.event(source="source-0000", timestamp=NOON + timedelta(minutes=5))
    counts = [{"source": f"source-{number:04}", "shard": 0, "count": 5_000 - number} for number in range(1_200)]
    async with transaction(rows.engine) as connection:
        await connection.execute(insert(EVENT_ROLLUPS), [{"hour": NOON, **row} for row in counts])
        days = [{"day": NOON.date(), "event_type": f"type-{row['source']}", **row} for row in counts]
        await connection.execute(insert(EVENT_DAYS), days)

    pipeline = (await client.get("/pipeline")).json()
    facets = (await client.get("/events/facets")).json()
    sources = (await client.get("/sources")).json()
    small = await client.get("/sources/source-1199")

    assert [one["name"] for one in sources] == [f"source-{number:04}" for number in range(200)]
    assert sources[0]["last_event_at"].startswith("2026-11-20T12:05")
    assert small.json()["events_per_day"][-1]["count"] == 5_000 - 1_199
    assert [one["source"] for one in pipeline["sources"]] == [f"source-{number:04}" for number in range(200)]
    assert pipeline["sources"][0]["events"] == 5_000
    assert pipeline["sources"][0]["last_event_at"].startswith("2026-11-20T12:05")
    assert pipeline["database"]["reachable"]
    assert [len(facets[name]) for name in ("source", "event_type")] == [500, 500]
    assert facets["source"][0] == {"value": "source-0000", "count": 5_000}


async def test_samples_of_a_source_are_bounded_by_their_bytes(
    app: FastAPI, client: httpx.AsyncClient, rows: Rows
) -> None:
    assert (await client.get("/health")).status_code == 200
    size = MAX_PAGE_BYTES // 8
    payloads = [{"number": number, "text": "x" * (size - 50)} for number in range(20)]
    await rows.events(
        {"timestamp": NOON + timedelta(seconds=number), "raw_data": payload} for number, payload in enumerate(payloads)
    )
    await rows.event(source="one", timestamp=NOON, raw_data={"text": "x" * 2 * MAX_PAGE_BYTES})
    reader = part_of(app, DatabaseReader)

    for types in (None, {"login_success"}):
        samples = await read_samples(reader, "test-app", NOON, types)
        # the newest ones, up to the one that passes the bound
        assert [sample.raw_data["number"] for sample in samples] == list(range(19, 10, -1))
        assert len(await read_samples(reader, "one", NOON, types)) == 1


def test_new_names_are_limited_by_the_hour() -> None:
    now = 0.0
    names = NewNames(max_per_hour=3, now=lambda: now)
    assert names.admit({"a", "b"})
    assert not names.admit({"a", "c", "d"})
    assert names.admit({"a", "b", "c"})
    assert not names.admit({"d"})
    assert names.admit({"a"})

    now = 3_600.0
    assert names.admit({"d", "e"})
    assert not names.admit({"f", "g"})


@pytest.fixture
async def pushing(bootstrap_servers: str, topic_prefix: str, sqlite_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an API with Kafka."""
    kafka = KafkaSettings(
        KAFKA_BOOTSTRAP_SERVERS=bootstrap_servers, MCM_TOPIC_PREFIX=topic_prefix, MCM_TOPIC_PARTITIONS=1
    )
    await ensure_topics(kafka)
    app = create_app(ApiSettings(), DatabaseSettings(DATABASE_URL=SecretStr(sqlite_url)), kafka, EnricherSettings())
    async with app.router.lifespan_context(app), a_client(app) as client:
        yield client


async def test_pushes_bring_in_five_hundred_new_sources_and_types_an_hour(pushing: httpx.AsyncClient) -> None:
    async def push(name: str, numbers: range) -> httpx.Response:
        events = [
            {"source": "a", "event_type": "b", "timestamp": "2026-11-20T12:00:00Z", name: f"n{number}"}
            for number in numbers
        ]
        headers = {"Content-Type": "application/json"}
        return await pushing.post("/events", content=orjson.dumps(events), headers=headers)

    for name, what in (("source", "sources"), ("event_type", "event types")):
        assert (await push(name, range(499))).status_code == 202
        refused = await push(name, range(400, 600))
        assert refused.status_code == 422
        assert f"more than 500 new {what} in an hour" in refused.json()["detail"]
        assert (await push(name, range(499))).status_code == 202


async def test_readiness_does_not_wait_for_the_connections_of_pages(database_url: str) -> None:
    database = DatabaseSettings(DATABASE_URL=SecretStr(database_url), MCM_DATABASE_POOL_SIZE=1)
    app: FastAPI = create_app(ApiSettings(), database, None, EnricherSettings())
    reader = part_of(app, DatabaseReader)
    async with app.router.lifespan_context(app), a_client(app) as client, reader.transaction():
        assert (await client.get("/ready")).status_code == 200
