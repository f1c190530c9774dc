"""Weeks of everyone's counts that changed, and the touching of the days whose scores depend on them."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import select, text, update

from mcm_rules_engine.profiles.history import WEEKS
from mcm_rules_engine.store.profiles import new_touch
from mcm_shared.db.bulk import among
from mcm_shared.db.engine import AsyncConnection, fetch
from mcm_shared.db.profile_tables import PROFILE_DAYS, PROFILE_WEEKS

_TOUCHED_AT_ONCE: Final = 5000

# locked in the order in which batches lock them; a day without a score is touched or of a user who is learning, and
# then everyone's counts do not matter
_NEXT_DAYS: Final = """SELECT p."user", p.day, p.shard FROM profile_days p
    WHERE p.day >= {since} AND p.day < {until} AND p.touched = 0
    AND (p."user", p.day, p.shard) > ({usr}, {day}, {shard})
    AND EXISTS (SELECT 1 FROM profile_scores s WHERE s."user" = p."user" AND s.day = p.day)
    ORDER BY p."user", p.day, p.shard LIMIT {limit}"""
_TOUCH_POSTGRESQL: Final = f"""
WITH next AS ({_NEXT_DAYS.format(since="$1", until="$2", usr="$3", day="$4", shard="$5", limit="$6")} FOR UPDATE OF p)
UPDATE profile_days p SET touched = $7 FROM next n
WHERE p."user" = n."user" AND p.day = n.day AND p.shard = n.shard RETURNING p."user", p.day, p.shard
"""  # noqa: S608 (our own text)
_TOUCH_SQLITE: Final = (
    text(f"""
UPDATE profile_days SET touched = :touched WHERE ("user", day, shard) IN (
    {_NEXT_DAYS.format(since=":since", until=":until", usr=":usr", day=":day", shard=":shard", limit=":limit")})
RETURNING "user", day, shard""")  # noqa: S608 (our own text)
    .bindparams()
    .columns(PROFILE_DAYS.c.user, PROFILE_DAYS.c.day, PROFILE_DAYS.c.shard)
)


class TouchedWeek(NamedTuple):
    """A week that changed, and the touch that was read."""

    week: date
    touched: int


async def read_touched_weeks(connection: AsyncConnection) -> list[TouchedWeek]:
    """Reads the weeks whose counts have changed since the days after them were touched."""
    weeks = PROFILE_WEEKS.c
    query = select(weeks.week, weeks.touched).where(weeks.touched != 0).order_by(weeks.week)
    return [TouchedWeek(*row) for row in (await connection.execute(query)).all()]


def spans_after(weeks: Iterable[TouchedWeek]) -> list[tuple[date, date]]:
    """Joins the days whose scores depend on weeks, given in order: to first days, and the days after the last."""
    spans: list[tuple[date, date]] = []
    for one in weeks:
        since, until = one.week + timedelta(weeks=1), one.week + timedelta(weeks=WEEKS + 1)
        if spans and since <= spans[-1][1]:
            since = spans.pop()[0]
        spans.append((since, until))
    return spans


async def touch_days(
    connection: AsyncConnection, since: date, until: date, after: tuple[str, date, int] = ("", date.min, 0)
) -> tuple[str, date, int] | None:
    """Touches the next days of a span that have scores; returns the last of them, None when none is left.

    A part of the days at once, so that no batch waits for long. Under the lock of the scorers: a day that is touched
    already is scored by the counts that are read after it.
    """
    usr, day, shard = after
    rows: Sequence[Any]
    touched = new_touch()
    if connection.dialect.name == "postgresql":
        rows = await fetch(connection, _TOUCH_POSTGRESQL, since, until, *after, _TOUCHED_AT_ONCE, touched)
    else:
        values: dict[str, Any] = {"since": since.isoformat(), "until": until.isoformat()}
        values |= {"usr": usr, "day": day.isoformat(), "shard": shard, "limit": _TOUCHED_AT_ONCE}
        values |= {"touched": touched}
        rows = (await connection.execute(_TOUCH_SQLITE, values)).all()
    return max((row[0], row[1], row[2]) for row in rows) if len(rows) == _TOUCHED_AT_ONCE else None


async def clear_touched_weeks(connection: AsyncConnection, read: Sequence[TouchedWeek]) -> None:
    """Notes that the days after weeks are touched, but for changes since the weeks were read."""
    weeks = PROFILE_WEEKS.c
    is_same = among(weeks.week, [one.week for one in read], connection) & among(
        weeks.touched, [one.touched for one in read], connection
    )
    await connection.execute(update(PROFILE_WEEKS).where(is_same).values(touched=0))
