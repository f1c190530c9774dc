"""``mcm-ingestor dead-letters``: what failed is shown, and goes back where it came from, once, with its identity."""

import asyncio
import json
import subprocess
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mcm_shared.contracts.topics import Topics
from mcm_shared.kafka.dead_letters import dead_letter as to_dead_letter
from mcm_shared.kafka.records import Outgoing, Record
from mcm_shared.testing.builders import ARecord

Ingestor = Callable[..., subprocess.CompletedProcess[bytes]]
RecordsOf = Callable[[str], Awaitable[list[Record]]]
Send = Callable[..., Awaitable[None]]


@pytest.fixture
def a_letter(topics: Topics) -> Callable[..., Outgoing]:
    """Makes the dead letter of a record that failed at an offset of ``events.raw``."""

    def dead_letter(offset: int, reason: str = "not valid JSON", **record: Any) -> Outgoing:
        failed = ARecord(**{"topic": topics.raw, "offset": offset, "value": b"{", **record})
        return to_dead_letter(failed, reason, topics)

    return dead_letter


async def listed(ingestor: Ingestor, *arguments: str) -> list[dict[str, Any]]:
    ended = await asyncio.to_thread(ingestor, "dead-letters", "list", "--format", "json", *arguments)
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


async def replay(ingestor: Ingestor, *arguments: str) -> str:
    ended = await asyncio.to_thread(ingestor, "dead-letters", "replay", *arguments)
    assert ended.returncode == 0, ended.stderr
    return ended.stderr.decode().strip()


async def test_a_letter_says_what_failed_where_and_why(
    ingestor: Ingestor, topics: Topics, send: Send, a_letter: Callable[..., Outgoing]
) -> None:
    headers = (("source", b"aws.cloudtrail"), ("mine", b"kept"))
    await send(a_letter(7, "timestamp is missing", partition=2, value=b'{"a": "\xff"}', key=b"k", headers=headers))

    (dead_letter,) = await listed(ingestor)

    assert dead_letter == {
        "place": dead_letter["place"],
        "origin": f"{topics.raw}/2/7",
        "reason": "timestamp is missing",
        "topic": topics.raw,
        "partition": 2,
        "offset": 7,
        "timestamp": "2026-11-20T12:01:00Z",
        "source": "aws.cloudtrail",
        "key": "k",
        "value": '{"a": "�"}',
        "state": "open",
        "failures": 1,
        "actor": None,
        "acted_at": None,
        "dismissed_because": None,
    }


async def test_the_list_is_newest_first_limited_and_names_an_origin_once(
    ingestor: Ingestor, send: Send, a_letter: Callable[..., Outgoing]
) -> None:
    dead_letters = [a_letter(number, timestamp=1_763_000_000_000 + number * 1_000) for number in range(10)]
    await send(*dead_letters, dead_letters[9], dead_letters[9])

    assert [dead_letter["offset"] for dead_letter in await listed(ingestor, "--limit", "3")] == [9, 8, 7]
    assert len(await listed(ingestor)) == 10


async def test_a_table_shows_event_text_as_text_only(
    ingestor: Ingestor, send: Send, a_letter: Callable[..., Outgoing]
) -> None:
    await send(a_letter(1, "bad [red]reason[/red]", value=b"\x1b[31mevil\x07 [link=http://192.0.2.1]x[/link]"))

    ended = await asyncio.to_thread(ingestor, "dead-letters", "list")

    shown = ended.stdout.decode()
    assert "Dead letters: 1 open, 0 retried, 0 dismissed; the newest 1" in shown
    assert "bad [red]reason[/red]" in shown
    assert r"\u001b[31mevil\u0007 [link=http://192.0.2.1]x[/link]" in shown


async def test_a_replayed_record_is_the_original_with_its_origin(
    ingestor: Ingestor,
    records_of: RecordsOf,
    topics: Topics,
    send: Send,
    a_letter: Callable[..., Outgoing],
) -> None:
    headers = (("source", b"aws.cloudtrail"), ("mine", b"kept"))
    await send(a_letter(7, partition=2, value=b"\x00\xff raw", key=b"k", headers=headers))

    assert await replay(ingestor) == "replayed 1 dead letters"

    (record,) = await records_of(topics.raw)
    assert (record.value, record.key) == (b"\x00\xff raw", b"k")
    assert tuple(record.headers) == (*headers, ("origin", f"{topics.raw}/2/7".encode()))


async def test_what_was_replayed_is_not_replayed_again_unless_all_is_asked_for(
    ingestor: Ingestor,
    records_of: RecordsOf,
    topics: Topics,
    send: Send,
    a_letter: Callable[..., Outgoing],
) -> None:
    await send(*(a_letter(number, key=str(number).encode()) for number in range(20)), a_letter(3, key=b"again"))

    assert await replay(ingestor) == "replayed 20 dead letters"
    assert await replay(ingestor) == "replayed 0 dead letters"
    assert await listed(ingestor) == []
    assert {dead_letter["state"] for dead_letter in await listed(ingestor, "--state", "all")} == {"retried"}

    await send(a_letter(20))
    assert await replay(ingestor) == "replayed 1 dead letters"
    assert await replay(ingestor, "--all") == "replayed 21 dead letters"
    assert len(await records_of(topics.raw)) == 20 + 1 + 21


