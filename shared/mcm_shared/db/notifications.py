"""What the notifier and the API share of notifications: configuration, tests of channels, and retries by hand."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from mcm_shared.contracts.notifications import NotifierConfig
from mcm_shared.db.engine import AsyncConnection
from mcm_shared.db.notification_tables import CHANNEL_TESTS, NOTIFICATION_MESSAGES, NOTIFIER_CONFIG

GIVE_UP_AFTER: Final = timedelta(hours=24)
"""Time in which a message is retried."""

TEST_WITHIN: Final = timedelta(minutes=5)
"""Time in which a requested test is sent; afterwards it has expired, for the person no longer waits for it."""

MAX_WAITING_TESTS: Final = 20
"""Tests of channels that may wait at one time."""

_CONFIG: Final = NOTIFIER_CONFIG.c
_TEST: Final = CHANNEL_TESTS.c
_MESSAGE: Final = NOTIFICATION_MESSAGES.c


@dataclass(frozen=True, slots=True)
class ChannelTest:
    """A test of a channel: ``accepted`` and ``response`` are what came of it, None while it is not finished."""

    id: UUID
    channel: str
    requested_at: datetime
    finished_at: datetime | None
    accepted: bool | None
    response: str | None


async def write_notifier_config(connection: AsyncConnection, config: NotifierConfig, now: datetime) -> None:
    """Writes the channels and routes of a notifier that starts."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    values = {"config": config.model_dump(mode="json"), "seen_at": now}
    statement = dialect.insert(NOTIFIER_CONFIG).values(id=1, **values)
    await connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


async def touch_notifier_config(connection: AsyncConnection, now: datetime) -> None:
    """Notes that a notifier runs."""
    await connection.execute(update(NOTIFIER_CONFIG).values(seen_at=now))


async def read_notifier_config(connection: AsyncConnection) -> tuple[NotifierConfig, datetime] | None:
    """Reads the channels and routes, and when a notifier was last seen; None when none has ever started."""
    row = (await connection.execute(select(_CONFIG.config, _CONFIG.seen_at))).first()
    return None if row is None else (NotifierConfig.model_validate(row.config), row.seen_at)


async def request_channel_test(connection: AsyncConnection, channel: str, now: datetime) -> UUID | None:
    """Requests a test message from the notifier; None while too many wait."""
    waiting = select(func.count()).select_from(CHANNEL_TESTS)
    waiting = waiting.where(_TEST.finished_at.is_(None), _TEST.requested_at > now - TEST_WITHIN)
    if (await connection.execute(waiting)).scalar_one() >= MAX_WAITING_TESTS:
        return None
    test_id = uuid4()
    await connection.execute(insert(CHANNEL_TESTS).values(id=test_id, channel=channel, requested_at=now))
    return test_id


async def read_channel_test(connection: AsyncConnection, test_id: UUID) -> ChannelTest | None:
    """Reads a test of a channel; None for an unknown one."""
    columns = [_TEST[name] for name in ChannelTest.__slots__]
    row = (await connection.execute(select(*columns).where(_TEST.id == test_id))).first()
    return None if row is None else ChannelTest(*row)


async def retry_failed_messages(connection: AsyncConnection, message_id: UUID | None, now: datetime) -> int:
    """Makes one failed message, or all of them, due again for a day; returns how many."""
    failed = update(NOTIFICATION_MESSAGES).where(_MESSAGE.state == "failed")
    if message_id is not None:
        failed = failed.where(_MESSAGE.id == message_id)
    values = {"state": "pending", "due_at": now, "give_up_at": now + GIVE_UP_AFTER, "attempts": 0}
    return int((await connection.execute(failed.values(values))).rowcount)
