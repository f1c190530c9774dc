"""Tells a quiet topic from a consumer that has silently stopped."""

import asyncio
import time
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from mcm_shared.errors import McmError

log = structlog.get_logger()

_LOOK_TIMEOUT_S: Final = 5.0


class StuckError(McmError):
    """Says that records wait in assigned partitions and nothing has moved; the process should end and be restarted."""


class Watchdog:
    """Asks the broker for its end offsets when nothing has moved, since an outage looks like an idle topic."""

    def __init__(self, stuck_after_s: float = 60.0, look_every_s: float = 10.0) -> None:
        self._stuck_after_s = stuck_after_s
        self._look_every_s = look_every_s
        self._last_moved = time.monotonic()
        self._last_look = time.monotonic()
        self._suspicious = False
        self._silent = False

    def moved(self) -> None:
        """Notes that records came in or a batch was finished or tried."""
        self._last_moved = time.monotonic()
        self._suspicious = self._silent = False

    async def look(self, consumer: AIOKafkaConsumer) -> None:
        """Looks, every few seconds at most.

        Raises StuckError when nothing moved for a minute and records waited at two looks: after an outage the first
        one may come before they do. Raises TimeoutError when the consumer had no answer at two looks: after a broker's
        restart it can stay silent for good while others read, so it is given up for a new one, which waits as well.
        """
        now = time.monotonic()
        if now - self._last_moved < self._stuck_after_s or now - self._last_look < self._look_every_s:
            return
        self._last_look = now
        assigned = consumer.assignment()
        if not assigned:
            return
        try:
            async with asyncio.timeout(_LOOK_TIMEOUT_S):
                ends = await consumer.end_offsets(assigned)
                waiting = sum([max(0, end - await consumer.position(partition)) for partition, end in ends.items()])
        except (KafkaError, TimeoutError, OSError) as error:
            log.warning("Kafka does not answer", reason=str(error) or type(error).__name__)
            self._suspicious = False
            if self._silent:
                raise TimeoutError("the consumer had no response for too long") from error
            self._silent = True
            return
        self._silent = False
        if waiting and self._suspicious:
            idle = round(now - self._last_moved)
            raise StuckError(
                f"{waiting} records are waiting but nothing has moved for {idle} s; ending so that I am restarted"
            )
        self._suspicious = waiting > 0
