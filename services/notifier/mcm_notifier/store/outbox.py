"""The outbox: messages that are sent, were sent, or have failed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, func, select, update

from mcm_notifier.notifications import MessageKind, Notification, Reminder, Storm
from mcm_notifier.store.rows import notification_of, notifications_with_findings
from mcm_shared.contracts.findings import Severity
from mcm_shared.db.engine import AsyncEngine, transaction
from mcm_shared.db.leases import Lease, lease_rows
from mcm_shared.db.notification_tables import NOTIFICATION_MESSAGES, NOTIFICATIONS
from mcm_shared.db.notifications import retry_failed_messages

_MESSAGE: Final = NOTIFICATION_MESSAGES.c
_FIELDS: Final = (
    _MESSAGE.id,
    _MESSAGE.route,
    _MESSAGE.channel,
    _MESSAGE.kind,
    _MESSAGE.created_at,
    _MESSAGE.give_up_at,
    _MESSAGE.attempts,
    _MESSAGE.content,
)
_SHOWN: Final = (
    _MESSAGE.id,
    _MESSAGE.route,
    _MESSAGE.channel,
    _MESSAGE.kind,
    _MESSAGE.state,
    _MESSAGE.created_at,
    _MESSAGE.due_at,
    _MESSAGE.sent_at,
    _MESSAGE.attempts,
    _MESSAGE.response,
)


@dataclass(frozen=True, slots=True)
class LeasedMessage:
    """A message to send, and how often that was tried before; ``content`` is what a notice or a reminder says."""

    id: UUID
    route: str
    channel: str
    kind: MessageKind
    created_at: datetime
    give_up_at: datetime
    attempts: int
    content: Storm | Reminder | None


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """A message as people see it; ``response`` is what the channel answered last."""

    id: UUID
    route: str
    channel: str
    kind: str
    state: str
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    attempts: int
    response: str | None


async def lease_due(engine: AsyncEngine, lease: Lease, limit: int) -> list[LeasedMessage]:
    """Leases the messages that are due, the longest due first."""
    due = (
        select(_MESSAGE.id)
        .where(_MESSAGE.state == "pending", _MESSAGE.due_at <= lease.now)
        .order_by(_MESSAGE.due_at)
        .limit(limit)
    )
    async with transaction(engine) as connection:
        rows = await lease_rows(connection, NOTIFICATION_MESSAGES, due, lease, returning=_FIELDS)
    return sorted(map(_leased, rows), key=lambda message: (message.created_at, message.id))


async def read_contents(engine: AsyncEngine, message_id: UUID) -> list[Notification]:
    """Reads the notifications of a message, with their findings as they are now."""
    query = notifications_with_findings().where(NOTIFICATIONS.c.message_id == message_id)
    async with transaction(engine, read_only=True) as connection:
        rows = (await connection.execute(query.order_by(NOTIFICATIONS.c.created_at, NOTIFICATIONS.c.id))).all()
    return [notification_of(row) for row in rows]


async def mark_sent(engine: AsyncEngine, message_id: UUID, owner: UUID, response: str, now: datetime) -> None:
    """Marks a message as sent."""
    await _settle(engine, message_id, owner, {"state": "sent", "sent_at": now, "response": response})


async def defer(engine: AsyncEngine, message_id: UUID, owner: UUID, response: str, due_at: datetime) -> None:
    """Defers a message whose attempt failed."""
    await _settle(engine, message_id, owner, {"due_at": due_at, "response": response})


async def mark_failed(engine: AsyncEngine, message_id: UUID, owner: UUID, response: str) -> None:
    """Marks a message as failed: only a person retries it."""
    await _settle(engine, message_id, owner, {"state": "failed", "response": response})


async def release(engine: AsyncEngine, owner: UUID) -> None:
    """Ends the leases of a process, so that others can send at once."""
    free = {"leased_by": None, "leased_until": None}
    async with transaction(engine) as connection:
        ours = update(NOTIFICATION_MESSAGES).where(_MESSAGE.leased_by == owner, _MESSAGE.state == "pending")
        await connection.execute(ours.values(free))


async def retry_failed(engine: AsyncEngine, message_id: UUID | None, now: datetime) -> int:
    """Makes one failed message, or all of them, due again for a day; returns how many."""
    async with transaction(engine) as connection:
        return await retry_failed_messages(connection, message_id, now)


async def list_messages(engine: AsyncEngine, state: str | None, limit: int) -> list[OutboxEntry]:
    """Lists the newest messages, of one state or of all."""
    query: Select[Any] = select(*_SHOWN).order_by(_MESSAGE.created_at.desc(), _MESSAGE.id).limit(limit)
    if state is not None:
        query = query.where(_MESSAGE.state == state)
    async with transaction(engine, read_only=True) as connection:
        return [OutboxEntry(*row) for row in (await connection.execute(query)).all()]


async def count_failed(engine: AsyncEngine) -> int:
    """Counts the messages that have failed."""
    query = select(func.count()).select_from(NOTIFICATION_MESSAGES).where(_MESSAGE.state == "failed")
    async with transaction(engine, read_only=True) as connection:
        return int((await connection.execute(query)).scalar_one())


async def _settle(engine: AsyncEngine, message_id: UUID, owner: UUID, values: dict[str, Any]) -> None:
    # a process that lost its lease changes nothing: another one sends the message now
    ours = update(NOTIFICATION_MESSAGES).where(_MESSAGE.id == message_id, _MESSAGE.leased_by == owner)
    free = {"leased_by": None, "leased_until": None, "attempts": _MESSAGE.attempts + 1}
    async with transaction(engine) as connection:
        await connection.execute(ours.values({**free, **values}))


def _leased(row: Row[Any]) -> LeasedMessage:
    return LeasedMessage(
        row.id,
        row.route,
        row.channel,
        MessageKind(row.kind),
        row.created_at,
        row.give_up_at,
        row.attempts,
        _content(MessageKind(row.kind), row.content),
    )


def _content(kind: MessageKind, content: Any) -> Storm | Reminder | None:
    match kind:
        case MessageKind.STORM:
            waiting = {Severity(name): count for name, count in content["waiting"].items()}
            return Storm(waiting, datetime.fromisoformat(content["digest_at"]))
        case MessageKind.REMINDER:
            return Reminder(**{**content, "expires_at": datetime.fromisoformat(content["expires_at"])})
        case MessageKind.FINDINGS | MessageKind.DIGEST:
            return None