async def test_a_record_that_fails_again_waits_again_under_its_first_origin(
    ingestor: Ingestor,
    records_of: RecordsOf,
    topics: Topics,
    send: Send,
    a_letter: Callable[..., Outgoing],
) -> None:
    await send(a_letter(7))
    await replay(ingestor)
    (again,) = await records_of(topics.raw)
    await send(to_dead_letter(again, "still not valid JSON", topics))

    (dead_letter,) = await listed(ingestor, "--state", "all")

    assert (dead_letter["origin"], dead_letter["state"]) == (f"{topics.raw}/0/7", "open")
    assert (dead_letter["failures"], dead_letter["reason"]) == (2, "still not valid JSON")
    assert await replay(ingestor) == "replayed 1 dead letters"
    assert await listed(ingestor) == []


async def test_only_letters_of_one_reason_can_be_replayed_and_the_others_wait(
    ingestor: Ingestor, send: Send, a_letter: Callable[..., Outgoing]
) -> None:
    await send(a_letter(1, "unknown source x"), a_letter(2, "not valid JSON"), a_letter(3, "Unknown source y"))

    assert await replay(ingestor, "--reason", "unknown SOURCE") == "replayed 2 dead letters"

    assert [dead_letter["reason"] for dead_letter in await listed(ingestor)] == ["not valid JSON"]
    assert await replay(ingestor, "--reason", "valid") == "replayed 1 dead letters"


async def test_a_dismissed_letter_is_neither_counted_nor_replayed_until_it_is_reopened(
    ingestor: Ingestor, send: Send, a_letter: Callable[..., Outgoing]
) -> None:
    await send(a_letter(1), a_letter(2))
    place = {dead_letter["offset"]: dead_letter["place"] for dead_letter in await listed(ingestor)}

    async def act(*arguments: str) -> str:
        ended = await asyncio.to_thread(ingestor, "dead-letters", *arguments)
        return str(ended.stderr.decode().strip())

    assert await act("dismiss", place[1], "--reason", "test data") == "dismissed 1 dead letters"
    assert [dead_letter["offset"] for dead_letter in await listed(ingestor)] == [2]
    (dismissed,) = await listed(ingestor, "--state", "dismissed")
    assert (dismissed["offset"], dismissed["actor"], dismissed["dismissed_because"]) == (1, "local", "test data")
    assert await replay(ingestor, "--all") == "replayed 1 dead letters"
    assert await act("reopen", place[1]) == "reopened 1 dead letters"
    assert await replay(ingestor) == "replayed 1 dead letters"
    assert "no dead letter 9/9" in await act("dismiss", "9/9", "--reason", "x")
    assert "such as 0/17" in await act("dismiss", "nine", "--reason", "x")


async def test_a_letter_that_names_a_foreign_topic_is_not_followed(
    ingestor: Ingestor, topics: Topics, send: Send, a_letter: Callable[..., Outgoing]
) -> None:
    foreign = ("another-topic", topics.findings, topics.enriched, topics.dead)
    await send(*(a_letter(number, topic=topic) for number, topic in enumerate(foreign)), a_letter(9))

    assert await replay(ingestor) == "replayed 1 dead letters; 4 from other topics were skipped"


async def test_a_letter_nobody_of_ours_wrote_is_shown_and_not_followed(
    ingestor: Ingestor, topics: Topics, send: Send
) -> None:
    forged = (("partition", b"two"), ("offset", b"9" * 30), ("timestamp", b"9" * 17), ("reason", b"\xff"), ("x", None))
    await send(Outgoing(topics.dead, b"", headers=forged), Outgoing(topics.dead, b"x", key=b"x"))

    dead_letters = await listed(ingestor)

    assert [
        (dead_letter["partition"], dead_letter["offset"], dead_letter["timestamp"]) for dead_letter in dead_letters
    ] == [(-1, -1, None)] * 2
    assert {dead_letter["reason"] for dead_letter in dead_letters} == {"\ufffd", "no reason given"}
    assert await replay(ingestor) == "replayed 0 dead letters; 2 from other topics were skipped"


async def test_no_dead_letters_are_no_trouble(ingestor: Ingestor) -> None:
    assert await listed(ingestor) == []
    assert await replay(ingestor) == "replayed 0 dead letters"


@pytest.mark.parametrize("command", ["list", "replay"])
def test_without_a_broker_it_says_so(ingestor: Ingestor, command: str, database_url: str) -> None:
    ended = ingestor("dead-letters", command, KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1", DATABASE_URL=database_url)

    assert ended.returncode == 1
    assert ended.stderr.startswith(b"error: Kafka does not answer at 127.0.0.1:1")
