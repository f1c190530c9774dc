"""What is scored of behaviour profiles: the days that changes touch, their histories, and the scores."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from operator import itemgetter
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import BigInteger, Date, Text, select, text
from sqlalchemy.types import TypeEngine

from mcm_rules_engine.correlation.protocol import Position
from mcm_rules_engine.profiles.features import Feature, Value, read_values, write_values
from mcm_rules_engine.profiles.history import HISTORY, WEEKS, ProfileDay, Totals, week_of
from mcm_rules_engine.profiles.score import LEARNING_DAYS, Scores
from mcm_rules_engine.store.lateral import LateralQuery
from mcm_rules_engine.store.profiles import new_touch
from mcm_rules_engine.store.tumbling import position_of_text
from mcm_shared.db.bulk import BulkInsert, among
from mcm_shared.db.engine import AsyncConnection, fetch
from mcm_shared.db.profile_tables import PROFILE_DAYS, PROFILE_SCORES, PROFILE_TOTALS, PROFILE_VALUES, PROFILE_WEEKS

_SPAN: Final[Mapping[str, TypeEngine[Any]]] = {"usr": Text(), "since": Date(), "until": Date()}
_OF_SPAN: Final = 'p."user" = r.usr AND p.day BETWEEN r.since AND r.until'

_DAYS: Final = LateralQuery(
    f"""SELECT p.day, sum(p.events) AS events, sum(p.failures) AS failures, min(p.first) AS first, max(p.last) AS last
        FROM profile_days p WHERE {_OF_SPAN} GROUP BY p.day""",  # noqa: S608 (our own text)
    _SPAN,
    {"day": Date(), "events": BigInteger(), "failures": BigInteger(), "first": Text(), "last": Text()},
)
_VALUES: Final = LateralQuery(
    f"SELECT p.day, p.features FROM profile_values p WHERE {_OF_SPAN}",  # noqa: S608 (our own text)
    _SPAN,
    {"day": Date(), "features": Text()},
)
_TOTALS: Final = LateralQuery(
    """SELECT t.feature, t.value, sum(t.count) AS count FROM profile_totals t
       WHERE t.week >= r.since AND t.week < r.until GROUP BY t.feature, t.value""",
    {"since": Date(), "until": Date()},
    {"feature": Text(), "value": Text(), "count": BigInteger()},
)
_COUNTS: Final = LateralQuery(
    "SELECT w.week, w.count FROM profile_weeks w WHERE w.week >= r.since AND w.week < r.until",
    {"since": Date(), "until": Date()},
    {"week": Date(), "count": BigInteger()},
)

_CLEAR_POSTGRESQL: Final = """
WITH scored AS (
    SELECT p."user", p.day, p.shard FROM profile_days p
    JOIN unnest($1::text[], $2::date[], $3::smallint[], $4::bigint[]) AS r(usr, day, shard, touched)
        ON p."user" = r.usr AND p.day = r.day AND p.shard = r.shard AND p.touched = r.touched
    ORDER BY p."user", p.day, p.shard FOR UPDATE OF p)
UPDATE profile_days p SET touched = 0, pending = '' FROM scored s
WHERE p."user" = s."user" AND p.day = s.day AND p.shard = s.shard
"""
_CLEAR_SQLITE: Final = text("""
UPDATE profile_days SET touched = 0, pending = '' WHERE ("user", day, shard, touched) IN (
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
           json_extract(value, '$[3]') FROM json_each(:rows))
""")
_REPLACE: Final = BulkInsert(
    PROFILE_SCORES,
    ("user", "day", "login", "activity", "volume"),
    conflict='("user", day) DO UPDATE SET '
    "login = excluded.login, activity = excluded.activity, volume = excluded.volume",
)


_GROW_VALUES: Final = BulkInsert(
    PROFILE_VALUES, ("user", "day", "features"), conflict='("user", day) DO UPDATE SET features = excluded.features'
)
_ADD_TOTALS: Final = BulkInsert(
    PROFILE_TOTALS,
    ("week", "feature", "value", "count"),
    conflict="(week, feature, value) DO UPDATE SET count = profile_totals.count + excluded.count",
)
_ADD_WEEKS: Final = BulkInsert(
    PROFILE_WEEKS,
    ("week", "count", "touched"),
    conflict="(week) DO UPDATE SET count = profile_weeks.count + excluded.count, touched = excluded.touched",
)


class Touch(NamedTuple):
    """A row of a user's day that a change touched, and the values that are not counted yet."""

    user: str
    day: date
    shard: int
    touched: int
    pending: str


@dataclass(slots=True)
class StoredDay:
    """A day of a user as it is stored, with the positions of its first and last event."""

    profile: ProfileDay
    first: Position
    last: Position


async def read_touched(connection: AsyncConnection, after: str, limit: int) -> list[Touch]:
    """Reads what is touched of the next users by name, of at most ``limit`` of them."""
    columns = PROFILE_DAYS.c
    next_users = (
        select(columns.user)
        .where(columns.touched != 0, columns.user > after)
        .distinct()
        .order_by(columns.user)
        .limit(limit)
    )
    users = list((await connection.execute(next_users)).scalars())
    if not users:
        return []
    names = (columns.user, columns.day, columns.shard, columns.touched, columns.pending)
    query = select(*names).where(columns.touched != 0, among(columns.user, users, connection))
    return [Touch(*row) for row in (await connection.execute(query)).all()]


