"""Searching events by facts: the same events with the index of PostgreSQL, beside it, and on SQLite."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from mcm_api.database import DatabaseWriter
from mcm_api.events.queries import by_fact, counting_facts
from mcm_api.events.queries.fact_index import MAX_INDEXED_FACTS, FactIndexer
from mcm_api.http.state import part_of
from mcm_shared.contracts.facts import facts_of, parse_fact
from mcm_shared.db.fact_tables import EVENT_FACT_BLOCKS
from mcm_shared.db.tables import SOURCE_EVENTS
from mcm_shared.testing.builders import NOON
from mcm_shared.testing.rows import Rows

MINUTE = timedelta(minutes=1)
PAYLOAD: dict[str, Any] = {
    "environment": "Production",
    "port": 443,
    "ratio": 0.5,
    "account": "007",
    "mfa": False,
    "reason": None,
    "city": "ΑΘΉΝΑΣ Straße",
    "actor": {"Name": "Mona", "roles": ["Admin", "Reader"]},
    "target": [{"id": "t-1"}, {"id": "t-2", "tags": [["deep"]]}],
    "http://schemas/claim": "x:y",
    "a.b": "dotted",
}


@pytest.fixture
def indexed(app: FastAPI) -> Callable[..., Any]:
    """Builds the index of facts as far as it can be built now; SQLite has none."""
    engine = part_of(app, DatabaseWriter).engine

    async def build() -> int:
        if engine.dialect.name != "postgresql":
            return 0
        indexer = FactIndexer(engine, settle_s=0)
        built = [await indexer.build_next() for _ in range(2)]
        while built[-1]:
            built.append(await indexer.build_next())
        return sum(built)

    return build


async def found(client: httpx.AsyncClient, *facts: str, path: str = "/events", **query: Any) -> list[int]:
    response = await client.get(path, params={"fact": list(facts), **query})
    assert response.status_code == 200, response.text
    return [event["id"] for event in response.json()]


FOUND = (
    "environment:production",
    " Environment : PRODUCTION ",
    "port:443",
    "port:443.0",
    "port:4.43e2",
    "ratio:0.50",
    "account:007",
    "mfa:false",
    "reason:null",
    "city:αθήνας STRASSE",
    "actor.name:mona",
    "ACTOR.roles:reader",
    "target.id:t-2",
    "target.tags:deep",
    '"http://schemas/claim":x:y',
    "a.b:dotted",
)
# parts of facts, and other keys
NOT_FOUND = (
    "environment:prod",
    "name:mona",
    "actor:mona",
    "account:7",
    "target:t-1",
    "port:44",
    "mfa:0",
    "reason:",
    "a:dotted",
)
REFUSED = ("production", ":production", "  :x", "a\x00:b")


async def test_an_event_is_found_by_each_of_its_facts(client: httpx.AsyncClient, rows: Rows) -> None:
    event = await rows.event(raw_data=PAYLOAD)
    native = await rows.event(raw_data={"eventName": "X"}, attributes=PAYLOAD, timestamp=NOON - MINUTE)
    await rows.event(raw_data={"environment": "staging", "note": "production mona t-2 dotted"})

    assert [fact for fact in FOUND if await found(client, fact) != [event, native]] == []
    assert [fact for fact in NOT_FOUND if await found(client, fact)] == []
    for path in ("/events", "/events/histogram", "/events/facets"):
        for fact in REFUSED:
            response = await client.get(path, params={"fact": fact})
            assert (response.status_code, response.json()["errors"][0]["parameter"]) == (422, "fact"), response.text


async def test_every_fact_of_a_payload_finds_it() -> None:
    facts = list(facts_of(PAYLOAD))
    assert len(facts) == 15
    assert all(fact.holds([PAYLOAD]) for fact in facts)
    assert not parse_fact("environment:staging").holds([PAYLOAD])


async def test_pages_counts_and_facets_agree_with_and_without_the_index(
    client: httpx.AsyncClient, rows: Rows, indexed: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(7)
    events: list[dict[str, Any]] = [
        {
            "timestamp": NOON + MINUTE * chance.randrange(600),
            "user": chance.choice(["ada@example.com", "bob@example.com", None]),
            "event_type": chance.choice(["login_failed", "login_success"]),
            "raw_data": {"zone": chance.randrange(9), "host": f"h{number}"},
        }
        for number in range(1400)
    ]
    ids = await rows.events(events[:1100])
    built = await indexed()
    ids += await rows.events(events[1100:])
    stored = sorted(zip(ids, events, strict=True), key=lambda each: (each[1]["timestamp"], each[0]), reverse=True)
    expected = [number for number, event in stored if event["raw_data"]["zone"] == 3]
    ada = [number for number, event in stored if event["user"] == "ada@example.com" and number in expected]

    assert built in (0, 4)
    assert await paged(client, fact="zone:3") == expected
    assert await paged(client, fact="zone:3", user="ada@example.com") == ada
    assert await found(client, "zone:3", limit=10, offset=20) == expected[20:30]
    for number, event in stored[::100]:
        host, zone = event["raw_data"]["host"], event["raw_data"]["zone"]
        assert await found(client, f"host:{host}", f"zone:{zone}") == [number]
        assert await found(client, f"host:{host}", f"zone:{zone + 1}") == []

    monkeypatch.setattr(by_fact, "MAX_BLOCKS", 1)
    assert await paged(client, fact="zone:3") == expected
    monkeypatch.undo()

    query = {"fact": "zone:3", "from_timestamp": "2026-11-20T13:30:30Z", "to_timestamp": "2026-11-20T16:30:00Z"}
    listed = await paged(client, **{**query, "to_timestamp": "2026-11-20T16:29:59Z"})
    facets = (await client.get("/events/facets", params=query)).json()
    assert sum(each["count"] for each in facets["event_type"]) == len(listed) > 0
    histogram = (await client.get("/events/histogram", params={"fact": "zone:3", "interval": "hour"})).json()
    assert sum(each["count"] for each in histogram["buckets"]) == len(expected)
    assert (histogram["counted_from"], facets["counted_from"]) == (None, None)

    monkeypatch.setattr(counting_facts, "MAX_COUNTED", 20)
    partial = (await client.get("/events/facets", params={"fact": "zone:3"})).json()
    counted = [event for number, event in stored if number in expected][:21]
    assert partial["counted_from"] == f"{counted[-1]['timestamp']:%Y-%m-%dT%H:%M:%SZ}"
    assert sum(each["count"] for each in partial["source"]) == len(
        [event for event in counted if event["timestamp"] > counted[-1]["timestamp"]]
    )


async def test_large_payloads_are_searched_in_pieces_and_their_pages_are_shorter(
    client: httpx.AsyncClient, rows: Rows, indexed: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces, sizes = by_fact._pieces, list[int]()

    async def watched(*given: Any) -> AsyncIterator[Any]:
        async for piece in pieces(*given):
            sizes.append(sum(len(row["raw_data"]["text"]) for row in piece))
            yield piece

    monkeypatch.setattr(by_fact, "_pieces", watched)
    ids = await rows.events(
        {"timestamp": NOON - number * MINUTE, "raw_data": {"zone": number % 2, "text": "x" * 450_000}}
        for number in range(20)
    )
    for _ in ("beside the index", "with the index"):
        response = await client.get("/events", params={"fact": "zone:1", "limit": 50})
        assert [event["id"] for event in response.json()] == ids[1:11:2]
        assert await paged(client, fact="zone:1") == ids[1::2]
        facets = (await client.get("/events/facets", params={"fact": "zone:1"})).json()
        assert sum(each["count"] for each in facets["event_type"]) == 10
        await rows.events({"timestamp": NOON - timedelta(days=1), "raw_data": {"text": ""}} for _ in range(256))
        await indexed()
    assert sum(sizes) > 60 * 450_000
    assert max(sizes) < 3 * 1024 * 1024


async def paged(client: httpx.AsyncClient, **query: Any) -> list[int]:
    ids: list[int] = []
    response = await client.get("/events", params={"limit": 50, **query})
    while True:
        assert response.status_code == 200, response.text
        ids += [event["id"] for event in response.json()]
        if "next" not in response.links:
            return ids
        response = await client.get(response.links["next"]["url"])


async def test_an_open_transaction_holds_the_index_back(app: FastAPI, client: httpx.AsyncClient, rows: Rows) -> None:
    engine = part_of(app, DatabaseWriter).engine
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no index of facts")
    await rows.events([{"raw_data": {"host": f"h{number}"}} for number in range(255)])
    indexer = FactIndexer(engine, settle_s=0)
    async with engine.connect() as late:
        # takes an id, and commits after later ids are visible
        await late.exec_driver_sql("BEGIN")
        await late.execute(SOURCE_EVENTS.insert().values(**rows.values(raw_data={"host": "late"})))
        await rows.events([{"raw_data": {"host": f"i{number}"}} for number in range(300)])
        assert [await indexer.build_next() for _ in range(4)] == [0, 0, 0, 0]
        await late.exec_driver_sql("COMMIT")
    built = 0
    async with asyncio.timeout(60):
        # any other transaction that is open, such as an automatic ANALYZE, holds it back as well
        while built < 2:
            built += await indexer.build_next()
    assert len(await found(client, "host:late")) == 1
    async with engine.connect() as connection:
        assert len((await connection.execute(EVENT_FACT_BLOCKS.select())).all()) == 2


async def test_an_event_of_many_facts_is_indexed_by_the_first_ones_beside_other_requests(
    client: httpx.AsyncClient, rows: Rows, indexed: Callable[..., Any], app: FastAPI
) -> None:
    facts = {f"fact{number}": number for number in range(MAX_INDEXED_FACTS + 6_000)}
    ids = await rows.events({"raw_data": facts if number < 4 else {}} for number in range(300))
    building = asyncio.create_task(indexed())
    turns = 0
    while not building.done():
        await asyncio.sleep(0)
        turns += 1

    assert await found(client, "fact0:0", "fact3000:3000") == sorted(ids[:4], reverse=True)
    if await building:
        assert turns > 1_000
        assert await found(client, f"fact{MAX_INDEXED_FACTS + 1}:{MAX_INDEXED_FACTS + 1}") == []
