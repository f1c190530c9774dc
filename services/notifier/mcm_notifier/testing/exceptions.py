"""Exceptions of tests, as the API stores them."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_shared.contracts.exceptions import ExceptionActionKind
from mcm_shared.db.engine import transaction
from mcm_shared.db.exception_filters import CompiledFilter, write_filter
from mcm_shared.db.exceptions import append_exception_action, insert_exception
from mcm_shared.db.tables import EXCEPTION_MATCHES, EXCEPTIONS, FINDINGS
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
    sigma: str | None = None,
) -> int:
    """Stores an exception for a user, approved unless ``approved_at`` is None; returns its number."""
    values = {
        "matcher": {"user": [user]} if sigma is None else {"user": [user], "sigma": sigma},
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


async def compiled(
    engine: AsyncEngine, number: int, *, rules: tuple[str, ...] | None = None, problem: str | None = None
) -> None:
    """Stores what compiling the Sigma filter of an exception showed, as the API does."""
    async with transaction(engine) as connection:
        await write_filter(connection, number, CompiledFilter(rules, problem))


async def evaluated(engine: AsyncEngine, number: int, uid: UUID, *, covered: bool) -> None:
    """Stores whether the Sigma filter of an exception covers a finding as it is now, as the API does."""
    async with transaction(engine) as connection:
        found = (await connection.execute(select(FINDINGS.c.id, FINDINGS.c.version).where(FINDINGS.c.uid == uid))).one()
        match = {"exception_id": number, "finding_id": found.id}
        of_match = [EXCEPTION_MATCHES.c[name] == value for name, value in match.items()]
        await connection.execute(delete(EXCEPTION_MATCHES).where(*of_match))
        values = {**match, "version": found.version, "covered": covered}
        await connection.execute(insert(EXCEPTION_MATCHES).values(values))
