"""Detections by series and group: inserted if absent, read in ranges around a position."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Boolean, Integer, bindparam, text

from mcm_rules_engine.correlation.protocol import LatestByValue, RangeQuery, RangeResult, Row
from mcm_rules_engine.model.detection import DetectionRow
from mcm_shared.db.bulk import BulkInsert
from mcm_shared.db.engine import AsyncConnection, fetch
from mcm_shared.db.tables import DETECTIONS

_INSERT: Final = BulkInsert(DETECTIONS, DetectionRow._fields, conflict="DO NOTHING")
_INSERT_RETURNING: Final = BulkInsert(
    DETECTIONS, DetectionRow._fields, conflict="DO NOTHING", returning=DetectionRow._fields
)

_COLUMN: Final = DETECTIONS.c

# One statement for all range queries of a round.
_RANGES_POSTGRESQL: Final = """
SELECT r.number, found.is_after, found.at, found.event_uid, found.value
FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::uuid[], $5::bigint[], $6::bigint[])
     WITH ORDINALITY AS r(series, grp, at, uid, before, after, number)
CROSS JOIN LATERAL (
    (SELECT false AS is_after, d.at, d.event_uid, d.value FROM detections d
     WHERE d.series_id = r.series AND d.group_key = r.grp AND (d.at, d.event_uid) < (r.at, r.uid)
     ORDER BY d.at DESC, d.event_uid DESC LIMIT r.before)
    UNION ALL
    (SELECT true, d.at, d.event_uid, d.value FROM detections d
     WHERE d.series_id = r.series AND d.group_key = r.grp AND (d.at, d.event_uid) >= (r.at, r.uid)
     ORDER BY d.at, d.event_uid LIMIT r.after)
) found
"""

# SQLite has no LATERAL, and no LIMIT per row: one statement for all range queries of one size.
_IN_RANGE: Final = """
d.series_id = json_extract(r.value, '$[1]') AND d.group_key = json_extract(r.value, '$[2]')
AND (d.at, d.event_uid) {} (json_extract(r.value, '$[3]'), json_extract(r.value, '$[4]'))
"""
_RANGES_SQLITE: Final = text(f"""
SELECT json_extract(r.value, '$[0]') AS number, false AS is_after, found.at, found.event_uid, found.value
FROM json_each(:ranges) r JOIN detections found ON found.rowid IN (
    SELECT d.rowid FROM detections d WHERE {_IN_RANGE.format("<")} ORDER BY d.at DESC, d.event_uid DESC LIMIT :before)
UNION ALL
SELECT json_extract(r.value, '$[0]'), true, found.at, found.event_uid, found.value
FROM json_each(:ranges) r JOIN detections found ON found.rowid IN (
    SELECT d.rowid FROM detections d WHERE {_IN_RANGE.format(">=")} ORDER BY d.at, d.event_uid LIMIT :after)
""").columns(  # noqa: S608 (our own text)
    number=Integer(), is_after=Boolean(), at=_COLUMN.at.type, event_uid=_COLUMN.event_uid.type, value=_COLUMN.value.type
)

# Jumps from value to value through the index, so that many rows of one value cost as much as one.
_BY_VALUE_POSTGRESQL: Final = """
SELECT r.number, latest.at, latest.event_uid, latest.value
FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::uuid[], $5::bigint[])
     WITH ORDINALITY AS r(series, grp, at, uid, since, number)
CROSS JOIN LATERAL (
    WITH RECURSIVE one(value) AS (
        (SELECT d.value FROM detections d
         WHERE d.series_id = r.series AND d.group_key = r.grp AND d.value IS NOT NULL ORDER BY d.value LIMIT 1)
        UNION ALL
        SELECT (SELECT d.value FROM detections d
                WHERE d.series_id = r.series AND d.group_key = r.grp AND d.value > one.value ORDER BY d.value LIMIT 1)
        FROM one WHERE one.value IS NOT NULL)
    SELECT found.at, found.event_uid, one.value FROM one CROSS JOIN LATERAL (
        SELECT d.at, d.event_uid FROM detections d
        WHERE d.series_id = r.series AND d.group_key = r.grp AND d.value = one.value
          AND d.at > r.since AND (d.at, d.event_uid) < (r.at, r.uid)
        ORDER BY d.at DESC, d.event_uid DESC LIMIT 1) found
) latest
"""

_BY_VALUE_SQLITE: Final = (
    text("""
SELECT at, event_uid, value FROM (
    SELECT d.at, d.event_uid, d.value,
           row_number() OVER (PARTITION BY d.value ORDER BY d.at DESC, d.event_uid DESC) AS age
    FROM detections d
    WHERE d.series_id = :series AND d.group_key = :grp AND d.at > :since AND (d.at, d.event_uid) < (:at, :uid))
