"""Bad input to a running engine: dead-lettered in words a person understands, and what stands beside it is stored."""

import asyncio
import json
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from mcm_shared.contracts.events import MAX_AHEAD, event_uid
from mcm_shared.kafka.records import Record, header
from mcm_shared.kafka.topics_admin import wait_for_topics
from mcm_shared.settings import KafkaSettings
from mcm_shared.testing.builders import an_event_payload
from tests.databases import Databases
from tests.pipeline import Pipeline, until
from tests.services import ServiceRunner
from tests.stack import service_runner
from tests.threads import run

Headers = list[tuple[str, bytes | None]]

EVENT = {"source": "test-app", "event_type": "login_failed", "user": "mona@example.com"}
NOW = "2026-11-20T12:00:00Z"
_AHEAD_BY = timedelta(seconds=10)


def event(**said: object) -> bytes:
    return orjson.dumps({**EVENT, "timestamp": NOW, **said})


def with_fact(fact: bytes) -> bytes:
    return event(raw_data={"fact": "HERE"}).replace(b'"HERE"', fact)


@dataclass(frozen=True)
class Bad:
    """A record that cannot be an event, and a pattern of the reason that a person reads."""

    value: bytes | None
    reason: str
    headers: Headers = field(default_factory=list)


def in_hours(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


BAD = {
    "not JSON": Bad(b"hello", r"not valid JSON: .*"),
    "half an object": Bad(event()[:-1], r"not valid JSON: .*"),
    "another encoding": Bad('{"user": "größe"}'.encode("latin-1"), r"invalid UTF-8 at byte 12"),
    "a NUL in a text": Bad(event(raw_data={"a": "x\x00y"}), r"a text holds a NUL character .*cannot store"),
    "a NUL in a name": Bad(event(raw_data={"x\x00": 1}), r"a text holds a NUL character .*"),
    "an integer of 70 bits": Bad(with_fact(b"%d" % 2**70), r"the integer 1180591620717\d+ does not fit in 64 bits"),
    "a number beyond all": Bad(with_fact(b"1e999999"), r"not valid JSON: .*"),
    "NaN": Bad(with_fact(b"NaN"), r"not valid JSON: .*"),
    "half a character": Bad(with_fact(b'"\\ud800"'), r"not valid JSON: .*"),
    "no time": Bad(orjson.dumps(EVENT), r"timestamp is missing"),
    "no zone": Bad(event(timestamp="2026-11-20T12:00:00"), r"timestamp: has no time zone; write it like 2026-.*Z"),
    "a number for a time": Bad(event(timestamp=1_795_176_000), r"timestamp: is not a time in ISO 8601 .*"),
    "two days ahead": Bad(event(timestamp=in_hours(48)), r"timestamp .* lies more than 24 h after .*clock right\?"),
    "the year 0": Bad(event(timestamp="0000-06-01T00:00:00Z"), r"timestamp: .*"),
    "the year 10000": Bad(event(timestamp="10000-01-01T00:00:00Z"), r"timestamp: is not a time in ISO 8601 .*"),
    "before the year 1": Bad(event(timestamp="0001-01-01T00:00:00+01:00"), r"timestamp: lies outside the years 1 .*"),
    "the year 1": Bad(event(timestamp="0001-01-01T00:00:00Z"), r"timestamp: lies outside the years 1970 to 2999; .*"),
    "a moment before 1970": Bad(event(timestamp="1969-12-31T23:59:59Z"), r"timestamp: lies outside .*"),
    "3 MB": Bad(event(raw_data={"a": "x" * 3_000_000}), r"the event has 3,000,\d{3} bytes; the limit is 1,048,576 .*"),
    "deep nesting": Bad(with_fact(b"[" * 5_000 + b"]" * 5_000), r"nested deeper than 100 levels"),
    "101 levels": Bad(with_fact(b'{"a":' * 99 + b"1" + b"}" * 99), r"nested deeper than 100 levels"),
    "a list for a user": Bad(event(user=["mona", "tim"]), r"user: Input should be a valid string"),
    "a field of its own": Bad(event(colour="red"), r"colour is not a field of an event; put it inside raw_data"),
    "a list of events": Bad(b"[" + event() + b"]", r"an event must be a JSON object, not list"),
    "an unknown source": Bad(
        event(), r"unknown source header 'who\.knows'; known are .*aws\.cloudtrail.*without the header",
        [("source", b"who.knows")],
    ),
    "a source that is no text": Bad(event(), r"unknown source header .*", [("source", b"\xff\x00")]),
    "a source header without a value": Bad(event(), r"unknown source header ''.*", [("source", None)]),
    "a CloudTrail record that is none": Bad(event(), r"eventName is missing: .*", [("source", b"aws.cloudtrail")]),
    "a whole CloudTrail file": Bad(
        b'{"Records": [{}]}', r".*eventName is missing.*", [("source", b"aws.cloudtrail")]
    ),
    "an origin with a NUL": Bad(event(), r"the database refuses the record: .*", [("origin", b"a\x00b/1/2")]),
    "nothing": Bad(b"", r"the event is empty"),
    "a tombstone": Bad(None, r"the event is empty"),
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What became of all of them, each sent between two good events, and of their dead letters after a replay."""

    pipeline: Pipeline
    sent_to: dict[str, str]
    """The origin of each bad record."""
    dead_letters: dict[str, Record]
    stored: set[UUID]
    listed: list[dict[str, object]]
    early_uid: UUID
    stored_after_replay: set[UUID]
    letters_after_replay: list[Record]


@pytest.fixture(scope="module")
def outcome(
    databases: Databases, kafka_servers: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Outcome]:
    """Sends all of it to one engine."""
    url = databases.take()
    kafka = KafkaSettings(
        KAFKA_BOOTSTRAP_SERVERS=kafka_servers,
        MCM_TOPIC_PREFIX=f"test-{secrets.token_hex(6)}-",
        MCM_TOPIC_PARTITIONS=2,
    )
    pipeline = Pipeline(kafka, url)
    folder = tmp_path_factory.mktemp("services")
    runner = service_runner(folder, lambda: pipeline.environment, request.addfinalizer)
    yield run(_feed(pipeline, runner))
    databases.give_back(url)


async def _feed(pipeline: Pipeline, runner: ServiceRunner) -> Outcome:
    await wait_for_topics(pipeline.kafka)
    early = datetime.now(UTC) + MAX_AHEAD + _AHEAD_BY
    sent_to = await _send(pipeline, an_event_payload(id="early", timestamp=early))
    engine = runner.run("mcm-rules-engine", "run")
    await until(pipeline.is_idle, what="the engine has handled all")
    dead_letters = await pipeline.records(pipeline.topics.dead)
    stored = await pipeline.event_uids()
    shown = runner.run("mcm-ingestor", "dead-letters", "list", "--format", "json", "--limit", "1000")
    assert await asyncio.to_thread(shown.wait) == 0, shown.stderr()

    # the time of the early one comes
    await asyncio.sleep(max(0.0, (early - MAX_AHEAD - datetime.now(UTC)).total_seconds()))
    replay = runner.run("mcm-ingestor", "dead-letters", "replay")
    assert await asyncio.to_thread(replay.wait) == 0, replay.stderr()
    await until(pipeline.is_idle, what="the engine has handled the replayed ones")
    after = await pipeline.records(pipeline.topics.dead)
    engine.terminate()
    asked = time.monotonic()
    assert await asyncio.to_thread(engine.wait) == 0
    assert time.monotonic() - asked < 8
    return Outcome(
        pipeline,
        sent_to,
        {(letter.key or b"").decode(): letter for letter in dead_letters},
        stored,
        [json.loads(line) for line in shown.stdout().splitlines()],
        event_uid("test-app", "early"),
        await pipeline.event_uids(),
        after,
    )


async def _send(pipeline: Pipeline, early: bytes) -> dict[str, str]:
    sent_to = {}
    async with AIOKafkaProducer(
        bootstrap_servers=pipeline.kafka.bootstrap_servers, max_request_size=8_000_000
    ) as producer:
        await producer.send_and_wait(pipeline.topics.raw, early, key=b"early", partition=0)
        for number, (name, bad) in enumerate(BAD.items()):
            between = [an_event_payload(id=f"{side} {name}") for side in ("before", "after")]
            place: dict[str, Any] = {"topic": pipeline.topics.raw, "partition": number % 2}
            await producer.send(value=between[0], **place)
            there = await producer.send(value=bad.value, key=name.encode(), headers=bad.headers, **place)
            await producer.send(value=between[1], **place)
            sent_to[name] = "{0.topic}/{0.partition}/{0.offset}".format(await there)
    return sent_to


@pytest.mark.parametrize("name", BAD)
def test_it_is_dead_lettered_with_a_reason_its_bytes_and_its_place(outcome: Outcome, name: str) -> None:
    letter = outcome.dead_letters[name]

    said = header(letter, "reason")
    assert said is not None
    assert re.fullmatch(BAD[name].reason, said)
    assert letter.value == (BAD[name].value or b"")
    topic, partition, offset = outcome.sent_to[name].split("/")
    assert [header(letter, part) for part in ("topic", "partition", "offset")] == [topic, partition, offset]
    assert [pair for pair in letter.headers if pair[0] == "source"] == [
        pair for pair in BAD[name].headers if pair[0] == "source"
    ]


def test_what_stands_beside_it_is_stored(outcome: Outcome) -> None:
    assert outcome.stored == {event_uid("test-app", f"{side} {name}") for side in ("before", "after") for name in BAD}


def test_each_is_dead_lettered_once(outcome: Outcome) -> None:
    assert outcome.dead_letters.keys() == {*BAD, "early"}


def test_the_command_lists_them(outcome: Outcome) -> None:
    assert {(letter["key"], letter["reason"]) for letter in outcome.listed} == {
        (name, header(letter, "reason")) for name, letter in outcome.dead_letters.items()
    }


def test_replayed_an_event_whose_time_has_come_is_stored(outcome: Outcome) -> None:
    assert outcome.stored_after_replay == outcome.stored | {outcome.early_uid}


def test_replayed_the_others_are_dead_lettered_again_as_what_they_were(outcome: Outcome) -> None:
    assert len(outcome.letters_after_replay) == 2 * len(BAD) + 1
    assert {(letter.key, header(letter, "origin"), letter.value) for letter in outcome.letters_after_replay} == {
        (letter.key, header(letter, "origin"), letter.value) for letter in outcome.dead_letters.values()
    }
