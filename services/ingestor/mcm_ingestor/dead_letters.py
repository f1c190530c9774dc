"""Dead letters: listing records that could not be processed, and replaying them."""

import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from mcm_shared.contracts.topics import ORIGIN_HEADER, REASON_HEADER, SOURCE_HEADER, Topics
from mcm_shared.errors import PoisonEventError
from mcm_shared.kafka.committed_offsets import read_committed_offsets, write_committed_offsets
from mcm_shared.kafka.dead_letters import (
    OFFSET_HEADER,
    PARTITION_HEADER,
    TIMESTAMP_HEADER,
    TOPIC_HEADER,
    original_headers,
)
from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.read_topic import read_ends, read_topic
from mcm_shared.kafka.records import Headers, Outgoing, Record, header, origin_of
from mcm_shared.kafka.tail import read_between
from mcm_shared.settings import KafkaSettings

_GROUP: Final = "dead-letters-replay"
_BATCH: Final = 500
_NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_YEAR_9999_MS: Final = 253_370_764_800_000


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that could not be processed; ``topic``, ``partition`` and ``offset`` are where it failed.

    ``origin`` is where it was first written; ``at`` when, in milliseconds since 1970; ``place`` is the partition and
    offset of the dead letter in ``events.dead``.
    """

    origin: str
    reason: str
    topic: str
    partition: int
    offset: int
    at: int
    key: bytes | None
    value: bytes
    headers: Headers
    place: tuple[int, int]
    replayed: bool

    @property
    def source(self) -> str | None:
        """Source of a native payload, from its header."""
        values = (value or b"" for name, value in self.headers if name == SOURCE_HEADER)
        return next((value.decode("utf-8", "replace") for value in values), None)

    @property
    def written_at(self) -> datetime | None:
        """Time the record was written; None if unknown."""
        return datetime.fromtimestamp(self.at / 1000, UTC) if 0 < self.at < _YEAR_9999_MS else None

    def as_json(self) -> dict[str, Any]:
        """Serialises all fields; bytes that are not UTF-8 become replacement characters."""
        return {
            "origin": self.origin,
            "reason": self.reason,
            "topic": self.topic,
            "partition": self.partition,
            "offset": self.offset,
            "timestamp": self.written_at,
            "source": self.source,
            "replayed": self.replayed,
            "key": None if self.key is None else self.key.decode("utf-8", "replace"),
            "value": self.value.decode("utf-8", "replace"),
        }


@dataclass(slots=True)
class ReplayCounts:
    """Counts of a replay: dead letters sent, and those skipped because they came from another topic."""

    sent: int = 0
    foreign: int = 0


async def newest_dead_letters(kafka: KafkaSettings, limit: int) -> tuple[list[DeadLetter], int]:
    """Returns the newest ``limit`` dead letters, each origin once, and the total.

    Raises BrokerDownError.
    """
    newest: dict[str, DeadLetter] = {}
    origins: set[str] = set()
    async with aclosing(_read_dead_letters(kafka)) as dead_letters:
        async for dead_letter in dead_letters:
            origins.add(dead_letter.origin)
            # the record may have failed again after a replay; the newer dead letter is still open
            if dead_letter.origin not in newest or newest[dead_letter.origin].replayed:
                newest[dead_letter.origin] = dead_letter
            if len(newest) >= 2 * limit + 1_000:
                newest = _newest(newest, limit)
    return list(_newest(newest, limit).values()), len(origins)


async def replay_dead_letters(
    kafka: KafkaSettings, producer: Producer, *, everything: bool = False, reason: str | None = None
) -> ReplayCounts:
    """Replays dead letters of ``events.raw`` to it, each origin once, with their key, headers and origin.

    Dead letters replayed before are skipped unless ``everything``. With ``reason``, only those whose reason
    contains the text are sent, and those up to the first one not sent count as replayed. Sending one twice is harmless.
    Raises BrokerDownError.
    """
    topics = Topics(kafka.topic_prefix)
    result = ReplayCounts()
    seen: set[str] = set()
    committed: dict[int, int] = {}
    held_back: set[int] = set()
    batch: list[Outgoing] = []
    async with aclosing(_read_dead_letters(kafka)) as dead_letters:
        async for dead_letter in dead_letters:
            if dead_letter.replayed and not everything:
                continue
            partition, offset = dead_letter.place
            if reason is not None and reason.casefold() not in dead_letter.reason.casefold():
                held_back.add(partition)
                continue
            if partition not in held_back:
                committed[partition] = offset + 1
            # a program that may write dead letters must not be able to publish findings
            if dead_letter.topic != topics.raw:
                result.foreign += 1
            elif dead_letter.origin not in seen:
                seen.add(dead_letter.origin)
                batch.append(_replayed_record(dead_letter))
                if len(batch) == _BATCH:
                    result.sent += await _send(producer, batch)
                    batch = []
    result.sent += await _send(producer, batch)
    await _remember(kafka, topics, committed)
    return result


@dataclass(frozen=True, slots=True)
class DeadLetterBatch:
    """A page of dead letters, newest first; ``before`` is where the next page starts, None for the last."""

    dead_letters: list[DeadLetter]
    before: dict[int, int] | None


async def dead_letters_before(kafka: KafkaSettings, before: Mapping[int, int] | None, limit: int) -> DeadLetterBatch:
    """Reads the newest ``limit`` dead letters before these offsets by partition; None starts at the end.

    Reads at most ``limit`` records of each partition. Raises BrokerDownError.
    """
    topics = Topics(kafka.topic_prefix)
    begins, ends = await read_ends(kafka, topics.dead)
    last = ends if before is None else {place: min(before.get(place[1], 0), end) for place, end in ends.items()}
    first = {place: max(begins[place], end - limit) for place, end in last.items()}
    committed = await read_committed_offsets(kafka, topics.group(_GROUP), topics.dead)
    found: list[tuple[int, DeadLetter]] = []
    async with aclosing(read_between(kafka, first, last)) as batches:
        async for records in batches:
            for record in records:
                dead_letter = _dead_letter(record, replayed=record.offset < committed.get(record.partition, 0))
                found.append((record.timestamp, dead_letter))
    newest = sorted(found, key=lambda one: (one[0], *one[1].place), reverse=True)[:limit]
    left = {partition: offset for (_, partition), offset in last.items()}
    for _, dead_letter in newest:
        left[dead_letter.place[0]] = min(left[dead_letter.place[0]], dead_letter.place[1])
    more = any(offset > begins[topics.dead, partition] for partition, offset in left.items())
    return DeadLetterBatch([dead_letter for _, dead_letter in newest], left if more else None)


async def replay_dead_letter(
    kafka: KafkaSettings, producer: Producer, partition: int, offset: int
) -> DeadLetter | None:
    """Replays one dead letter by its place; returns None if there is none.

    Raises PoisonEventError for a dead letter from another topic, BrokerDownError.
    """
    topics = Topics(kafka.topic_prefix)
    begins, ends = await read_ends(kafka, topics.dead)
    place = (topics.dead, partition)
    if not begins.get(place, 0) <= offset < ends.get(place, 0):
        return None
    async with aclosing(read_between(kafka, {place: offset}, {place: offset + 1})) as batches:
        async for records in batches:
            for record in records:
                dead_letter = _dead_letter(record, replayed=False)
                if dead_letter.topic != topics.raw:
                    came_from = dead_letter.topic or "an unnamed topic"
                    raise PoisonEventError(f"it came from {came_from}; only records of {topics.raw} are replayed")
                await producer.send([_replayed_record(dead_letter)])
                return dead_letter
    return None


async def _read_dead_letters(kafka: KafkaSettings) -> AsyncGenerator[DeadLetter, None]:
    topics = Topics(kafka.topic_prefix)
    committed = await read_committed_offsets(kafka, topics.group(_GROUP), topics.dead)
    async with aclosing(read_topic(kafka, topics.dead)) as records:
        async for record in records:
            yield _dead_letter(record, replayed=record.offset < committed.get(record.partition, 0))


def _dead_letter(record: Record, *, replayed: bool) -> DeadLetter:
    return DeadLetter(
        origin=origin_of(record),
        reason=header(record, REASON_HEADER) or "no reason given",
        topic=header(record, TOPIC_HEADER) or "",
        partition=_number(header(record, PARTITION_HEADER)),
        offset=_number(header(record, OFFSET_HEADER)),
        at=_number(header(record, TIMESTAMP_HEADER)),
        key=record.key,
        value=record.value or b"",
        headers=original_headers(record),
        place=(record.partition, record.offset),
        replayed=replayed,
    )


def _replayed_record(dead_letter: DeadLetter) -> Outgoing:
    headers = (*dead_letter.headers, (ORIGIN_HEADER, dead_letter.origin.encode()))
    return Outgoing(dead_letter.topic, dead_letter.value, key=dead_letter.key, headers=headers)


async def _send(producer: Producer, batch: Sequence[Outgoing]) -> int:
    await producer.send(batch)
    return len(batch)


async def _remember(kafka: KafkaSettings, topics: Topics, committed: dict[int, int]) -> None:
    group = topics.group(_GROUP)
    known = await read_committed_offsets(kafka, group, topics.dead)
    further = {partition: offset for partition, offset in committed.items() if offset > known.get(partition, 0)}
    await write_committed_offsets(kafka, group, topics.dead, further)


def _newest(dead_letters: dict[str, DeadLetter], limit: int) -> dict[str, DeadLetter]:
    ordered = sorted(dead_letters.items(), key=lambda item: (item[1].at, item[1].origin), reverse=True)
    return dict(ordered[:limit])


def _number(text: str | None) -> int:
    # other programs can write to the topic; an invalid number is shown as -1
    return int(text) if text is not None and _NUMBER.fullmatch(text) else -1
