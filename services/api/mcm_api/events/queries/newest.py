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


async def newest_events(reader: DatabaseReader, wanted: EventFilter) -> tuple[Sequence[RowMapping], EventCursor | None]:
    """Reads a page of events, newest first, and the cursor of the next page; None on the last one."""
    query = (
        _matching(select(*COLUMNS), wanted)
        .order_by(_EVENT.timestamp.desc(), _EVENT.id.desc())
        .limit(wanted.limit + 1)  # one more, to know whether there is a next page
        .offset(wanted.offset)
    )
    async with reader.transaction() as connection:
        rows = (await connection.execute(query)).mappings().all()
    if len(rows) <= wanted.limit:
        return rows, None
    last = rows[wanted.limit - 1]
    return rows[: wanted.limit], EventCursor(to_micros(last["timestamp"]), last["id"])


def _matching(query: Select[*tuple[Any, ...]], wanted: EventFilter) -> Select[*tuple[Any, ...]]:
    if wanted.user is not None:
        query = query.where(_EVENT.user == wanted.user)
    if wanted.event_type:
        query = query.where(_EVENT.event_type.in_(sorted(set(wanted.event_type))))
    if wanted.source:
        query = query.where(_EVENT.source.in_(sorted(set(wanted.source))))
    if wanted.from_timestamp is not None:
        query = query.where(_EVENT.timestamp >= wanted.from_timestamp)
    if wanted.to_timestamp is not None:
        query = query.where(_EVENT.timestamp <= wanted.to_timestamp)
    if wanted.before is not None:
        cursor = EventCursor.decode(wanted.before)
        place = tuple_(literal(from_micros(cursor.at), _EVENT.timestamp.type), literal(cursor.id, _EVENT.id.type))
        query = query.where(tuple_(_EVENT.timestamp, _EVENT.id) < place)
    return query
