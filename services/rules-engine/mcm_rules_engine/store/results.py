"""Recomputed results: replaced by newer answers under a lock on their group."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Text, Uuid, func, select, text

from mcm_rules_engine.recomputed.protocol import ANY_SOURCE, ResultScope, ScopeAnswer, StoredResult
from mcm_rules_engine.store.lateral import LateralQuery
from mcm_rules_engine.store.result_rows import ANSWER_COLUMNS, SCOPE_COLUMNS, stored_result
from mcm_shared.db.bulk import BulkInsert, among
from mcm_shared.db.engine import AsyncConnection, fetch
from mcm_shared.db.tables import RULE_RESULTS, SOURCE_PROGRESS
from mcm_shared.event_time import to_micros

ResultGroup = tuple[UUID, str]
"""The series of a recomputed rule, and the key of one of its groups."""

ResultKey = tuple[UUID, str, ResultScope]

_LOCK_SPACE: Final = 0x6D636D
_LOCKS: Final = 1024
"""Locks that groups share: one for each would outgrow the server's table of locks in a batch of many users."""

_DUE: Final = 1000

_KEY: Final = ("series_id", "group_key", *SCOPE_COLUMNS)
_REPLACE: Final = BulkInsert(
    RULE_RESULTS,
    (*_KEY, *ANSWER_COLUMNS),
    conflict=f"({', '.join(_KEY)}) DO UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in ANSWER_COLUMNS),
)

_TYPES: Final = {column.name: column.type for column in RULE_RESULTS.columns}
_OF_KEY: Final = "x.series_id = r.series AND x.group_key = r.grp"
_STORED: Final = LateralQuery(
    f"SELECT {', '.join(f'x.{name}' for name in ANSWER_COLUMNS)} FROM rule_results x WHERE {_OF_KEY} "  # noqa: S608 (our own text)
    "AND x.at = r.at AND x.event_uid = r.uid AND x.value = r.value",
    {"series": Uuid(), "grp": Text(), "at": BigInteger(), "uid": Uuid(), "value": Text()},
    {name: _TYPES[name] for name in ANSWER_COLUMNS},
)

_BETWEEN: Final = f"{_OF_KEY} AND x.at >= r.start AND x.at < r.stop"
_PLACE: Final = "x.at, x.event_uid, x.value"
_LATEST: Final = "x.at DESC, x.event_uid DESC, x.value DESC"
_COLUMNS: Final = ", ".join(f"x.{name}" for name in (*SCOPE_COLUMNS, *ANSWER_COLUMNS))


def _one(kind: str, state: str, order: str) -> str:
    return (
        f"SELECT * FROM (SELECT '{kind}' AS kind, {_COLUMNS} FROM rule_results x "  # noqa: S608 (our own text)
        f"WHERE {_BETWEEN} AND x.state = '{state}' ORDER BY {order} LIMIT 1) {kind}"
    )


_SUMMARY: Final = LateralQuery(
    " UNION ALL ".join(
        (
            _one("earliest", "standing", _PLACE),
            _one("latest", "standing", _LATEST),
            _one("withdrawn", "withdrawn", _LATEST),
        )
    ),
    {"series": Uuid(), "grp": Text(), "start": BigInteger(), "stop": BigInteger()},
    {"kind": Text(), **{name: _TYPES[name] for name in (*SCOPE_COLUMNS, *ANSWER_COLUMNS)}},
)
_COUNT: Final = LateralQuery(
    f"SELECT count(*) AS standing FROM rule_results x WHERE {_BETWEEN} AND x.state = 'standing'",  # noqa: S608 (our own text)
    {"series": Uuid(), "grp": Text(), "start": BigInteger(), "stop": BigInteger()},
    {"standing": BigInteger()},
)


_PENDING_DUE: Final = LateralQuery(
    f"""SELECT x.group_key, {_PLACE} FROM rule_results x
        WHERE x.state = 'pending' AND x.series_id = r.series AND x.waits_for = r.source AND x.due_at <= r.until
        ORDER BY x.due_at LIMIT {_DUE}""",  # noqa: S608 (our own text)
    {"series": Uuid(), "source": Text(), "until": BigInteger()},
    {name: _TYPES[name] for name in _KEY[1:]},
)

_DELETE_POSTGRESQL: Final = """
DELETE FROM rule_results x USING unnest($1::uuid[], $2::text[], $3::bigint[], $4::uuid[], $5::text[])
    AS r(series, grp, at, uid, value)
WHERE x.series_id = r.series AND x.group_key = r.grp AND x.at = r.at AND x.event_uid = r.uid AND x.value = r.value
"""
_DELETE_SQLITE: Final = text("""
DELETE FROM rule_results
WHERE series_id = :series AND group_key = :grp AND at = :at AND event_uid = :uid AND value = :value
""")


class FindingPeriod(NamedTuple):
    """The time of a finding within a group: from ``start`` up to, but without, ``stop``."""

    series_id: UUID
    group_key: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class FindingSummary:
    """The standing results of a period; where there is none, the latest that was withdrawn."""

    standing: int
    earliest: ScopeAnswer | None
    latest: ScopeAnswer | None
    withdrawn: ScopeAnswer | None


