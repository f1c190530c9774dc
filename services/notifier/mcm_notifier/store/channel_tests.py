"""Requested tests of channels and their leases."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, update

from mcm_shared.db.engine import AsyncEngine, transaction
from mcm_shared.db.leases import Lease, lease_rows
from mcm_shared.db.notification_tables import CHANNEL_TESTS
from mcm_shared.db.notifications import TEST_WITHIN

_TEST: Final = CHANNEL_TESTS.c


@dataclass(frozen=True, slots=True)
class LeasedTest:
    """A test to send."""

    id: UUID
    channel: str
    requested_at: datetime


async def lease_test(engine: AsyncEngine, lease: Lease) -> LeasedTest | None:
    """Leases the test that waits longest; None when none waits. Tests that have expired are not sent."""
    waiting = (
        select(_TEST.id)
        .where(_TEST.finished_at.is_(None), _TEST.requested_at > lease.now - TEST_WITHIN)
        .order_by(_TEST.requested_at)
        .limit(1)
    )
    returning = (_TEST.id, _TEST.channel, _TEST.requested_at)
    async with transaction(engine) as connection:
        rows = await lease_rows(connection, CHANNEL_TESTS, waiting, lease, returning=returning)
    return LeasedTest(*rows[0]) if rows else None


async def finish_test(
    engine: AsyncEngine, test_id: UUID, owner: UUID, accepted: bool, response: str, now: datetime
) -> None:
    """Stores what the channel answered."""
    ours = update(CHANNEL_TESTS).where(_TEST.id == test_id, _TEST.leased_by == owner)
    values = {"accepted": accepted, "response": response, "finished_at": now, "leased_by": None, "leased_until": None}
    async with transaction(engine) as connection:
        await connection.execute(ours.values(**values))
