"""The record ``source_polled``: makes progress, silence and completeness of a source part of the set of events."""

from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from mcm_shared.contracts.sources import INGESTOR_SOURCE, SOURCE_POLLED
from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.records import Outgoing

_EVERY: Final = timedelta(minutes=1)


class PolledRecords:
    """Publishes that a source was read: up to when it is complete, and how many records came; at most once a minute."""

    def __init__(self, producer: Producer, topic: str, facts: dict[str, Any]) -> None:
        self._producer = producer
        self._topic = topic
        self._facts = facts
        self._records = 0
        self._published_at: datetime | None = None

    def count(self, records: int) -> None:
        """Counts records that Kafka has acknowledged."""
        self._records += records

    async def publish(self, now: datetime, complete_until: datetime | None) -> None:
        """Publishes the record unless one was published within the last minute; raises BrokerDownError."""
        if self._published_at is not None and now - self._published_at < _EVERY:
            return
        source = self._facts["source"]
        event = {
            "id": f"{source}|{now.isoformat()}",
            "source": INGESTOR_SOURCE,
            "event_type": SOURCE_POLLED,
            "timestamp": now,
            "raw_data": {**self._facts, "records": self._records, "complete_until": complete_until},
        }
        await self._producer.send([Outgoing(self._topic, orjson.dumps(event))])
        self._records, self._published_at = 0, now