async def clear_touched(connection: AsyncConnection, scored: Collection[Touch]) -> None:
    """Notes that days are scored, but for those that were touched again since they were read."""
    if connection.dialect.name == "postgresql":
        users, days, shards, touched, _ = zip(*sorted(scored, key=lambda one: one[:3]), strict=True)
        await fetch(connection, _CLEAR_POSTGRESQL, users, days, shards, touched)
        return
    rows = [(one.user, one.day.isoformat(), one.shard, one.touched) for one in scored]
    await connection.execute(_CLEAR_SQLITE, {"rows": orjson.dumps(rows).decode()})


async def count_values(connection: AsyncConnection, touched: Sequence[Touch]) -> int:
    """Adds the pending values of days to the days and to everyone's totals, each once, and touches the weeks.

    Returns how many days have new ones. Under the lock of the scorers, so that no two count the same value.
    """
    pending: dict[tuple[str, date], set[Value]] = {}
    for one in touched:
        if one.pending:
            pending.setdefault((one.user, one.day), set()).update(read_values(one.pending))
    known = await _known_values(connection, pending)
    grown: list[tuple[str, date, str]] = []
    weeks: dict[date, Counter[Value]] = {}
    for (user, day), values in sorted(pending.items()):
        stored = known.get((user, day), set())
        new = values - stored
        if new:
            grown.append((user, day, write_values(values | stored)))
            weeks.setdefault(week_of(day), Counter()).update(new)
    touch = new_touch()
    await _GROW_VALUES.execute(connection, grown)
    rows = [(week, *value, count) for week in sorted(weeks) for value, count in sorted(weeks[week].items())]
    await _ADD_TOTALS.execute(connection, rows)
    await _ADD_WEEKS.execute(connection, [(week, weeks[week].total(), touch) for week in sorted(weeks)])
    return len(grown)


async def _known_values(
    connection: AsyncConnection, keys: Collection[tuple[str, date]]
) -> dict[tuple[str, date], set[Value]]:
    if not keys:
        return {}
    columns, days = PROFILE_VALUES.c, [day for _, day in keys]
    query = select(columns.user, columns.day, columns.features).where(
        among(columns.user, {user for user, _ in keys}, connection), columns.day.between(min(days), max(days))
    )
    found = (await connection.execute(query)).all()
    return {(user, day): read_values(features) for user, day, features in found if (user, day) in keys}


async def read_days(
    connection: AsyncConnection, spans: Mapping[str, tuple[date, date]]
) -> dict[str, dict[date, StoredDay]]:
    """Reads the days of users from 60 days before a first one through a last one, but of users who are learning."""
    rows = [(user, first - HISTORY, last) for user, (first, last) in spans.items()]
    found: dict[str, dict[date, StoredDay]] = {}
    for user, days in zip(spans, await _DAYS.execute(connection, rows), strict=True):
        # of a user who is still learning no day is scored
        if len(days) > LEARNING_DAYS:
            found[user] = {
                day: StoredDay(
                    ProfileDay(set(), int(events), int(failures)), position_of_text(first), position_of_text(last)
                )
                for day, events, failures, first, last in sorted(days, key=itemgetter(0))
            }
    rows = [row for row in rows if row[0] in found]
    for row, values in zip(rows, await _VALUES.execute(connection, rows), strict=True):
        of_user = found[row[0]]
        for day, features in values:
            of_user[day].profile.values = read_values(features)
    return found


class WeeklyTotals:
    """Everyone's sums over the weeks before a week, cached while the counts of those weeks are the same."""

    def __init__(self) -> None:
        self._cached: dict[date, tuple[dict[date, int], Totals]] = {}

    async def read(self, connection: AsyncConnection, weeks: Collection[date]) -> dict[date, Totals]:
        """Reads the sums over the weeks before each of some weeks."""
        ordered = sorted(weeks)
        spans = [(week - timedelta(weeks=WEEKS), week) for week in ordered]
        # first: totals that change afterwards have other counts the next time
        counts = [{week: int(count) for week, count in rows} for rows in await _COUNTS.execute(connection, spans)]
        current = dict(zip(ordered, counts, strict=True))
        missing = [week for week in ordered if self._cached.get(week, (None,))[0] != current[week]]
        totals = await _TOTALS.execute(connection, [(week - timedelta(weeks=WEEKS), week) for week in missing])
        for week, rows in zip(missing, totals, strict=True):
            self._cached[week] = (current[week], _totals_of(rows))
        result = {week: self._cached[week][1] for week in ordered}
        for week in sorted(self._cached.keys() - current.keys())[: max(0, len(self._cached) - 4 * WEEKS)]:
            del self._cached[week]
        return result


def _totals_of(rows: Sequence[Sequence[Any]]) -> Totals:
    totals = Totals()
    for name, value, count in rows:
        feature = Feature(name)
        totals.values[feature, value] = int(count)
        totals.totals[feature] += int(count)
        totals.distinct[feature] += 1
    return totals


async def replace_scores(connection: AsyncConnection, scores: Mapping[tuple[str, date], Scores]) -> None:
    """Writes the scores of days in the place of those stored."""
    await _REPLACE.execute(connection, [(*key, *found) for key, found in sorted(scores.items())])
