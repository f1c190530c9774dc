"""The findings that a filter selects, in an order: their ids and no more, so that any page of them is at hand."""

from array import array
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_api.findings.cursor import FindingCursor
from mcm_api.findings.filters import SortKey
from mcm_api.findings.queries.matching import conditions, ordered_by, place_of
from mcm_shared.contracts.finding_filter import FindingFilter
from mcm_shared.db.suppression import ActiveExceptions
from mcm_shared.db.tables import FINDINGS

Selection = Sequence[int]
"""Ids of findings, in order; eight bytes each."""


async def select_findings(
    connection: AsyncConnection, active: ActiveExceptions, filters: FindingFilter, sort: SortKey, order: str
) -> Selection:
    """Reads what a filter selects."""
    ids = select(FINDINGS.c.id).where(*conditions(filters, active)).order_by(*ordered_by(sort, order))
    if connection.dialect.name == "postgresql":
        # as one array: the driver reads it twenty times as fast as so many rows
        found: Any = (await connection.execute(select(func.array_agg(ids.subquery().c.id)))).scalar_one()
    else:
        found = (await connection.execute(ids)).scalars().all()
    return array("q", found or ())


def size_of(selection: Selection) -> int:
    """Says how many bytes a selection takes."""
    return 8 * len(selection) + 128


async def place_after(
    connection: AsyncConnection,
    active: ActiveExceptions,
    selection: Selection,
    cursor: FindingCursor,
    filters: FindingFilter,
) -> int:
    """Finds the place in a selection of the first finding that comes after a cursor, whatever became of its own."""
    own = select(*place_of(SortKey(cursor.sort), connection.dialect.name)).where(FINDINGS.c.id == cursor.id)
    row = (await connection.execute(own)).one_or_none()
    if row is not None and row[0] == cursor.value:
        try:
            return selection.index(cursor.id) + 1
        except ValueError:
            pass
    # it has moved, or is not selected any more: those that come before where it stood are counted
    return await _count_up_to(connection, active, cursor, filters)


async def _count_up_to(
    connection: AsyncConnection, active: ActiveExceptions, cursor: FindingCursor, filters: FindingFilter
) -> int:
    value, row_id = place_of(SortKey(cursor.sort), connection.dialect.name)
    if cursor.order == "desc":
        earlier = (value > cursor.value) | ((value == cursor.value) & (row_id >= cursor.id))
    else:
        earlier = (value < cursor.value) | ((value == cursor.value) & (row_id <= cursor.id))
    query = select(func.count()).select_from(FINDINGS).where(*conditions(filters, active), earlier)
    return (await connection.execute(query)).scalar_one()
