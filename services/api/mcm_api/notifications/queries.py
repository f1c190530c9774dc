"""Reading notifications: health of channels, what waits for routes, and messages."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, case, func, or_, select

from mcm_api.http.problems import ProblemError
from mcm_api.notifications.cursor import MessageCursor
from mcm_api.notifications.schemas import (
    ChannelTestResponse,
    NotificationChannelList,
    NotificationChannelResponse,
    NotificationMessage,
    NotificationMessageFilter,
    NotificationMessagePage,
    NotificationRouteList,
    NotificationRouteResponse,
)
from mcm_shared.db.engine import AsyncConnection
from mcm_shared.db.notification_tables import NOTIFICATION_MESSAGES, NOTIFICATION_ROUTES, NOTIFICATIONS
from mcm_shared.db.notifications import TEST_WITHIN, read_channel_test, read_notifier_config
from mcm_shared.db.tables import FINDINGS
from mcm_shared.event_time import from_micros, to_micros

RUNNING_WITHIN: Final = timedelta(minutes=1)
"""Time within which a running notifier is seen several times."""

_HEALTH_DAYS: Final = 30
_MESSAGE: Final = NOTIFICATION_MESSAGES.c
_NOTIFICATION: Final = NOTIFICATIONS.c


@dataclass(frozen=True, slots=True)
class _Health:
    last_sent_at: datetime | None = None
    last_created_at: datetime | None = None
    pending: int = 0
    failed: int = 0
    error: str | None = None


async def read_channels(connection: AsyncConnection, now: datetime) -> NotificationChannelList:
    """Reads the channels with their health."""
    found = await read_notifier_config(connection)
    if found is None:
        return NotificationChannelList(running=False, seen_at=None, items=[], reminders=[])
    config, seen_at = found
    health = await _health(connection, now)
    items = [
        NotificationChannelResponse(name=each.name, type=each.type, **_shown(health.get(each.name, _Health())))
        for each in config.channels
    ]
    running = now - seen_at < RUNNING_WITHIN
    return NotificationChannelList(running=running, seen_at=seen_at, items=items, reminders=config.reminders)


async def read_routes(connection: AsyncConnection) -> NotificationRouteList:
    """Reads the routes with what waits for them."""
    found = await read_notifier_config(connection)
    if found is None:
        return NotificationRouteList(items=[])
    count = select(_NOTIFICATION.route, func.count()).where(_NOTIFICATION.state == "waiting")
    waiting: dict[str, int] = dict((await connection.execute(count.group_by(_NOTIFICATION.route))).all())
    due = select(NOTIFICATION_ROUTES.c.name, NOTIFICATION_ROUTES.c.digest_at)
    digest_at: dict[str, datetime | None] = dict((await connection.execute(due)).all())
    items = [
        NotificationRouteResponse.model_validate(
            {**each.model_dump(), "waiting": waiting.get(each.name, 0), "digest_at": digest_at.get(each.name)}
        )
        for each in found[0].routes
    ]
    return NotificationRouteList(items=items)


async def read_messages(connection: AsyncConnection, query: NotificationMessageFilter) -> NotificationMessagePage:
    """Reads a page of messages, the newest first."""
    columns = [_MESSAGE[name] for name in NotificationMessage.model_fields if name in _MESSAGE]
    statement = select(*columns, _MESSAGE.due_at).order_by(_MESSAGE.created_at.desc(), _MESSAGE.id.desc())
    if query.state is not None:
        statement = statement.where(_MESSAGE.state == query.state)
    if query.before is not None:
        at, last_id = _position(query.before)
        same = and_(_MESSAGE.created_at == at, _MESSAGE.id < last_id)
        statement = statement.where(or_(_MESSAGE.created_at < at, same))
    rows = (await connection.execute(statement.limit(query.limit + 1))).all()
    items = await _messages(connection, rows[: query.limit])
    following = None
    if len(rows) > query.limit:
        last = items[-1]
        following = MessageCursor(to_micros(last.created_at), str(last.id)).encode()
    return NotificationMessagePage(items=items, next=following)


async def read_message(connection: AsyncConnection, message_id: UUID) -> NotificationMessage | None:
    """Reads one message; None for an unknown one."""
    columns = [_MESSAGE[name] for name in NotificationMessage.model_fields if name in _MESSAGE]
    row = (await connection.execute(select(*columns, _MESSAGE.due_at).where(_MESSAGE.id == message_id))).first()
    return None if row is None else (await _messages(connection, [row]))[0]


async def read_test(connection: AsyncConnection, test_id: UUID, now: datetime) -> ChannelTestResponse:
    """Reads a test of a channel; raises ProblemError 404 for an unknown one."""
    test = await read_channel_test(connection, test_id)
    if test is None:
        raise ProblemError(404, f"There is no test with id {test_id}.")
    state = "accepted" if test.accepted else "refused"
    if test.finished_at is None:
        state = "waiting" if now - test.requested_at < TEST_WITHIN else "expired"
    return ChannelTestResponse.model_validate(
        {
            "id": test.id,
            "channel": test.channel,
            "state": state,
            "response": test.response,
            "requested_at": test.requested_at,
            "finished_at": test.finished_at,
        }
    )


async def _health(connection: AsyncConnection, now: datetime) -> dict[str, _Health]:
    recent = or_(_MESSAGE.state != "sent", _MESSAGE.created_at > now - timedelta(days=_HEALTH_DAYS))
    retried = and_(_MESSAGE.state == "pending", _MESSAGE.attempts > 0)
    counts = (
        select(
            _MESSAGE.channel,
            func.max(_MESSAGE.sent_at, type_=_MESSAGE.sent_at.type),
            func.max(case((_MESSAGE.state != "pending", _MESSAGE.created_at)), type_=_MESSAGE.created_at.type),
            func.sum(case((_MESSAGE.state == "pending", 1), else_=0)),
            func.sum(case((_MESSAGE.state == "failed", 1), else_=0)),
        )
        .where(recent)
        .group_by(_MESSAGE.channel)
    )
    found = {row[0]: _Health(row[1], row[2], int(row[3]), int(row[4])) for row in await connection.execute(counts)}
    errors = select(_MESSAGE.channel, _MESSAGE.state, _MESSAGE.created_at, _MESSAGE.response)
    errors = errors.where(or_(_MESSAGE.state == "failed", retried)).order_by(_MESSAGE.created_at)
    for row in await connection.execute(errors):
        known = found[row.channel]
        # an old failure that was never retried says nothing of a channel that has accepted messages since
        if row.state == "pending" or row.created_at == known.last_created_at:
            found[row.channel] = _Health(
                known.last_sent_at, known.last_created_at, known.pending, known.failed, row.response or "no response"
            )
    return found


def _shown(health: _Health) -> Mapping[str, Any]:
    used = health.last_sent_at is not None or health.pending or health.failed
    state = "failing" if health.error is not None else "healthy" if used else "unused"
    return {
        "health": state,
        "last_sent_at": health.last_sent_at,
        "pending": health.pending,
        "failed": health.failed,
        "last_error": health.error,
    }


async def _messages(connection: AsyncConnection, rows: Sequence[Any]) -> list[NotificationMessage]:
    both = NOTIFICATIONS.join(FINDINGS, FINDINGS.c.uid == _NOTIFICATION.finding_uid)
    counts = select(_NOTIFICATION.message_id, func.count(), func.min(FINDINGS.c.id)).select_from(both)
    counts = counts.where(_NOTIFICATION.message_id.in_([row.id for row in rows])).group_by(_NOTIFICATION.message_id)
    findings = {row[0]: (row[1], row[2]) for row in await connection.execute(counts)}
    items = []
    for row in rows:
        count, first = findings.get(row.id, (0, None))
        values = {name: getattr(row, name) for name in row._fields if name != "due_at"}
        values |= {"findings": count, "finding_id": first if count == 1 else None}
        values["next_attempt_at"] = row.due_at if row.state == "pending" else None
        items.append(NotificationMessage.model_validate(values))
    return items


def _position(before: str) -> tuple[datetime, UUID]:
    cursor = MessageCursor.decode(before)
    at = from_micros(cursor.created_us)
    # a time that no message has is clamped
    if to_micros(at) == cursor.created_us:
        with contextlib.suppress(ValueError):
            return at, UUID(cursor.id)
    raise ProblemError(422, "before: is not a cursor of this API; take it from the page before.")
