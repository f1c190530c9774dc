"""Sender: leases messages of the outbox and sends them, with retries for a day."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

import structlog

from mcm_notifier.channels import Channel, DeliveryError, DeliveryRefusedError
from mcm_notifier.messages import Message, findings_message, reminder_message, storm_message
from mcm_notifier.notifications import Reminder, Storm
from mcm_notifier.store import outbox
from mcm_notifier.store.outbox import LeasedMessage
from mcm_shared.backoff import backoff_s
from mcm_shared.db.engine import AsyncEngine
from mcm_shared.db.leases import Lease
from mcm_shared.errors import McmError
from mcm_shared.metrics import counter, gauge

log = structlog.get_logger()

ATTEMPTS: Final = counter("mcm_notification_attempts")
FAILED: Final = gauge("mcm_notifications_failed")

FIRST_RETRY_S: Final = 1.0
LONGEST_RETRY_S: Final = 6 * 3600.0
"""Backoff of a message: doubled with each failure, within these."""

LEASE_S: Final = 120.0
"""Longer than any channel takes to send: afterwards the process that leased a message is dead."""

_POLL_S: Final = 1.0
_AT_ONCE: Final = 8
_RESPONSE: Final = 500


class Sender:
    """Sends the messages that are due; several processes may do so at once."""

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
        """Sends until cancelled; waits for the database while it is down."""
        try:
            while True:
                sent = 0
                try:
                    sent = await self.send_due()
                    FAILED.set(await outbox.count_failed(self._engine))
                except McmError as error:
                    log.warning("sending deferred", reason=str(error))
                if not sent:
                    await asyncio.sleep(self._poll_s)
        finally:
            # without waiting for the lease to expire, another process can send at once
            with contextlib.suppress(McmError):
                await asyncio.shield(outbox.release(self._engine, self._owner))

    async def send_due(self) -> int:
        """Tries each message that is due once, a few at a time; returns how many that were."""
        lease = Lease(self._owner, self._now(), LEASE_S)
        messages = await outbox.lease_due(self._engine, lease, _AT_ONCE)
        outcomes = await asyncio.gather(*map(self._send, messages), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return len(messages)

    async def _send(self, leased: LeasedMessage) -> None:
        try:
            response = await self._deliver(leased)
        except DeliveryRefusedError as error:
            await self._fail(leased, str(error))
        except DeliveryError as error:
            await self._retry(leased, error)
        else:
            ATTEMPTS.labels(leased.channel, leased.kind, "sent").inc()
            await outbox.mark_sent(self._engine, leased.id, self._owner, response[:_RESPONSE], self._now())

    async def _deliver(self, leased: LeasedMessage) -> str:
        channel = self._channels.get(leased.channel)
        if channel is None:
            raise DeliveryRefusedError(f"the channel {leased.channel} is not in channels.yml")
        return await channel.deliver(await self._message(leased))

    async def _message(self, leased: LeasedMessage) -> Message:
        match leased.content:
            case Storm():
                return storm_message(leased.id, leased.route, leased.content, self._public_url, leased.created_at)
            case Reminder():
                return reminder_message(leased.id, leased.content, self._public_url, leased.created_at)
        contents = await outbox.read_contents(self._engine, leased.id)
        return findings_message(leased.id, leased.route, contents, self._public_url, leased.created_at)

    async def _retry(self, leased: LeasedMessage, error: DeliveryError) -> None:
        now = self._now()
        wait_s = backoff_s(leased.attempts + 1, first_s=FIRST_RETRY_S, longest_s=LONGEST_RETRY_S)
        due_at = now + timedelta(seconds=max(wait_s, min(error.retry_after_s, LONGEST_RETRY_S)))
        if due_at > leased.give_up_at:
            await self._fail(leased, str(error))
            return
        ATTEMPTS.labels(leased.channel, leased.kind, "retried").inc()
        log.warning("message deferred", message=str(leased.id), channel=leased.channel, reason=str(error))
        await outbox.defer(self._engine, leased.id, self._owner, str(error)[:_RESPONSE], due_at)

    async def _fail(self, leased: LeasedMessage, reason: str) -> None:
        ATTEMPTS.labels(leased.channel, leased.kind, "failed").inc()
        log.error(
            "message failed",
            message=str(leased.id),
            channel=leased.channel,
            reason=reason,
            retry=f"mcm-notifier retry {leased.id}",
        )
        await outbox.mark_failed(self._engine, leased.id, self._owner, reason[:_RESPONSE])
