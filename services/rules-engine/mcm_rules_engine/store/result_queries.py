"""The queries of recomputed results: all of a round, each kind by one statement."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, Final

import orjson
from sqlalchemy import BigInteger, Text, Uuid, func, select
from sqlalchemy.types import TypeEngine

from mcm_rules_engine.correlation.protocol import Position, RangeQuery
from mcm_rules_engine.recomputed.protocol import (
    ANY_SOURCE,
    CompleteUntil,
    LatestWindow,
    MinSilence,
    Neighbours,
    Occupied,
    OccupiedBetween,
    Query,
    ResultScope,
    SourceOf,
    StoredResult,
    StoredResults,
    StoredScopes,
    ValueNeighbours,
    Window,
    WindowsBetween,
)
from mcm_rules_engine.store.detections import range_query
from mcm_rules_engine.store.lateral import LateralQuery
from mcm_rules_engine.store.result_rows import ANSWER_COLUMNS, SCOPE_COLUMNS, stored_result
from mcm_rules_engine.store.tumbling import position_of_text, total_of
from mcm_shared.db.bulk import among
from mcm_shared.db.engine import AsyncConnection
from mcm_shared.db.tables import RULE_RESULTS, SOURCE_EVENTS, SOURCE_POSITIONS, SOURCE_PROGRESS
from mcm_shared.event_time import duration_micros, to_micros

_GROUP: Final[dict[str, TypeEngine[Any]]] = {"series": Uuid(), "grp": Text()}
_OF_VALUE: Final = "d.series_id = r.series AND d.group_key = r.grp AND d.value = r.value"

_NEIGHBOURS: Final = LateralQuery(
    f"""SELECT 0 AS is_after, before.at, before.event_uid FROM (
            SELECT d.at, d.event_uid FROM detections d WHERE {_OF_VALUE} AND (d.at, d.event_uid) < (r.at, r.uid)
            ORDER BY d.at DESC, d.event_uid DESC LIMIT 1) before
        UNION ALL
        SELECT 1, later.at, later.event_uid FROM (
            SELECT d.at, d.event_uid FROM detections d WHERE {_OF_VALUE} AND (d.at, d.event_uid) > (r.at, r.uid)
            ORDER BY d.at, d.event_uid LIMIT 1) later""",  # noqa: S608 (our own text)
    {**_GROUP, "value": Text(), "at": BigInteger(), "uid": Uuid()},
    {"is_after": BigInteger(), "at": BigInteger(), "event_uid": Uuid()},
)
_STORED: Final = LateralQuery(
    """SELECT x.at, x.event_uid, x.value FROM rule_results x
       WHERE x.series_id = r.series AND x.group_key = r.grp AND x.at BETWEEN r.since AND r.until""",
    {**_GROUP, "since": BigInteger(), "until": BigInteger()},
    {"at": BigInteger(), "event_uid": Uuid(), "value": Text()},
)
_RESULTS: Final = LateralQuery(
    f"SELECT {', '.join(f'x.{name}' for name in (*SCOPE_COLUMNS, *ANSWER_COLUMNS))} FROM rule_results x "  # noqa: S608 (our own text)
    "WHERE x.series_id = r.series AND x.group_key = r.grp",
    _GROUP,
    {name: RULE_RESULTS.c[name].type for name in (*SCOPE_COLUMNS, *ANSWER_COLUMNS)},
)
_LATEST: Final = LateralQuery(
    """SELECT t.bucket FROM tumbling_counts t WHERE t.series_id = r.series AND t.group_key = r.grp
       ORDER BY t.bucket DESC LIMIT 1""",
    _GROUP,
    {"bucket": BigInteger()},
)
_WINDOWS: Final = LateralQuery(
    """SELECT t.bucket, sum(t.count) AS events, sum(t.sum_high) AS high, sum(t.sum_low) AS low,
              min(t.first) AS first, max(t.last) AS last
       FROM tumbling_counts t
       WHERE t.series_id = r.series AND t.group_key = r.grp AND t.bucket BETWEEN r.since AND r.until
       GROUP BY t.bucket""",
    {**_GROUP, "since": BigInteger(), "until": BigInteger()},
    {
        **dict.fromkeys(("bucket", "events", "high", "low"), BigInteger()),
        "first": Text(),
        "last": Text(),
    },
)

_OCCUPIED: Final = LateralQuery(
    """SELECT t.bucket, min(t.first) AS first, max(t.last) AS last FROM tumbling_counts t
       WHERE t.series_id = r.series AND t.group_key = r.grp AND t.bucket BETWEEN r.since AND r.until
       GROUP BY t.bucket""",
    {**_GROUP, "since": BigInteger(), "until": BigInteger()},
    {"bucket": BigInteger(), "first": Text(), "last": Text()},
)


async def run_queries(connection: AsyncConnection, queries: Sequence[Query]) -> list[Any]:
    """Runs a round of queries; returns their results in the same order."""
    by_kind: dict[type[Query], list[int]] = defaultdict(list)
    for number, query in enumerate(queries):
        by_kind[type(query)].append(number)
    results: list[Any] = [None] * len(queries)
    for kind, numbers in by_kind.items():
        found = await _READERS[kind](connection, [queries[number] for number in numbers])
        for number, result in zip(numbers, found, strict=True):
            results[number] = result
    return results


async def _neighbours(connection: AsyncConnection, queries: Sequence[Any]) -> list[Neighbours]:
    found = await _NEIGHBOURS.execute(connection, [(*query[:3], *query.position) for query in queries])
    return [_neighbours_of(rows) for rows in found]


def _neighbours_of(rows: Sequence[Sequence[Any]]) -> Neighbours:
    by_side: dict[int, Position] = {int(is_after): (at, uid) for is_after, at, uid in rows}
    return Neighbours(by_side.get(0), by_side.get(1))


async def _stored(connection: AsyncConnection, queries: Sequence[Any]) -> list[set[ResultScope]]:
    found = await _STORED.execute(connection, queries)
    return [{ResultScope((at, uid), value) for at, uid, value in rows} for rows in found]


async def _windows(connection: AsyncConnection, queries: Sequence[Any]) -> list[list[Window]]:
    return [
        [
            Window(start, int(count), total_of(int(high), int(low)), position_of_text(first), position_of_text(last))
            for start, count, high, low, first, last in rows
        ]
        for rows in await _WINDOWS.execute(connection, queries)
    ]


async def _occupied(connection: AsyncConnection, queries: Sequence[Any]) -> list[list[Occupied]]:
    return [
        [Occupied(start, position_of_text(first), position_of_text(last)) for start, first, last in rows]
        for rows in await _OCCUPIED.execute(connection, queries)
    ]


async def _results(connection: AsyncConnection, queries: Sequence[Any]) -> list[list[StoredResult]]:
    found = await _RESULTS.execute(connection, queries)
    return [[stored_result(ResultScope((row[0], row[1]), row[2]), row[3:]) for row in rows] for rows in found]


async def _latest(connection: AsyncConnection, queries: Sequence[Any]) -> list[int | None]:
    return [rows[0][0] if rows else None for rows in await _LATEST.execute(connection, queries)]


async def _complete_until(connection: AsyncConnection, queries: Sequence[Any]) -> list[int | None]:
    progress = SOURCE_PROGRESS.c
    names = {one.source for one in queries}
    query = select(progress.source, func.max(progress.complete_until)).group_by(progress.source)
    if ANY_SOURCE not in names:
        query = query.where(among(progress.source, names, connection))
    until = {source: to_micros(time) for source, time in (await connection.execute(query)).all()}
    if until:
        until[ANY_SOURCE] = max(until.values())
    return [until.get(one.source) for one in queries]


async def _min_silence(connection: AsyncConnection, queries: Sequence[Any]) -> list[int | None]:
    columns = SOURCE_POSITIONS.c
    query = select(columns.feeds, columns.silent_after_s).where(columns.silent_after_s.is_not(None))
    least: dict[str, float] = {}
    for feeds, seconds in (await connection.execute(query)).all():
        least |= {feed: max(seconds, least.get(feed, seconds)) for feed in feeds}
    of = [least.get(str(orjson.loads(one.group_key).get("source"))) for one in queries]
    return [None if seconds is None else duration_micros(timedelta(seconds=seconds)) for seconds in of]


async def _sources(connection: AsyncConnection, queries: Sequence[Any]) -> list[str]:
    columns = SOURCE_EVENTS.c
    query = select(columns.event_uid, columns.source).where(
        among(columns.event_uid, [one.event_uid for one in queries], connection)
    )
    sources: dict[Any, str] = {uid: source for uid, source in (await connection.execute(query)).all()}  # noqa: C416
    return [sources[one.event_uid] for one in queries]


_READERS: Final[dict[type[Any], Callable[[AsyncConnection, Sequence[Any]], Awaitable[Sequence[Any]]]]] = {
    RangeQuery: range_query,
    ValueNeighbours: _neighbours,
    StoredScopes: _stored,
    CompleteUntil: _complete_until,
    SourceOf: _sources,
    WindowsBetween: _windows,
    OccupiedBetween: _occupied,
    StoredResults: _results,
    LatestWindow: _latest,
    MinSilence: _min_silence,
}
