"""Records that the client library cannot decode: stepped over one by one, since it would fail on them for ever."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from mcm_shared.contracts.topics import Topics
from mcm_shared.kafka.records import Headers, Outgoing, Record, dead_letter
from mcm_shared.metrics import DEAD_LETTERS

log = structlog.get_logger()

_ASK_AGAIN_MS: Final = 2_000

Fetched = dict[TopicPartition, list[Record]]


class UndecodableError(Exception):
    """Says that a record cannot be decoded, and that others were lost with it: go back to the last commit."""


@dataclass(frozen=True, slots=True)
class Undecodable:
    """Stands in the place of a record whose content never reaches us."""

    topic: str
    partition: int
    offset: int
    timestamp: int = -1
    key: bytes | None = None
    value: bytes | None = None
    headers: Headers = ()

    def dead_letter(self, topics: Topics) -> Outgoing:
        """Makes its dead letter, which holds no more than where the record stands."""
        reason = "it, or a record sent in one batch with it, has a header whose name is not UTF-8; it stays where it is"
        log.warning("record stepped over", partition=self.partition, offset=self.offset, reason=reason)
        DEAD_LETTERS.labels(self.topic).inc()
        return dead_letter(self, reason, topics)


async def fetch(consumer: AIOKafkaConsumer, timeout_ms: int, max_records: int) -> Fetched:
    """Fetches what is there; raises UndecodableError for a header's name that is not UTF-8, as nothing checks it."""
    try:
        fetched: Fetched = await consumer.getmany(timeout_ms=timeout_ms, max_records=max_records)
    except UnicodeDecodeError as error:
        raise UndecodableError(str(error)) from error
    return fetched


async def fetch_one_by_one(consumer: AIOKafkaConsumer, timeout_ms: int, max_records: int) -> Fetched:
    """Fetches record by record, so that a failure loses none; those that cannot be decoded come as Unreadable."""
    fetched: Fetched = defaultdict(list)
    for _ in range(max_records):
        try:
            one = await consumer.getmany(timeout_ms=0 if fetched else timeout_ms, max_records=1)
        except UnicodeDecodeError:
            await _step_over(consumer, fetched)
            break
        if not one:
            break
        for partition, records in one.items():
            fetched[partition] += records
    return dict(fetched)


async def _step_over(consumer: AIOKafkaConsumer, fetched: Fetched) -> None:
    # the failure does not say which partition it is about; those where records wait are asked again
    for partition in sorted(consumer.assignment()):
        offset = await consumer.position(partition)
        while offset < (consumer.highwater(partition) or 0):
            try:
                one = await consumer.getmany(partition, timeout_ms=_ASK_AGAIN_MS, max_records=1)
            except UnicodeDecodeError:
                # what follows in its batch fails with it: the client decodes a batch from its beginning
                fetched[partition].append(Undecodable(partition.topic, partition.partition, offset))
                offset += 1
                consumer.seek(partition, offset)
            else:
                fetched[partition] += one.get(partition, [])
                break
