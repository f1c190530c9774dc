"""Tests of channels that people request in the dashboard: sends a test message and stores the channel's response."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

import structlog

from mcm_notifier.channels import Channel, DeliveryError
from mcm_notifier.messages import probe_message
from mcm_notifier.store import channel_tests as store
from mcm_notifier.store.channel_tests import LeasedTest
from mcm_shared.db.engine import AsyncEngine
from mcm_shared.db.leases import Lease
from mcm_shared.errors import McmError
from mcm_shared.metrics import counter

log = structlog.get_logger()

ATTEMPTS: Final = counter("mcm_notification_attempts")

LEASE_S: Final = 120.0
"""Longer than any channel takes to send."""

_POLL_S: Final = 0.5
_RESPONSE: Final = 500


class ChannelTester:
    """Sends the tests that are requested, one at a time; several processes may do so at once."""

    def __init__(
        self,
        engine: AsyncEngine,
        channels: Mapping[str, Channel],
        public_url: str | None,
        *,
        poll_s: float = _POLL_S,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._channels = channels
        self._public_url = public_url
        self._poll_s = poll_s
        self._now = now
        self._owner = uuid4()

    async def run(self) -> None:
        """Sends tests until cancelled; waits for the database while it is down."""
        while True:
            found = False
            try:
                found = await self.test_next()
            except McmError as error:
                log.warning("tests of channels deferred", reason=str(error))
            if not found:
                await asyncio.sleep(self._poll_s)

    async def test_next(self) -> bool:
        """Sends the test that waits longest; returns whether there was one."""
        leased = await store.lease_test(self._engine, Lease(self._owner, self._now(), LEASE_S))
        if leased is None:
            return False
        accepted, response = await self._send(leased)
        ATTEMPTS.labels(leased.channel, "test", "sent" if accepted else "failed").inc()
        log.info("channel tested", channel=leased.channel, accepted=accepted, response=response)
        await store.finish_test(self._engine, leased.id, self._owner, accepted, response[:_RESPONSE], self._now())
        return True

    async def _send(self, leased: LeasedTest) -> tuple[bool, str]:
        channel = self._channels.get(leased.channel)
        if channel is None:
            return False, f"the channel {leased.channel} is not in channels.yml"
        message = probe_message(leased.id, leased.channel, self._public_url, leased.requested_at)
        try:
            return True, await channel.deliver(message)
        except DeliveryError as error:
            return False, str(error)
