"""Pushing events over HTTP into a real Kafka."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest
from aiokafka import AIOKafkaConsumer
from fastapi import FastAPI
from pydantic import SecretStr

from mcm_api.app import create_app
from mcm_api.settings import ApiSettings
from mcm_api.testing.serving import BASE_URL
from mcm_enricher import EnricherSettings
from mcm_shared.contracts.events import event_uid
from mcm_shared.contracts.topics import Topics
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import DatabaseSettings, KafkaSettings
from mcm_shared.testing.builders import an_event_payload
from mcm_shared.testing.rows import Rows
from tests.stack import PrivateStack

EVENT = {
    "id": "evt-1",
    "source": "my-app",
    "event_type": "login_failed",
    "user": "mona@example.com",
    "timestamp": "2026-11-20T13:00:00.5+01:00",
    "raw_data": {"ip": "192.0.2.7", "größe": 9007199254740993},
}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def stored_in(sqlite_url: str) -> str:
    """Which database there is makes no difference here."""
    return sqlite_url


@pytest.fixture
def app(kafka: KafkaSettings, stored_in: str) -> FastAPI:
    """The API with Kafka."""
    return create_app(ApiSettings(), DatabaseSettings(DATABASE_URL=SecretStr(stored_in)), kafka, EnricherSettings())


@pytest.fixture
async def records(kafka: KafkaSettings) -> AsyncIterator[Callable[[], Any]]:
    """Reads what has been written to ``events.raw`` since the last look."""
    await ensure_topics(kafka)
    topic = Topics(kafka.topic_prefix).raw
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka.bootstrap_servers, auto_offset_reset="earliest")

    async def read() -> list[Any]:
        found: list[Any] = []
        ends = await consumer.end_offsets(list(consumer.assignment()))
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            found += [record for batch in (await consumer.getmany(timeout_ms=500)).values() for record in batch]
        return found

    async with consumer:
        yield read


async def push(client: httpx.AsyncClient, body: Any) -> httpx.Response:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return await client.post("/events", content=content, headers=JSON)


async def push_taken(client: httpx.AsyncClient, event: Any) -> httpx.Response:
    """Pushes an event, again with its id while Kafka does not acknowledge it."""
    while True:
        answer = await push(client, event)
        if answer.status_code != 503 or "ids" not in answer.json():
            return answer


async def test_an_event_is_in_kafka_as_it_was_given_once_it_is_accepted(
    client: httpx.AsyncClient, records: Callable[[], Any]
) -> None:
    answer = await push(client, EVENT)

    assert answer.status_code == 202
    assert answer.json() == {
        "accepted": 1,
        "ids": ["evt-1"],
        "event_uids": [str(event_uid("my-app", "evt-1"))],
    }
    (record,) = await records()
    assert orjson.loads(record.value) == EVENT
    assert record.key == b"mona@example.com"
    assert record.headers == ()


async def test_an_event_without_an_id_or_a_user_is_given_an_id(
    client: httpx.AsyncClient, records: Callable[[], Any]
) -> None:
    anonymous = {name: value for name, value in EVENT.items() if name not in {"id", "user"}}

    accepted = (await push(client, [anonymous, {**anonymous, "id": None}])).json()

    stored = [orjson.loads(record.value)["id"] for record in await records()]
    assert len(set(accepted["ids"])) == 2
    assert sorted(stored) == sorted(accepted["ids"])
    assert accepted["event_uids"] == [str(event_uid("my-app", given)) for given in accepted["ids"]]


async def test_a_thousand_events_are_taken_at_once_in_order_for_each_user(
    client: httpx.AsyncClient, records: Callable[[], Any]
) -> None:
    events = [{**EVENT, "id": f"evt-{number:04}", "user": f"user-{number % 5}"} for number in range(1000)]

    answer = await push(client, events)

    assert answer.status_code == 202
    assert answer.json()["ids"] == [event["id"] for event in events]
    by_user: dict[str, list[str]] = {}
    for record in await records():
        event = orjson.loads(record.value)
        by_user.setdefault(event["user"], []).append(event["id"])
    assert sum(map(len, by_user.values())) == 1000
    assert all(ids == sorted(ids) for ids in by_user.values())


async def test_many_requests_at_once_are_all_taken(client: httpx.AsyncClient, records: Callable[[], Any]) -> None:
    events = [{**EVENT, "id": f"evt-{number:04}"} for number in range(600)]

    # as many at once as MCM_API_MAX_REQUESTS allows
    groups = [events[start : start + 200] for start in range(0, 600, 200)]
    answers = [one for group in groups for one in await asyncio.gather(*(push_taken(client, each) for each in group))]

    assert {answer.status_code for answer in answers} == {202}
    assert sorted({orjson.loads(record.value)["id"] for record in await records()}) == [e["id"] for e in events]


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in EVENT.items() if key != name}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (without("timestamp"), "timestamp is missing"),
        ({**EVENT, "timestamp": "2026-11-20T12:00:00"}, "no time zone"),
        ({**EVENT, "timestamp": 1795176000}, "ISO 8601"),
        ({**EVENT, "timestamp": (datetime.now(UTC) + timedelta(hours=48)).isoformat()}, "more than 24 h after"),
        ({**EVENT, "user": ["a", "b"]}, "user"),
        ({**EVENT, "source": "my app"}, "source may hold"),
        ({**EVENT, "source": "mcm.ingestor"}, "is kept for the product's own records"),
        ({**EVENT, "colour": "red"}, "put it inside raw_data"),
        ({**EVENT, "raw_data": {"text": "a\x00b"}}, "NUL"),
        ({**EVENT, "raw_data": {"text": "x" * 1_100_000}}, "the limit is 1,048,576"),
        ("hello", "must be a JSON object"),
        ([EVENT], "must be a JSON object"),
    ],
)
async def test_one_bad_event_refuses_all_and_is_named(
    client: httpx.AsyncClient, records: Callable[[], Any], bad: Any, reason: str
) -> None:
    answer = await push(client, [EVENT, bad, EVENT])

    problem = answer.json()
    assert answer.status_code == 422
    assert [error["index"] for error in problem["errors"]] == [1]
    assert reason in problem["errors"][0]["reason"]
    assert problem["detail"].startswith("Nothing was accepted: event 1 of the array")
    assert await records() == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'{"n": 1180591620717411303424}', "does not fit in 64 bits"),
        (b'{"n": 1e999999}', "JSON"),
        (b"[" * 150 + b"]" * 150, "nested deeper"),
        (b'{"s": "\\ud800"}', "JSON"),
    ],
)
async def test_an_event_that_no_database_can_hold_is_named_too(
    client: httpx.AsyncClient, text: bytes, reason: str
) -> None:
    good, bad = orjson.dumps(EVENT), orjson.dumps({**EVENT, "raw_data": {"x": "HERE"}}).replace(b'"HERE"', text)

    problem = (await push(client, b"[" + good + b"," + bad + b"]")).json()

    assert problem["status"] == 422
    assert [error.get("index") for error in problem["errors"]] in ([1], [None])
    assert reason in problem["errors"][0]["reason"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"{", "not valid JSON"),
        (b'{"id": NaN}', "not valid JSON"),
        (b"\xff\xfe", "invalid UTF-8"),
        (b"[]", "1 to 1,000 events"),
        (b"[" * 5000 + b"]" * 5000, "nested deeper"),
        (orjson.dumps([EVENT] * 1001), "1 to 1,000 events"),
        (b"null", "must be a JSON object"),
    ],
)
async def test_a_body_that_is_no_event_at_all_is_refused_with_a_reason(
    client: httpx.AsyncClient, body: bytes, reason: str
) -> None:
    answer = await push(client, body)

    assert answer.status_code == 422
    assert reason in answer.json()["errors"][0]["reason"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {**JSON, "Content-Encoding": "gzip"},
    ],
)
async def test_a_body_of_another_type_is_refused(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await client.post("/events", content=an_event_payload(), headers=headers)

    assert answer.status_code == 415
    assert "Content-" in answer.json()["detail"]


async def test_a_body_over_the_limit_is_refused_whether_or_not_it_says_its_length(client: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(9):
            yield b" " * 1024 * 1024

    published = await push(client, b" " * (8 * 1024 * 1024 + 1))
    untold = await client.post("/events", content=chunks(), headers=JSON)

    assert (published.status_code, untold.status_code) == (413, 413)
    assert published.json()["title"] == untold.json()["title"]
    assert (await push(client, b" " * 1024 * 1024 + orjson.dumps(EVENT))).status_code == 202


async def test_an_explained_finding_is_told_on_the_topic(
    client: httpx.AsyncClient, kafka: KafkaSettings, rows: Rows
) -> None:
    await ensure_topics(kafka)
    finding_id = await rows.finding()

    explained = (await client.post(f"/findings/{finding_id}/enrich_with_ai")).json()

    topic = Topics(kafka.topic_prefix).enriched
    async with AIOKafkaConsumer(
        topic, bootstrap_servers=kafka.bootstrap_servers, auto_offset_reset="earliest"
    ) as consumer:
        published = json.loads((await asyncio.wait_for(consumer.getone(), 10)).value)
    assert (published["uid"], published["risk_score"]) == (explained["uid"], explained["risk_score"])


async def test_while_kafka_is_down_events_are_refused_with_their_ids_and_taken_once_it_is_back(
    private_stack: Callable[[], PrivateStack],
) -> None:
    stack = await asyncio.to_thread(private_stack)
    kafka = KafkaSettings(KAFKA_BOOTSTRAP_SERVERS=stack.kafka.bootstrap_servers)
    database = DatabaseSettings(DATABASE_URL=SecretStr(stack.database_url))
    app = create_app(ApiSettings(MCM_API_INTAKE_TIMEOUT_S=2), database, kafka, EnricherSettings())
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        # the broker may still be choosing leaders for the topics just made
        assert (await until(lambda: push(client, EVENT), 202)).status_code == 202
        await asyncio.to_thread(stack.kafka.kill)

        refused = await push(client, [EVENT, {**without("id"), "event_type": "login_success"}])
        not_ready = await client.get("/ready")
        still_read = await client.get("/findings")
        await asyncio.to_thread(stack.kafka.start)
        again = await until(lambda: push(client, EVENT), 202)
        ready = await until(lambda: client.get("/ready"), 200)

    assert refused.status_code == 503
    assert refused.headers["retry-after"]
    assert refused.json()["ids"][0] == "evt-1"
    assert len(refused.json()["ids"]) == 2
    assert [one["name"] for one in not_ready.json()["missing"]] == ["kafka"]
    assert still_read.status_code == 200
    assert again.status_code == 202
    assert ready.json()["dependencies"] == ["database", "schema", "kafka"]


async def until(ask: Callable[[], Any], status: int) -> httpx.Response:
    deadline = asyncio.get_running_loop().time() + 30
    while True:
        answer: httpx.Response = await ask()
        if answer.status_code == status or asyncio.get_running_loop().time() > deadline:
            return answer
        await asyncio.sleep(0.2)
