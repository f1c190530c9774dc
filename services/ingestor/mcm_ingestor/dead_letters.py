"""Shows what could not be processed, and sends it again once the reason is gone."""

import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from mcm_shared.contracts.topics import ORIGIN_HEADER, REASON_HEADER, SOURCE_HEADER, Topics
from mcm_shared.errors import PoisonEventError
from mcm_shared.kafka.committed_offsets import read_committed_offsets, write_committed_offsets
from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.read_topic import read_ends, read_topic
from mcm_shared.kafka.records import Headers, Outgoing, Record, header, origin_of
from mcm_shared.kafka.tail import read_between
from mcm_shared.settings import KafkaSettings

_GROUP: Final = "dead-letters-replay"
_BATCH: Final = 500
_NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_YEAR_9999_MS: Final = 253_370_764_800_000
_ABOUT_THE_LETTER: Final = {REASON_HEADER, ORIGIN_HEADER, "topic", "partition", "offset", "timestamp"}


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that could not be processed: ``topic``, ``partition`` and ``offset`` say where it failed.

    ``origin`` names where it was written first; ``at`` is when, in milliseconds since 1970; ``place`` is the partition
    and offset of the letter itself in ``events.dead``.
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
        """The source of a native payload."""
        values = (value or b"" for name, value in self.headers if name == SOURCE_HEADER)
        return next((value.decode("utf-8", "replace") for value in values), None)

    @property
    def written_at(self) -> datetime | None:
        """When the record was written; None where the letter does not say."""
        return datetime.fromtimestamp(self.at / 1000, UTC) if 0 < self.at < _YEAR_9999_MS else None

    def as_json(self) -> dict[str, Any]:
        """Says everything about it; bytes that are not UTF-8 are shown with replacement characters."""
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
class Replayed:
    """What a replay did: letters sent again, and those passed over since they came from no topic of ours."""

    sent: int = 0
    foreign: int = 0


async def newest_letters(kafka: KafkaSettings, limit: int) -> tuple[list[DeadLetter], int]:
    """Reads the dead letters and returns the newest ``limit``, each origin once, and how many there are in all.

    Raises BrokerDownError.
    """
    newest: dict[str, DeadLetter] = {}
    origins: set[str] = set()
    async with aclosing(_letters(kafka)) as letters:
        async for letter in letters:
            origins.add(letter.origin)
            # the same record may have failed again after a replay: that one still waits
            if letter.origin not in newest or newest[letter.origin].replayed:
                newest[letter.origin] = letter
            if len(newest) >= 2 * limit + 1_000:
                newest = _newest(newest, limit)
    return list(_newest(newest, limit).values()), len(origins)


async def replay_letters(
    kafka: KafkaSettings, producer: Producer, *, everything: bool = False, reason: str | None = None
) -> Replayed:
    """Sends dead letters to the topic they came from, each origin once, with their own key, headers and origin.

    What was replayed before is passed over unless ``everything``. With ``reason`` only letters whose reason holds that
    text are sent; then the letters up to the first one not sent count as replayed. Sending one twice does no harm.
    Raises BrokerDownError.
    """
    topics = Topics(kafka.topic_prefix)
    ours = _ours(topics)
    result = Replayed()
    seen: set[str] = set()
    committed: dict[int, int] = {}
    held_back: set[int] = set()
    batch: list[Outgoing] = []
    async with aclosing(_letters(kafka)) as letters:
        async for letter in letters:
            if letter.replayed and not everything:
                continue
            partition, offset = letter.place
            if reason is not None and reason.casefold() not in letter.reason.casefold():
                held_back.add(partition)
                continue
            if partition not in held_back:
                committed[partition] = offset + 1
            if letter.topic not in ours:
                result.foreign += 1
            elif letter.origin not in seen:
                seen.add(letter.origin)
                batch.append(_again(letter))
                if len(batch) == _BATCH:
                    result.sent += await _send(producer, batch)
                    batch = []
    result.sent += await _send(producer, batch)
    await _remember(kafka, topics, committed)
    return result


