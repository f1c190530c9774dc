"""Exceptions of tests, as the API stores them."""

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_shared.contracts.exceptions import ExceptionActionKind
from mcm_shared.db.engine import transaction
from mcm_shared.db.exceptions import append_exception_action, insert_exception
from mcm_shared.db.tables import EXCEPTIONS
from mcm_shared.testing.builders import NOON

OWNER = "omar@example.com"
REQUESTER = "nina@example.com"


async def suppress(
    engine: AsyncEngine,
    *,
    user: str,
    until: datetime,
    since: datetime = NOON - timedelta(days=1),
    approved_at: datetime | None = NOON - timedelta(days=1),
) -> int:
    """Stores an exception for a user, approved unless ``approved_at`` is None; returns its number."""
    values = {
        "matcher": {"user": [user]},
        "owner": OWNER,
        "reason": "An account of the tests, which do it all day",
        "starts_at": since,
        "expires_at": until,
        "requester": REQUESTER,
    }
    async with transaction(engine) as connection:
        number = await insert_exception(connection, values)
        if approved_at is not None:
            approve = ExceptionActionKind.APPROVE
            await append_exception_action(connection, number, approve, "admin@example.com", None, approved_at)
    return number


async def revoke(engine: AsyncEngine, number: int, at: datetime) -> None:
    """Revokes an exception."""
    async with transaction(engine) as connection:
        kind = ExceptionActionKind.REVOKE
        await append_exception_action(connection, number, kind, "admin@example.com", "No longer needed", at)


async def break_matcher(engine: AsyncEngine, number: int) -> None:
    """Makes the matcher of an exception invalid."""
    async with transaction(engine) as connection:
        broken = update(EXCEPTIONS).where(EXCEPTIONS.c.id == number).values(matcher={"user": "no list"})
        await connection.execute(broken)
