"""Composer: turns the waiting notifications of each route into messages, as its schedule says."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog

from mcm_notifier.notifications import MessageKind, Notification, RouteState, message_id
from mcm_notifier.routes import Route
from mcm_notifier.schedule import RATE_PERIOD, Backlog, next_message
from mcm_notifier.store import waiting as store
from mcm_shared.db.engine import AsyncConnection, AsyncEngine, transaction
from mcm_shared.db.notifications import GIVE_UP_AFTER
from mcm_shared.errors import McmError
from mcm_shared.metrics import gauge

log = structlog.get_logger()

UNSENT: Final = gauge("mcm_notifications_unsent")

DECIDED_WITHIN: Final = timedelta(seconds=60)
"""How long a notification waits for the score that its route asks for, and for the Sigma filters of exceptions."""

MAX_PER_MESSAGE: Final = 2000
"""Findings in one message; the rest goes into the next."""

_POLL_S: Final = 1.0


class Composer:
    """Composes messages of all routes; several processes may do so at once."""

    def __init__(
        self,
        engine: AsyncEngine,
        routes: Mapping[str, Route],
        *,
        poll_s: float = _POLL_S,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._routes = routes
        self._poll_s = poll_s
        self._now = now

    async def run(self) -> None:
        """Composes until cancelled; waits for the database while it is down."""
        while True:
            try:
                await self.compose_due()
            except McmError as error:
                log.warning("composing deferred", reason=str(error))
            await asyncio.sleep(self._poll_s)

    async def compose_due(self) -> int:
        """Composes the messages that are due now; returns how many."""
        names = [name for name in await store.waiting_routes(self._engine) if name in self._routes]
        composed = 0
        for name in names:
            async with transaction(self._engine) as connection:
                composed += await self._compose(connection, name, self._routes[name])
        for state, count in (await store.count_unsent(self._engine)).items():
            UNSENT.labels(state).set(count)
        return composed

    async def _compose(self, connection: AsyncConnection, name: str, route: Route) -> bool:
        now = self._now()
        state = await store.lock_route(connection, name)
        oldest = await store.oldest_waiting(connection, name)
        if state is None or oldest is None:
            return False
        recent = await store.count_since(connection, name, now - RATE_PERIOD)
        kind, _ = next_message(route, state, Backlog(oldest, recent), now)
        if kind is None:
            return False
        waiting = await store.read_waiting(connection, name, MAX_PER_MESSAGE, now)
        decided = [(each, route.includes(each.finding)) for each in waiting if not _undecided(route, each, now)]
        left_out = [each for each, is_included in decided if not is_included]
        await store.leave_out(connection, [each.id for each in left_out if each.is_hidden], "hidden")
        await store.leave_out(connection, [each.id for each in left_out if not each.is_hidden], "dropped")
        ready = [each for each, is_included in decided if is_included]
        if not ready:
            return False
        # once more without those that were dropped or are not decided yet
        recent -= _recent(waiting, now) - _recent(ready, now)
        kind, after = next_message(route, state, Backlog(ready[0].created_at, recent), now)
        if kind is None:
            return False
        await self._insert(connection, name, route, kind, ready, after)
        await store.save_route(connection, name, after)
        return True

    async def _insert(
        self,
        connection: AsyncConnection,
        name: str,
        route: Route,
        kind: MessageKind,
        ready: Sequence[Notification],
        after: RouteState,
    ) -> None:
        now = self._now()
        values: dict[str, Any] = {
            "route": name,
            "channel": route.channel,
            "kind": kind.value,
            "created_at": now,
            "due_at": now,
            "give_up_at": now + GIVE_UP_AFTER,
        }
        if kind is MessageKind.STORM and after.digest_at is not None:
            counts = Counter(each.finding.severity.value for each in ready)
            values["id"] = message_id(kind, name, now.isoformat())
            values["content"] = {"waiting": dict(counts), "digest_at": after.digest_at.isoformat()}
            await store.insert_message(connection, values, ())
            return
        ids = [each.id for each in ready]
        # a notification is in one message only: that message is named after its first one
        values["id"] = ids[0] if len(ids) == 1 else message_id(kind, name, str(ids[0]))
        await store.insert_message(connection, values, ids)


def _recent(notifications: Sequence[Notification], now: datetime) -> int:
    return sum(each.created_at > now - RATE_PERIOD for each in notifications)


def _undecided(route: Route, notification: Notification, now: datetime) -> bool:
    """Returns whether the score, or whether an exception covers the finding, decides, is not there, and may come."""
    unscored = route.waits_for_score and notification.finding.risk_score is None
    awaits = unscored or (notification.is_unevaluated and notification.finding.suppressed_by is None)
    return awaits and now < notification.created_at + DECIDED_WITHIN
