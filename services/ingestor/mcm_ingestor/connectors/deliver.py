"""Delivery of a page to Kafka: every record is acknowledged, or refused for its content and counted."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import structlog

from mcm_ingestor.connectors.protocol import SourceRecord
from mcm_shared.concurrency.bisect import bisect_failures
from mcm_shared.contracts.topics import MAX_MESSAGE_BYTES
from mcm_shared.errors import MessageRefusedError
from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.records import Outgoing

log = structlog.get_logger()

_REMEMBERED: Final = 50_000


class PageDelivery:
    """Sends records to ``topic``; those that it has sent lately are left out.

    Overlapping polls return most records twice. Leaving them out saves work and decides nothing: a record is
    remembered once it is acknowledged, and after a restart it is sent again, which the events' ids make harmless.
    """

    def __init__(self, producer: Producer, topic: str, source: str) -> None:
        self._producer = producer
        self._topic = topic
        self._source = source
        self._sent: OrderedDict[bytes, None] = OrderedDict()

    async def send(self, records: Sequence[SourceRecord]) -> tuple[int, int]:
        """Sends the records that are new and returns how many were sent and how many refused.

        Raises BrokerDownError when Kafka does not acknowledge them.
        """
        fresh: dict[bytes, SourceRecord] = {}
        for record in records:
            digest = hashlib.blake2b(record.payload + record.source.encode(), digest_size=16).digest()
            if digest not in self._sent:
                fresh[digest] = record
        refused: list[str] = []

        def refuse(message: Outgoing, error: MessageRefusedError) -> None:
            refused.append(error.reason)
            log.warning("record refused by Kafka", source=self._source, reason=error.reason, bytes=len(message.value))

        messages = []
        for record in fresh.values():
            message = Outgoing(self._topic, record.payload, headers=record.headers)
            if len(record.payload) > MAX_MESSAGE_BYTES:
                refuse(message, MessageRefusedError(f"the record is larger than {MAX_MESSAGE_BYTES:,} bytes"))
            else:
                messages.append(message)
        await bisect_failures(messages, self._producer.send, MessageRefusedError, refuse)
        self._remember(list(fresh))
        return len(fresh) - len(refused), len(refused)

    def _remember(self, digests: Sequence[bytes]) -> None:
        self._sent.update(dict.fromkeys(digests))
        while len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)
