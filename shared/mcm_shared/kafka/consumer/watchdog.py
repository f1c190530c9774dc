"""Watchdog: tells an idle topic from a consumer that has silently stopped."""

import asyncio
import time
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer

from mcm_shared.errors import McmError
from mcm_shared.kafka.broker_errors import CLIENT_ERRORS

log = structlog.get_logger()

_CHECK_TIMEOUT_S: Final = 5.0


class StuckError(McmError):
    """Records wait in assigned partitions and nothing has moved; the process should end and be restarted."""


class Watchdog:
    """Compares positions with the broker's end offsets when nothing has moved: an outage looks like an idle topic."""

    def __init__(self, stuck_after_s: float = 60.0, check_every_s: float = 10.0) -> None:
        self._stuck_after_s = stuck_after_s
        self._check_every_s = check_every_s
        self._last_moved = time.monotonic()
        self._last_check = time.monotonic()
        self._suspicious = False
        self._silent = False

    def moved(self) -> None:
        """Records that a fetch, a batch or an attempt made progress."""
        self._last_moved = time.monotonic()
        self._suspicious = self._silent = False

    async def check(self, consumer: AIOKafkaConsumer) -> None:
        """Checks the consumer, every few seconds at most.

        Raises StuckError when nothing moved for a minute and two checks found records waiting; right after an outage
        the first check may come before the first fetch. Raises TimeoutError when the consumer did not respond to two
        checks: after a broker restart a client can stay silent forever, so it is replaced by a new one.
        """
        now = time.monotonic()
        if now - self._last_moved < self._stuck_after_s or now - self._last_check < self._check_every_s:
            return
        self._last_check = now
        assigned = consumer.assignment()
        if not assigned:
            return
        try:
            async with asyncio.timeout(_CHECK_TIMEOUT_S):
                ends = await consumer.end_offsets(assigned)
                waiting = sum([max(0, end - await consumer.position(partition)) for partition, end in ends.items()])
        except CLIENT_ERRORS as error:
            log.warning("Kafka does not respond", reason=str(error) or type(error).__name__)
            self._suspicious = False
            if self._silent:
                raise TimeoutError("the consumer had no response for too long") from error
            self._silent = True
            return
        self._silent = False
        if waiting and self._suspicious:
            idle = round(now - self._last_moved)
            raise StuckError(
                f"{waiting} records are waiting but nothing has moved for {idle} s; the worker exits to be restarted"
            )
        self._suspicious = waiting > 0
