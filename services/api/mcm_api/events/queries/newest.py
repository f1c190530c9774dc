"""Reading events."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, RowMapping, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_api.database import DatabaseReader
from mcm_api.events.cursor import EventCursor
from mcm_api.events.queries.by_fact import FactSearch, newest_with_facts
from mcm_api.events.schemas import EventFilter
from mcm_api.resources.queries.page_bytes import FETCHED, within_bytes
from mcm_shared.db.tables import SOURCE_EVENTS
from mcm_shared.event_time import from_micros, to_micros

_EVENT: Final = SOURCE_EVENTS.c
COLUMNS: Final = (
    _EVENT.id,
    _EVENT.event_uid,
    _EVENT.source,
    _EVENT.source_event_id,
    _EVENT.event_type,
    _EVENT.user,
    _EVENT.timestamp,
    _EVENT.raw_data,
    _EVENT.attributes,
    _EVENT.processed,
)


async def newest_events(
    reader: DatabaseReader, filters: EventFilter
) -> tuple[Sequence[RowMapping], EventCursor | None]:
    """Reads a page of events, newest first, and the cursor of the next page; None on the last one.

    A page whose payloads are large holds fewer events than its limit.
    """
    number = filters.limit + 1  # one more, to know whether there is a next page
    async with reader.transaction() as connection:
        if filters.fact:
            return await _with_facts(connection, filters, number)
        query = (
            select(*COLUMNS)
            .where(*_conditions(filters))
            .order_by(_EVENT.timestamp.desc(), _EVENT.id.desc())
            .limit(number)
            .offset(filters.offset)
        )
        bounded = within_bytes(query, "timestamp", "id", newest_first=True)
        rows = (await connection.execute(bounded)).mappings().all()
    return _page(rows, filters.limit, fetched=rows[0][FETCHED] if rows else 0)


async def _with_facts(
    connection: AsyncConnection, filters: EventFilter, number: int
) -> tuple[Sequence[RowMapping], EventCursor | None]:
    not_after = filters.to_timestamp
    if filters.before is not None:
        reached = from_micros(EventCursor.decode(filters.before).at)
        not_after = reached if not_after is None else min(not_after, reached)
    search = FactSearch(
        facts=filters.facts,
        conditions=_conditions(filters),
        users=[] if filters.user is None else [filters.user],
        event_types=filters.event_type or [],
        sources=filters.source or [],
        not_before=filters.from_timestamp,
        not_after=not_after,
    )
    matches = await newest_with_facts(connection, (_EVENT.id, _EVENT.timestamp), search, filters.offset + number)
    found = [match["id"] for match in matches.rows[filters.offset :]]
    query = select(*COLUMNS).where(_EVENT.id.in_(found))
    read = (await connection.execute(within_bytes(query, "timestamp", "id", newest_first=True))).mappings().all()
    rows, following = _page(read, filters.limit, fetched=len(found))
    if following is None and matches.complete_from is not None:
        # the page is short because matches are rare: the next one goes on where this one stopped
        following = EventCursor(to_micros(matches.complete_from) + 1, 0)
    return rows, following


def _page(rows: Sequence[RowMapping], limit: int, *, fetched: int) -> tuple[Sequence[RowMapping], EventCursor | None]:
    page = rows[:limit]
    if fetched <= len(page):
        return page, None
    return page, EventCursor(to_micros(page[-1]["timestamp"]), page[-1]["id"])


def _conditions(filters: EventFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.user is not None:
        conditions.append(_EVENT.user == filters.user)
    if filters.event_type:
        conditions.append(_EVENT.event_type.in_(sorted(set(filters.event_type))))
    if filters.source:
        conditions.append(_EVENT.source.in_(sorted(set(filters.source))))
    if filters.from_timestamp is not None:
        conditions.append(_EVENT.timestamp >= filters.from_timestamp)
    if filters.to_timestamp is not None:
        conditions.append(_EVENT.timestamp <= filters.to_timestamp)
    if filters.before is not None:
        cursor = EventCursor.decode(filters.before)
        place = tuple_(literal(from_micros(cursor.at), _EVENT.timestamp.type), literal(cursor.id, _EVENT.id.type))
        conditions.append(tuple_(_EVENT.timestamp, _EVENT.id) < place)
    return conditions
