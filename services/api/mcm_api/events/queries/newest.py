"""Reading events."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import RowMapping, Select, literal, select, tuple_

from mcm_api.database import DatabaseReader
from mcm_api.events.cursor import EventCursor
from mcm_api.events.schemas import EventFilter
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
    """Reads a page of events, newest first, and the cursor of the next page; None on the last one."""
    query = (
        _matching(select(*COLUMNS), filters)
        .order_by(_EVENT.timestamp.desc(), _EVENT.id.desc())
        .limit(filters.limit + 1)  # one more, to know whether there is a next page
        .offset(filters.offset)
    )
    async with reader.transaction() as connection:
        rows = (await connection.execute(query)).mappings().all()
    if len(rows) <= filters.limit:
        return rows, None
    last = rows[filters.limit - 1]
    return rows[: filters.limit], EventCursor(to_micros(last["timestamp"]), last["id"])


def _matching(query: Select[*tuple[Any, ...]], filters: EventFilter) -> Select[*tuple[Any, ...]]:
    if filters.user is not None:
        query = query.where(_EVENT.user == filters.user)
    if filters.event_type:
        query = query.where(_EVENT.event_type.in_(sorted(set(filters.event_type))))
    if filters.source:
        query = query.where(_EVENT.source.in_(sorted(set(filters.source))))
    if filters.from_timestamp is not None:
        query = query.where(_EVENT.timestamp >= filters.from_timestamp)
    if filters.to_timestamp is not None:
        query = query.where(_EVENT.timestamp <= filters.to_timestamp)
    if filters.before is not None:
        cursor = EventCursor.decode(filters.before)
        place = tuple_(literal(from_micros(cursor.at), _EVENT.timestamp.type), literal(cursor.id, _EVENT.id.type))
        query = query.where(tuple_(_EVENT.timestamp, _EVENT.id) < place)
    return query
