"""``mcm-ingestor push``: all of what is on standard input, or nothing."""

import asyncio
import json
import subprocess
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mcm_shared.contracts.topics import Topics
from mcm_shared.kafka.records import Record

Ingestor = Callable[..., subprocess.CompletedProcess[bytes]]
RecordsOf = Callable[[str], Awaitable[list[Record]]]


def an_event(**said: Any) -> dict[str, Any]:
    event = {"source": "my-app", "event_type": "login_failed", "user": "mona@example.com", **said}
    return {"timestamp": "2026-11-20T12:00:00Z", **event}


def lines(*events: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


async def test_events_are_sent_and_their_ids_printed(ingestor: Ingestor, records_of: RecordsOf, topics: Topics) -> None:
    events = [an_event(id="evt-1"), an_event(raw_data={"ip": "192.0.2.7"})]

    ended = await asyncio.to_thread(ingestor, "push", stdin=lines(*events))

    assert ended.returncode == 0
    first, made_up = ended.stdout.decode().split()
    sent = [json.loads(record.value or b"") for record in await records_of(topics.raw)]
    assert sorted(sent, key=lambda event: "raw_data" in event) == [events[0], {**events[1], "id": made_up}]
    assert first == "evt-1"


async def test_one_bad_event_holds_back_all(ingestor: Ingestor, records_of: RecordsOf, topics: Topics) -> None:
    bad = lines(an_event(id="evt-1"), an_event(timestamp="2026-11-20T12:00:00"), an_event(colour="red"))

    ended = await asyncio.to_thread(
        ingestor, "push", stdin=bad + b"not json\n" + lines(an_event(timestamp="2999-01-01T00:00:00Z"))
    )

    assert ended.returncode == 1
    assert ended.stdout == b""
    said = ended.stderr.decode().splitlines()
    assert said[0].startswith("error: stdin:2: timestamp: has no time zone")
    assert said[1].startswith("stdin:3: colour is not a field of an event")
    assert said[2].startswith("stdin:4: not valid JSON")
    assert said[3].startswith("stdin:5: timestamp 2999-01-01T00:00:00+00:00 lies more than 24 h after")
    assert said[4] == "nothing was pushed"
    assert await records_of(topics.raw) == []


@pytest.mark.parametrize("stdin", [b"", b"\n\n"])
def test_nothing_to_push_is_said(ingestor: Ingestor, stdin: bytes) -> None:
    ended = ingestor("push", stdin=stdin, KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")

    assert ended.returncode == 1
    assert b"no events on standard input" in ended.stderr


def test_without_a_broker_it_says_so(ingestor: Ingestor) -> None:
    ended = ingestor("push", stdin=lines(an_event()), KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")

    assert ended.returncode == 1
    assert ended.stdout == b""
    assert ended.stderr.startswith(b"error: Kafka does not answer at 127.0.0.1:1")
