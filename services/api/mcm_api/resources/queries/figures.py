"""Counts of all events and findings, each defined once."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_api.database import DatabaseReader
from mcm_shared.contracts.findings import Severity
from mcm_shared.db.suppression import STANDING, ActiveExceptions
from mcm_shared.db.tables import EVENT_DAYS, FINDINGS


async def count_events(connection: AsyncConnection) -> int:
    """Counts all stored events."""
    total = func.coalesce(func.sum(EVENT_DAYS.c["count"]), 0)
    return int((await connection.execute(select(total))).scalar_one())


async def count_unscored(reader: DatabaseReader, connection: AsyncConnection) -> int:
    """Counts findings without a risk score; cached until a finding changes."""
    return await reader.cache.read(connection, "unscored", _count_unscored)


async def count_severities(
    reader: DatabaseReader, connection: AsyncConnection, start: datetime | None = None, end: datetime | None = None
) -> dict[str, int]:
    """Counts visible findings by severity, first seen from ``start`` and before ``end``; cached until one changes.

    Visible findings stand and no exception suppresses them; the others are counted apart.
    """
    read = partial(_severities, start=start, end=end)
    return await reader.cache.read(connection, ("severities", start, end), read)


async def count_withdrawn(
    reader: DatabaseReader, connection: AsyncConnection, start: datetime | None = None, end: datetime | None = None
) -> int:
    """Counts withdrawn findings, first seen from ``start`` and before ``end``; cached until one changes."""
    read = partial(_withdrawn, start=start, end=end)
    return await reader.cache.read(connection, ("withdrawn", start, end), read)


async def count_suppressed(
    reader: DatabaseReader, connection: AsyncConnection, start: datetime | None = None, end: datetime | None = None
) -> int:
    """Counts standing findings that an exception suppresses, first seen from ``start`` and before ``end``."""
    read = partial(_suppressed, start=start, end=end)
    return await reader.cache.read(connection, ("suppressed", start, end), read)


def between(column: ColumnElement[Any], start: Any, end: Any) -> Sequence[ColumnElement[bool]]:
    """Lists the conditions of a half-open range, either end of which may be None."""
    return [*([] if start is None else [column >= start]), *([] if end is None else [column < end])]


async def _withdrawn(
    connection: AsyncConnection, _: ActiveExceptions, start: datetime | None, end: datetime | None
) -> int:
    in_period = between(FINDINGS.c.first_seen, start, end)
    query = select(func.count()).select_from(FINDINGS).where(*in_period, FINDINGS.c.withdrawn.is_(True))
    return (await connection.execute(query)).scalar_one()


async def _suppressed(
    connection: AsyncConnection, active: ActiveExceptions, start: datetime | None, end: datetime | None
) -> int:
    if not active.exceptions:
        return 0
    in_period = between(FINDINGS.c.first_seen, start, end)
    suppressed = (STANDING, active.suppressed)
    return (
        await connection.execute(select(func.count()).select_from(FINDINGS).where(*in_period, *suppressed))
    ).scalar_one()


async def _count_unscored(connection: AsyncConnection, active: ActiveExceptions) -> int:
    query = select(func.count()).select_from(FINDINGS).where(FINDINGS.c.risk_score.is_(None), active.visible)
    return (await connection.execute(query)).scalar_one()


async def _severities(
    connection: AsyncConnection, active: ActiveExceptions, start: datetime | None, end: datetime | None
) -> dict[str, int]:
    rank = FINDINGS.c.severity_rank
    rows = await connection.execute(
        select(rank, func.count()).where(*between(FINDINGS.c.first_seen, start, end), active.visible).group_by(rank)
    )
    return {severity.value: 0 for severity in Severity} | {
        Severity.of_rank(number).value: count for number, count in rows
    }
