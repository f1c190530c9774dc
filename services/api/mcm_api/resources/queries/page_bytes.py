"""Byte limit of a page of events: payloads of any size come in pages of a bounded size."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Subquery, Text, cast, func, select

MAX_PAGE_BYTES: Final = 2 * 1024 * 1024
"""Payloads of one page, beyond its first event."""

FETCHED: Final = "fetched"
"""Column of the number of events that the page would hold without the limit."""


def within_bytes(query: Select[Any], *order: str, newest_first: bool) -> Select[Any]:
    """Ends the page of ``query`` before the event with which its payloads exceed MAX_PAGE_BYTES.

    ``order`` names the columns that order the page. Its first event always belongs to it.
    """

    def ordered(rows: Subquery) -> list[ColumnElement[Any]]:
        return [rows.c[name].desc() if newest_first else rows.c[name] for name in order]

    page = query.subquery()
    size = _size(page.c.raw_data) + _size(page.c.attributes)
    before = func.sum(size).over(order_by=ordered(page)) - size
    sized = select(page, before.label("bytes_before"), func.count().over().label(FETCHED)).subquery()
    columns = [column for column in sized.c if column.name != "bytes_before"]
    return select(*columns).where(sized.c.bytes_before < MAX_PAGE_BYTES).order_by(*ordered(sized))


def _size(payload: ColumnElement[Any]) -> ColumnElement[int]:
    return func.coalesce(func.length(cast(payload, Text)), 0)
