"""Limits of request bodies: refused early, in a short response, without holding up other requests."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from mcm_api.app import create_app
from mcm_api.http.problems import MAX_RETRY_AFTER_S
from mcm_api.settings import ApiSettings
from mcm_enricher import EnricherSettings
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import DatabaseSettings, KafkaSettings

EVENT = {
    "id": "evt-1",
    "source": "my-app",
    "event_type": "login_failed",
    "user": "mona@example.com",
    "timestamp": "2026-11-20T12:00:00Z",
    "raw_data": {"ip": "192.0.2.7"},
}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def app(bootstrap_servers: str, topic_prefix: str, sqlite_url: str) -> FastAPI:
    """The API with Kafka."""
    kafka = KafkaSettings(
        KAFKA_BOOTSTRAP_SERVERS=bootstrap_servers, MCM_TOPIC_PREFIX=topic_prefix, MCM_TOPIC_PARTITIONS=3
    )
    await ensure_topics(kafka)
    return create_app(ApiSettings(), DatabaseSettings(DATABASE_URL=SecretStr(sqlite_url)), kafka, EnricherSettings())


async def push(client: httpx.AsyncClient, body: Any) -> httpx.Response:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return await client.post("/events", content=content, headers=JSON)


def many(value: bytes, number: int) -> bytes:
    """An event whose raw_data holds a value that often."""
    start = orjson.dumps({**EVENT, "raw_data": {"values": []}}).removesuffix(b"]}}")
    return start + b",".join([value] * number) + b"]}}"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (many(b"{}", 100_001), "more than 100,000 values"),
        (many(b"{}", 2_700_000), "more than 300,000 values"),
        (many(b"9" * 19, 250_000), "does not fit in 64 bits"),
        (many(b"9" * 4_000_000, 2), "not valid JSON"),
        (b"[" + b"{}," * 1_000_000 + b"{}]", "more than 300,000 values"),
        (b'["\\u0000",' * 700_000, "more than 300,000 values"),
        (b'{"a\\n":' * 150_000 + b"1" + b"}" * 150_000, "nested deeper"),
        (orjson.dumps({f"key{number}": 1 for number in range(290_000)}), "key4 is not a field of an event"),
        (b'{"k":1,' + b",".join(b'"%d":1' % number for number in range(700_000)) + b"}", "more than 300,000 values"),
        (orjson.dumps({**EVENT, "timestamp": "2" * 8_000_000}), "ISO 8601"),
        (orjson.dumps({**EVENT, "user": "u" * 8_000_000}), "at most 512 characters"),
        (orjson.dumps({**EVENT, "source": "s" * 8_000_000}), "source may hold"),
    ],
)
async def test_a_large_body_of_no_use_is_refused_in_a_short_response(
    client: httpx.AsyncClient, body: bytes, reason: str
) -> None:
    response = await push(client, body)

    assert response.status_code == 422
    assert reason in response.json()["detail"]
    assert len(response.content) < 2_000


async def test_commas_in_texts_are_no_values_and_an_event_may_hold_a_hundred_thousand(
    client: httpx.AsyncClient,
) -> None:
    text = orjson.dumps({**EVENT, "raw_data": {"csv": ",[{" * 300_000}})
    assert (await push(client, text)).status_code == 202
    values_beside = len(EVENT) + 1
    assert (await push(client, many(b"1", 100_000 - values_beside - 1))).status_code == 202


async def test_at_most_five_errors_are_listed_and_the_others_counted(client: httpx.AsyncClient) -> None:
    problem = (await push(client, [{**EVENT, "user": 7}] * 1000)).json()

    assert [error["index"] for error in problem["errors"]] == [0, 1, 2, 3, 4]
    assert "(and 999 more)" in problem["detail"]


async def test_unfinished_bodies_take_no_more_memory_than_they_may_and_leave_room_for_small_ones(
    client: httpx.AsyncClient,
) -> None:
    finish = asyncio.Event()

    async def unfinished() -> AsyncIterator[bytes]:
        for _ in range(7):
            yield b" " * 1024 * 1024
        await finish.wait()
        yield orjson.dumps(EVENT)

    async def send() -> httpx.Response:
        return await client.post("/events", content=unfinished(), headers=JSON)

    pending = [asyncio.create_task(send()) for _ in range(12)]
    refused, waiting = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
    while len(waiting) > 4:
        more, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        refused |= more
    assert {task.result().status_code for task in refused} == {503}
    assert all(1 <= int(task.result().headers["Retry-After"]) <= MAX_RETRY_AFTER_S for task in refused)
    announced = await push(client, b" " * 7 * 1024 * 1024 + orjson.dumps(EVENT))
    assert announced.status_code == 503
    assert (await push(client, EVENT)).status_code == 202

    finish.set()
    assert [(await task).status_code for task in waiting] == [202] * 4
    assert (await push(client, b" " * 7 * 1024 * 1024 + orjson.dumps(EVENT))).status_code == 202


async def test_the_loop_goes_on_while_a_large_body_is_decoded(client: httpx.AsyncClient) -> None:
    body = orjson.dumps([{**EVENT, "id": f"evt-{number}", "raw_data": {"text": "x" * 7_500}} for number in range(1000)])
    sending = asyncio.create_task(push(client, body))
    turns = 0
    while not sending.done():
        await asyncio.sleep(0)
        turns += 1

    assert sending.result().status_code == 202
    assert turns > 100