async def lock_groups(connection: AsyncConnection, groups: Iterable[ResultGroup]) -> None:
    """Locks groups until the transaction ends; what is read afterwards holds all that others committed before.

    On SQLite a transaction that writes has the whole database for itself.
    """
    if connection.dialect.name == "postgresql":
        # in one order: two workers with the same groups wait for each other and never deadlock
        keys = sorted({_lock_of(group) for group in groups})
        await fetch(connection, "SELECT pg_advisory_xact_lock($1, k) FROM unnest($2::int[]) k", _LOCK_SPACE, keys)


def _lock_of(group: ResultGroup) -> int:
    series_id, group_key = group
    digest = hashlib.blake2b(series_id.bytes + group_key.encode(), digest_size=4).digest()
    return int.from_bytes(digest) % _LOCKS


async def read_results(connection: AsyncConnection, keys: Sequence[ResultKey]) -> dict[ResultKey, StoredResult]:
    """Reads the results that are stored for some scopes."""
    found = await _STORED.execute(
        connection, [(series, group, *scope.position, scope.value) for series, group, scope in keys]
    )
    return {key: stored_result(key[2], rows[0]) for key, rows in zip(keys, found, strict=True) if rows}


async def read_results_of_groups(
    connection: AsyncConnection, groups: Collection[ResultGroup], since: int, until: int
) -> dict[ResultKey, StoredResult]:
    """Reads the results of some groups with times from ``since`` through ``until``."""
    columns = RULE_RESULTS.c
    query = select(*(columns[name] for name in (*_KEY, *ANSWER_COLUMNS))).where(
        among(columns.series_id, {series for series, _ in groups}, connection),
        among(columns.group_key, {group for _, group in groups}, connection),
        columns.at.between(since, until),
    )
    found: dict[ResultKey, StoredResult] = {}
    for series, group, at, uid, value, *answer in (await connection.execute(query)).all():
        scope = ResultScope((at, uid), value)
        found[series, group, scope] = stored_result(scope, answer)
    return found


async def replace_results(connection: AsyncConnection, results: Mapping[ResultKey, StoredResult]) -> None:
    """Writes results in the place of those stored."""
    ordered = sorted(results.items(), key=lambda entry: (entry[0][0].int, entry[0][1], entry[0][2]))
    await _REPLACE.execute(
        connection,
        [
            (
                series,
                group,
                *scope.position,
                scope.value,
                stored.state.value,
                stored.answer.waits_for,
                stored.answer.due_at,
                *stored.answer.decided_by,
                *stored.answer.first,
                *stored.answer.last,
                stored.answer.amount,
            )
            for (series, group, scope), stored in ordered
        ],
    )


async def delete_results(connection: AsyncConnection, keys: Collection[ResultKey]) -> None:
    """Deletes results that were pending and turned out not to hold."""
    if not keys:
        return
    ordered = sorted(keys, key=lambda key: (key[0].int, *key[1:]))
    series, groups, scopes = zip(*ordered, strict=True)
    ats, uids = zip(*(scope.position for scope in scopes), strict=True)
    values = [scope.value for scope in scopes]
    if connection.dialect.name == "postgresql":
        await fetch(connection, _DELETE_POSTGRESQL, series, groups, ats, uids, values)
        return
    await connection.execute(
        _DELETE_SQLITE,
        [
            {"series": one.hex, "grp": group, "at": at, "uid": uid.hex, "value": value}
            for one, group, at, uid, value in zip(series, groups, ats, uids, values, strict=True)
        ],
    )


async def read_due(connection: AsyncConnection, rules: Mapping[UUID, Collection[str] | None]) -> list[ResultKey]:
    """Reads pending results whose source is complete by now, a part of them if they are many.

    ``rules`` are the series of recomputed rules with the sources that each depends on; None: any.
    """
    progress = SOURCE_PROGRESS.c
    query = select(progress.source, func.max(progress.complete_until)).group_by(progress.source)
    until = {source: to_micros(time) for source, time in (await connection.execute(query)).all()}
    known = until | ({ANY_SOURCE: max(until.values())} if until else {})
    parameters = [
        (series, source, known[source])
        for series, sources in rules.items()
        for source in (until if sources is None else sources)
        if source in known
    ]
    found = await _PENDING_DUE.execute(connection, parameters)
    return [
        (series, group, ResultScope((at, uid), value))
        for (series, _, _), rows in zip(parameters, found, strict=True)
        for group, at, uid, value in rows
    ]


async def summarise(
    connection: AsyncConnection, periods: Sequence[FindingPeriod]
) -> dict[FindingPeriod, FindingSummary]:
    """Summarises the results of the periods of findings."""
    found = await _SUMMARY.execute(connection, periods)
    counts = await _COUNT.execute(connection, periods)
    summaries = {}
    for period, rows, count in zip(periods, found, counts, strict=True):
        ends = {row[0]: stored_result(ResultScope((row[1], row[2]), row[3]), row[4:]).answer for row in rows}
        summaries[period] = FindingSummary(count[0][0], ends.get("earliest"), ends.get("latest"), ends.get("withdrawn"))
    return summaries
