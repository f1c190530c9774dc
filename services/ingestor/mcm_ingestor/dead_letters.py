"""Dead letters: reading records that could not be processed, and sending one again."""

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from mcm_shared.contracts.topics import ORIGIN_HEADER, REASON_HEADER, SOURCE_HEADER, Topics
from mcm_shared.errors import PoisonEventError
from mcm_shared.kafka.committed_offsets import read_committed_offsets
from mcm_shared.kafka.dead_letters import (
    OFFSET_HEADER,
    PARTITION_HEADER,
    TIMESTAMP_HEADER,
    TOPIC_HEADER,
    original_headers,
)
from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.read_topic import read_ends, read_topic
from mcm_shared.kafka.records import END_OF_TIMESTAMPS, Headers, Outgoing, Record, header, origin_of
from mcm_shared.kafka.tail import read_between
from mcm_shared.settings import KafkaSettings

_GROUP: Final = "dead-letters-replay"
_NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that could not be processed; ``topic``, ``partition`` and ``offset`` are where it failed.

    ``origin`` is where it was first written; ``at`` when, in milliseconds since 1970; ``place`` is the partition and
    offset of the dead letter in ``events.dead``, and ``dead_at`` when it came there. ``size`` counts the bytes of the
    whole value.
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
    size: int
    dead_at: int
    replayed: bool

    @property
    def source(self) -> str | None:
        """Source of a native payload, from its header."""
        values = (value or b"" for name, value in self.headers if name == SOURCE_HEADER)
        return next((value.decode("utf-8", "replace") for value in values), None)

    @property
    def written_at(self) -> datetime | None:
        """Time the record was written; None if unknown."""
        return datetime.fromtimestamp(self.at / 1000, UTC) if 0 < self.at < END_OF_TIMESTAMPS else None

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
            "key": None if self.key is None else self.key.decode("utf-8", "replace"),
            "value": self.value.decode("utf-8", "replace"),
        }


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
                dead_letter = dead_letter_of(record, {})
                # a program that may write dead letters must not be able to publish findings
                if dead_letter.topic != topics.raw:
                    came_from = dead_letter.topic or "an unnamed topic"
                    raise PoisonEventError(f"it came from {came_from}; only records of {topics.raw} are replayed")
                await producer.send([replayed_record(dead_letter)])
                return dead_letter
    return None


async def read_dead_letters(kafka: KafkaSettings) -> AsyncGenerator[DeadLetter, None]:
    """Yields all dead letters that the topic holds, partition by partition as they come; raises BrokerDownError."""
    topics = Topics(kafka.topic_prefix)
    committed = await replayed_offsets(kafka)
    async with aclosing(read_topic(kafka, topics.dead)) as records:
        async for record in records:
            yield dead_letter_of(record, committed)


async def replayed_offsets(kafka: KafkaSettings) -> dict[int, int]:
    """Reads by partition the offset before which earlier versions of the product noted letters as replayed."""
    topics = Topics(kafka.topic_prefix)
    return await read_committed_offsets(kafka, topics.group(_GROUP), topics.dead)


def dead_letter_of(record: Record, replayed_offsets: Mapping[int, int]) -> DeadLetter:
    """Reads a dead letter from its record."""
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
        size=len(record.value or b""),
        dead_at=record.timestamp,
        replayed=record.offset < replayed_offsets.get(record.partition, 0),
    )


def replayed_record(dead_letter: DeadLetter) -> Outgoing:
    """Builds the record that is sent again: the original one, with its origin."""
    headers = (*dead_letter.headers, (ORIGIN_HEADER, dead_letter.origin.encode()))
    return Outgoing(dead_letter.topic, dead_letter.value, key=dead_letter.key, headers=headers)


def _number(text: str | None) -> int:
    # other programs can write to the topic; an invalid number is shown as -1
    return int(text) if text is not None and _NUMBER.fullmatch(text) else -1