WHERE age = 1
""")
    .bindparams(bindparam("series", type_=_COLUMN.series_id.type), bindparam("uid", type_=_COLUMN.event_uid.type))
    .columns(at=_COLUMN.at.type, event_uid=_COLUMN.event_uid.type, value=_COLUMN.value.type)
)


async def insert_detections(connection: AsyncConnection, rows: Iterable[DetectionRow]) -> set[DetectionRow]:
    """Inserts the rows that are not there yet; returns those really inserted."""
    inserted = await _INSERT_RETURNING.execute(connection, _in_order(rows))
    return {DetectionRow._make(row) for row in inserted}


async def insert_counted(connection: AsyncConnection, rows: Iterable[DetectionRow]) -> int:
    """Inserts rows of events that are new themselves, so that none is there yet; returns how many they are.

    They are most of all rows, and returning them would cost as much as inserting them.
    """
    ordered = _in_order(rows)
    await _INSERT.execute(connection, ordered)
    return len(ordered)


def _in_order(rows: Iterable[DetectionRow]) -> list[DetectionRow]:
    # in one order: two workers that write the same rows wait for each other and never deadlock
    return sorted(
        set(rows), key=lambda row: (row.series_id.bytes, row.group_key, row.at, row.event_uid.bytes, row.value or "")
    )


async def range_query(connection: AsyncConnection, queries: Sequence[RangeQuery | LatestByValue]) -> list[RangeResult]:
    """Runs a round of range queries; returns their results in the same order."""
    around = [one for one in queries if isinstance(one, RangeQuery)]
    by_value = [one for one in queries if isinstance(one, LatestByValue)]
    if _is_postgresql(connection):
        found, latest = await _ranges_at_once(connection, around), await _latest_at_once(connection, by_value)
    else:
        found, latest = await _ranges_by_size(connection, around), [await _latest(connection, one) for one in by_value]
    ranges, latest_rows = iter(found), iter(latest)
    return [next(ranges) if isinstance(one, RangeQuery) else next(latest_rows) for one in queries]


async def _ranges_at_once(connection: AsyncConnection, queries: Sequence[RangeQuery]) -> list[RangeResult]:
    if not queries:
        return []
    series, groups, positions, befores, afters = zip(*queries, strict=True)
    ats, uids = zip(*positions, strict=True)
    found: dict[int, list[Any]] = defaultdict(list)
    for number, *row in await fetch(connection, _RANGES_POSTGRESQL, series, groups, ats, uids, befores, afters):
        found[number - 1].append(row)
    return [_range_result(found[number]) for number in range(len(queries))]


async def _ranges_by_size(connection: AsyncConnection, queries: Sequence[RangeQuery]) -> list[RangeResult]:
    by_size: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for number, one in enumerate(queries):
        at, uid = one.position
        by_size[one.before, one.after].append((number, one.series_id.hex, one.group_key, at, uid.hex))
    found: dict[int, list[Any]] = defaultdict(list)
    for (before, after), parameters_of_size in by_size.items():
        parameters = {"ranges": orjson.dumps(parameters_of_size).decode(), "before": before, "after": after}
        for row in (await connection.execute(_RANGES_SQLITE, parameters)).all():
            found[row[0]].append(row[1:])
    return [_range_result(found[number]) for number in range(len(queries))]


async def _latest_at_once(connection: AsyncConnection, queries: Sequence[LatestByValue]) -> list[RangeResult]:
    if not queries:
        return []
    series, groups, positions, sinces = zip(*queries, strict=True)
    ats, uids = zip(*positions, strict=True)
    found: dict[int, list[Any]] = defaultdict(list)
    for number, *row in await fetch(connection, _BY_VALUE_POSTGRESQL, series, groups, ats, uids, sinces):
        found[number - 1].append((False, *row))
    return [_range_result(found[number]) for number in range(len(queries))]


async def _latest(connection: AsyncConnection, one: LatestByValue) -> RangeResult:
    at, uid = one.position
    result = await connection.execute(
        _BY_VALUE_SQLITE, {"series": one.series_id, "grp": one.group_key, "at": at, "uid": uid, "since": one.since}
    )
    return _range_result((False, *row) for row in result.all())


def _range_result(rows: Iterable[Sequence[Any]]) -> RangeResult:
    before: list[Row] = []
    after: list[Row] = []
    for is_after, at, uid, value in rows:
        (after if is_after else before).append(Row((at, uid), value))
    before.sort(key=lambda row: row.position)
    after.sort(key=lambda row: row.position)
    return RangeResult(before, after)


def _is_postgresql(connection: AsyncConnection) -> bool:
    return connection.dialect.name == "postgresql"
