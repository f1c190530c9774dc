"""Pages of findings."""

from collections.abc import AsyncGenerator
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_api.database import DatabaseReader
from mcm_api.findings.cursor import FindingCursor
from mcm_api.findings.filters import FindingQuery, SortKey
from mcm_api.findings.queries.matching import value_of
from mcm_api.findings.queries.selection import Selection, place_after, select_findings, size_of
from mcm_api.resources.queries.findings import FindingRow, read_finding_rows
from mcm_shared.contracts.finding_filter import FindingFilter
from mcm_shared.db.suppression import ActiveExceptions


async def read_page(reader: DatabaseReader, query: FindingQuery) -> tuple[list[FindingRow], int, str | None]:
    """Reads a page of findings, the total over all pages, and the cursor of the next page; None on the last."""
    async with reader.transaction() as connection:
        selection, active = await _selection(reader, connection, query)
        start = (query.page - 1) * query.page_size
        if query.before is not None:
            start = await place_after(connection, active, selection, FindingCursor.decode(query.before), query)
        end = start + query.page_size
        items = await read_finding_rows(connection, active, selection[start:end])
    following = None
    if items and end < len(selection):
        following = FindingCursor(query.sort, query.order, value_of(items[-1], query.sort), items[-1]["id"]).encode()
    return items, len(selection), following


async def read_all(reader: DatabaseReader, query: FindingQuery, size: int) -> AsyncGenerator[list[FindingRow], None]:
    """Yields all findings that match, in batches; a finding that changes meanwhile comes once, in its new state."""
    async with reader.transaction() as connection:
        selection, _ = await _selection(reader, connection, query)
    for start in range(0, len(selection), size):
        # one transaction a batch: a slow client does not hold one open
        async with reader.transaction() as connection:
            active = await reader.cache.active_exceptions(connection)
            items = await read_finding_rows(connection, active, selection[start : start + size])
        yield items


async def _selection(
    reader: DatabaseReader, connection: AsyncConnection, query: FindingQuery
) -> tuple[Selection, ActiveExceptions]:
    # the filter alone: all pages of a list share one selection
    filters = FindingFilter(**{name: getattr(query, name) for name in FindingFilter.model_fields})
    key = ("selection", filters.model_dump_json(exclude_none=True), query.sort, query.order)
    load = partial(select_findings, filters=filters, sort=SortKey(query.sort), order=query.order)
    return await reader.cache.read_with_exceptions(connection, key, load, size_of)
