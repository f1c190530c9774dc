"""Schedule of a route: when its waiting notifications become a message, and of which kind."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from mcm_notifier.notifications import MessageKind, RouteState
from mcm_notifier.routes import QuietHours, Route, When

GROUP_INTERVAL: Final = timedelta(seconds=60)
"""Time between two messages of a route that sends immediately; what comes up in between is grouped."""

STORM_INTERVAL: Final = timedelta(minutes=15)
"""Time from the notice of a storm to its digest, and from one digest to the next."""

RATE_PERIOD: Final = timedelta(hours=1)
"""Period of ``max_per_hour``."""

_DIGEST_S: Final = 15 * 60


@dataclass(frozen=True, slots=True)
class Backlog:
    """Notifications of a route: when the oldest waiting one came up, and how many came up in RATE_PERIOD."""

    oldest: datetime
    recent: int


def next_message(
    route: Route, state: RouteState, backlog: Backlog, now: datetime
) -> tuple[MessageKind | None, RouteState]:
    """Decides which message a route with waiting notifications sends now (None: it waits), and its next state."""
    if route.quiet is not None and is_quiet(route.quiet, now):
        return None, state
    match route.when:
        case When.EVERY_15_MINUTES:
            due = backlog.oldest < datetime.fromtimestamp(now.timestamp() // _DIGEST_S * _DIGEST_S, UTC)
        case When.DAILY:
            due = backlog.oldest < _last_daily(route, now)
        case When.IMMEDIATELY:
            return _immediately(route, state, backlog, now)
    return (MessageKind.DIGEST, replace(state, sent_at=now)) if due else (None, state)


def is_quiet(quiet: QuietHours, now: datetime) -> bool:
    """Returns whether a time lies in quiet hours."""
    at = now.astimezone(quiet.zone).time()
    if quiet.start < quiet.end:
        return quiet.start <= at < quiet.end
    return at >= quiet.start or at < quiet.end


def _immediately(
    route: Route, state: RouteState, backlog: Backlog, now: datetime
) -> tuple[MessageKind | None, RouteState]:
    if state.digest_at is not None:
        if now < state.digest_at:
            return None, state
        if backlog.recent > route.max_per_hour:
            return MessageKind.DIGEST, replace(state, sent_at=now, digest_at=now + STORM_INTERVAL)
        state = RouteState(state.sent_at)
    if backlog.recent > route.max_per_hour:
        digest_at = now + STORM_INTERVAL
        if backlog.oldest <= now - STORM_INTERVAL:
            # held by quiet hours, or while the notifier was down: the digest needs no notice
            return MessageKind.DIGEST, RouteState(now, now, digest_at)
        return MessageKind.STORM, replace(state, storm_since=now, digest_at=digest_at)
    if state.sent_at is not None and now < state.sent_at + GROUP_INTERVAL:
        return None, state
    return MessageKind.FINDINGS, RouteState(sent_at=now)


def _last_daily(route: Route, now: datetime) -> datetime:
    day = now.astimezone(route.zone).date()
    # in UTC: within a zone times are compared by the clock on the wall, which skips an hour in spring
    today = datetime.combine(day, route.at, tzinfo=route.zone).astimezone(UTC)
    return today if today <= now else datetime.combine(day - timedelta(days=1), route.at, tzinfo=route.zone)
