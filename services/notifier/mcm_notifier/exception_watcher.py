"""Watcher of exceptions: reminds before they expire, and notifies the findings that return when they have ended."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import structlog

from mcm_notifier.notifications import Reminder
from mcm_notifier.routes import Route, routes_concerned
from mcm_notifier.store.exceptions import EndedExceptions, insert_reminder, read_exceptions_at
from mcm_notifier.store.notified import missing_findings, notify_changes
from mcm_notifier.store.waiting import resume_visible
from mcm_shared.contracts.exceptions import StoredException
from mcm_shared.db.engine import AsyncEngine
from mcm_shared.errors import McmError

log = structlog.get_logger()

_POLL_S: Final = 1.0
_BATCH: Final = 500


class ExceptionWatcher:
    """Follows the clock and the exceptions; several processes may do so at once."""

    def __init__(
        self,
        engine: AsyncEngine,
        routes: Mapping[str, Route],
        reminders: Sequence[str],
        *,
        poll_s: float = _POLL_S,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._routes = routes
        self._reminders = reminders
        self._poll_s = poll_s
        self._now = now
        self._ended: EndedExceptions | None = None
        self._reminded: set[tuple[int, int]] = set()

    async def run(self) -> None:
        """Watches until cancelled; waits for the database while it is down."""
        while True:
            try:
                await self.watch_once()
            except McmError as error:
                log.warning("exceptions not read, retrying", reason=str(error))
            await asyncio.sleep(self._poll_s)

    async def watch_once(self) -> None:
        """Notifies what has returned by now, and sends the reminders that are due."""
        now = self._now()
        ended, unexpired = await read_exceptions_at(self._engine, now)
        # a process that starts does not know what ended before
        if ended != self._ended:
            await self._notify_returned(now)
            self._ended = ended
        await resume_visible(self._engine, now)
        for exception in unexpired:
            await self._remind(exception, now)

    async def _notify_returned(self, now: datetime) -> None:
        uids = await missing_findings(self._engine, now)
        added = 0
        for start in range(0, len(uids), _BATCH):
            concerned = partial(routes_concerned, self._routes)
            added += await notify_changes(self._engine, uids[start : start + _BATCH], concerned, now)
        if added:
            log.info("findings visible again", notifications=added)

    async def _remind(self, exception: StoredException, now: datetime) -> None:
        days = exception.reminder(now)
        if days is None or (exception.id, days) in self._reminded:
            return
        if not _was_active(exception, exception.expires_at - timedelta(days=days)):
            return
        reminder = Reminder(
            exception.id,
            exception.name,
            days,
            exception.owner,
            exception.requester,
            exception.reason,
            exception.ticket,
            exception.expires_at,
        )
        for channel in self._reminders:
            if await insert_reminder(self._engine, channel, reminder, now):
                log.info("reminder of an exception", exception=exception.name, days=days, channel=channel)
        self._reminded.add((exception.id, days))


def _was_active(exception: StoredException, at: datetime) -> bool:
    """Returns whether an active exception was active at an earlier time: a new one for a week needs no reminder."""
    return exception.approved_at is not None and max(exception.approved_at, exception.starts_at) < at
