"""Exceptions that have ended, and the reminders of those that are about to."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from mcm_notifier.notifications import MessageKind, Reminder, message_id
from mcm_shared.contracts.exceptions import ExceptionActionKind, ExceptionState, StoredException
from mcm_shared.db.engine import AsyncEngine, transaction
from mcm_shared.db.exception_filters import read_filters
from mcm_shared.db.exceptions import read_unexpired
from mcm_shared.db.notification_tables import NOTIFICATION_MESSAGES
from mcm_shared.db.notifications import GIVE_UP_AFTER
from mcm_shared.db.tables import EXCEPTION_ACTIONS, EXCEPTIONS

_ACTION: Final = EXCEPTION_ACTIONS.c


@dataclass(frozen=True, slots=True)
class EndedExceptions:
    """How many exceptions have expired and were revoked, and which are invalid: it changes with each that ends.

    Invalid is also one whose Sigma filter was found invalid by the API, which compiles it.
    """

    expired: int
    revoked: int
    invalid: frozenset[int]


async def read_exceptions_at(engine: AsyncEngine, now: datetime) -> tuple[EndedExceptions, list[StoredException]]:
    """Reads which exceptions have ended by a time, and those that have neither expired nor been revoked."""
    expired = select(func.count()).select_from(EXCEPTIONS).where(EXCEPTIONS.c.expires_at <= now)
    revoked = select(func.count()).select_from(EXCEPTION_ACTIONS)
    revoked = revoked.where(_ACTION.kind == ExceptionActionKind.REVOKE.value)
    async with transaction(engine, read_only=True) as connection:
        counts = (await connection.execute(select(expired.scalar_subquery(), revoked.scalar_subquery()))).one()
        unexpired = await read_unexpired(connection, now)
        compiled = await read_filters(connection)
    wrong = {number for number, each in compiled.items() if each.problem is not None}
    invalid = {each.id for each in unexpired if each.state(now) is ExceptionState.INVALID or each.id in wrong}
    return EndedExceptions(int(counts[0]), int(counts[1]), frozenset(invalid)), unexpired


async def insert_reminder(engine: AsyncEngine, channel: str, reminder: Reminder, now: datetime) -> bool:
    """Inserts a reminder for a channel, unless it was sent before; returns whether it was inserted.

    Its route is the name of the exception.
    """
    identity = message_id(MessageKind.REMINDER, channel, f"{reminder.number}|{reminder.days}")
    values = {
        "id": identity,
        "route": reminder.name,
        "channel": channel,
        "kind": MessageKind.REMINDER.value,
        "created_at": now,
        "due_at": now,
        "give_up_at": now + GIVE_UP_AFTER,
        "content": {**asdict(reminder), "expires_at": reminder.expires_at.isoformat()},
    }
    async with transaction(engine) as connection:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(NOTIFICATION_MESSAGES).values(**values).on_conflict_do_nothing()
        inserted = await connection.execute(statement.returning(NOTIFICATION_MESSAGES.c.id))
        return inserted.first() is not None
