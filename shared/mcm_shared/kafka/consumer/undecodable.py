"""Records that the client library cannot decode: skipped one by one, for it would fail on them forever."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from mcm_shared.kafka.records import Headers, Record

_FETCH_TIMEOUT_MS: Final = 2_000

RecordsByPartition = dict[TopicPartition, list[Record]]


class UndecodableError(Exception):
    """A fetched batch holds a record that cannot be decoded, and is lost with it: read again from the last commit."""


@dataclass(frozen=True, slots=True)
class Undecodable:
    """Placeholder of a record that cannot be decoded; its content is unknown."""

    topic: str
    partition: int
    offset: int
    timestamp: int = -1
    key: bytes | None = None
    value: bytes | None = None
    headers: Headers = ()

    @property
    def reason(self) -> str:
        """Why it is dead-lettered; the letter holds only its position."""
        return "it, or a record sent in one batch with it, has a header whose name is not UTF-8; it stays where it is"


async def fetch(consumer: AIOKafkaConsumer, timeout_ms: int, max_records: int) -> RecordsByPartition:
    """Fetches the next records; raises UndecodableError for a header name that is not UTF-8."""
    try:
        fetched: RecordsByPartition = await consumer.getmany(timeout_ms=timeout_ms, max_records=max_records)
    except UnicodeDecodeError as error:
        raise UndecodableError(str(error)) from error
    return fetched


async def fetch_one_by_one(consumer: AIOKafkaConsumer, timeout_ms: int, max_records: int) -> RecordsByPartition:
    """Fetches record by record, so that a failure loses none; undecodable records come as Undecodable."""
    fetched: RecordsByPartition = defaultdict(list)
    for _ in range(max_records):
        try:
            one = await consumer.getmany(timeout_ms=0 if fetched else timeout_ms, max_records=1)
        except UnicodeDecodeError:
            await _skip(consumer, fetched)
            break
        if not one:
            break
        for partition, records in one.items():
            fetched[partition] += records
    return dict(fetched)


async def _skip(consumer: AIOKafkaConsumer, fetched: RecordsByPartition) -> None:
    # the error does not name its partition, so each partition with a backlog is fetched again
    for partition in sorted(consumer.assignment()):
        offset = await consumer.position(partition)
        while offset < (consumer.highwater(partition) or 0):
            try:
                one = await consumer.getmany(partition, timeout_ms=_FETCH_TIMEOUT_MS, max_records=1)
            except UnicodeDecodeError:
                # the rest of its batch fails too: the client decodes a batch from its beginning
                fetched[partition].append(Undecodable(partition.topic, partition.partition, offset))
                offset += 1
                consumer.seek(partition, offset)
            else:
                fetched[partition] += one.get(partition, [])
                break