@dataclass(frozen=True, slots=True)
class LetterPage:
    """Letters, the newest first; ``before`` says by partition where those before them end, None when there are none."""

    letters: list[DeadLetter]
    before: dict[int, int] | None


async def letters_before(kafka: KafkaSettings, before: Mapping[int, int] | None, limit: int) -> LetterPage:
    """Reads the newest ``limit`` letters that stand before these offsets by partition; None: of all.

    It reads no more than ``limit`` records of each partition. Raises BrokerDownError.
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
                letter = _letter(record, replayed=record.offset < committed.get(record.partition, 0))
                found.append((record.timestamp, letter))
    newest = sorted(found, key=lambda one: (one[0], *one[1].place), reverse=True)[:limit]
    left = {partition: offset for (_, partition), offset in last.items()}
    for _, letter in newest:
        left[letter.place[0]] = min(left[letter.place[0]], letter.place[1])
    more = any(offset > begins[topics.dead, partition] for partition, offset in left.items())
    return LetterPage([letter for _, letter in newest], left if more else None)


async def replay_letter(kafka: KafkaSettings, producer: Producer, partition: int, offset: int) -> DeadLetter | None:
    """Sends one letter again, by its place; None where there is none.

    Raises PoisonEventError for a letter that came from no topic of ours, BrokerDownError.
    """
    topics = Topics(kafka.topic_prefix)
    begins, ends = await read_ends(kafka, topics.dead)
    place = (topics.dead, partition)
    if not begins.get(place, 0) <= offset < ends.get(place, 0):
        return None
    async with aclosing(read_between(kafka, {place: offset}, {place: offset + 1})) as batches:
        async for records in batches:
            for record in records:
                letter = _letter(record, replayed=False)
                if letter.topic not in _ours(topics):
                    raise PoisonEventError(f"it came from {letter.topic or 'an unnamed topic'}, which is none of ours")
                await producer.send([_again(letter)])
                return letter
    return None


def _ours(topics: Topics) -> set[str]:
    return {topics.raw, topics.findings, topics.enriched}


async def _letters(kafka: KafkaSettings) -> AsyncGenerator[DeadLetter, None]:
    topics = Topics(kafka.topic_prefix)
    committed = await read_committed_offsets(kafka, topics.group(_GROUP), topics.dead)
    async with aclosing(read_topic(kafka, topics.dead)) as records:
        async for record in records:
            yield _letter(record, replayed=record.offset < committed.get(record.partition, 0))


def _letter(record: Record, *, replayed: bool) -> DeadLetter:
    return DeadLetter(
        origin=origin_of(record),
        reason=header(record, REASON_HEADER) or "no reason is given",
        topic=header(record, "topic") or "",
        partition=_number(header(record, "partition")),
        offset=_number(header(record, "offset")),
        at=_number(header(record, "timestamp")),
        key=record.key,
        value=record.value or b"",
        headers=tuple((name, value) for name, value in record.headers if name not in _ABOUT_THE_LETTER),
        place=(record.partition, record.offset),
        replayed=replayed,
    )


def _again(letter: DeadLetter) -> Outgoing:
    headers = (*letter.headers, (ORIGIN_HEADER, letter.origin.encode()))
    return Outgoing(letter.topic, letter.value, key=letter.key, headers=headers)


async def _send(producer: Producer, batch: Sequence[Outgoing]) -> int:
    await producer.send(batch)
    return len(batch)


async def _remember(kafka: KafkaSettings, topics: Topics, committed: dict[int, int]) -> None:
    group = topics.group(_GROUP)
    known = await read_committed_offsets(kafka, group, topics.dead)
    further = {partition: offset for partition, offset in committed.items() if offset > known.get(partition, 0)}
    await write_committed_offsets(kafka, group, topics.dead, further)


def _newest(letters: dict[str, DeadLetter], limit: int) -> dict[str, DeadLetter]:
    ordered = sorted(letters.items(), key=lambda item: (item[1].at, item[1].origin), reverse=True)
    return dict(ordered[:limit])


def _number(text: str | None) -> int:
    # anybody can write to the topic: what is no number of ours is shown as -1
    return int(text) if text is not None and _NUMBER.fullmatch(text) else -1
