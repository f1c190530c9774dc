"""Activity of one user: totals from the roll-ups, hours and types of each day counted once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Text, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_api.database import DatabaseReader
from mcm_api.users.activity_cache import ActivityCache, DayActivity
from mcm_shared.contracts.findings import Severity
from mcm_shared.db.suppression import ActiveExceptions
from mcm_shared.db.tables import FINDINGS, SOURCE_EVENTS, USER_DAYS, USER_TOTALS
from mcm_shared.event_time import EPOCH

DAYS: Final = 30

_EVENT: Final = SOURCE_EVENTS.c
_FINDING: Final = FINDINGS.c
_DAY: Final = USER_DAYS.c
_HOUR: Final = timedelta(hours=1)
_MAX_RUNS: Final = 20

Activity = dict[str, Any]
"""The fields of UserActivity, ready to be written as JSON."""


async def read_activity(reader: DatabaseReader, cache: ActivityCache, user: str) -> Activity | None:
    """Reads the activity of a user; None for one that no event and no finding names."""
    async with reader.transaction() as connection:
        by_day, by_source = await _counts(connection, user)
        first, last = await _ends(connection, user)
        findings = await _findings(connection, user, await reader.cache.active_exceptions(connection))
        changed = cache.changed_days(user, by_day)
        counted = await _count_days(connection, user, changed) if changed else {}
    if not by_day and not findings:
        return None
    days = cache.update(user, by_day, counted)
    return _activity(user, (first, last), by_day, by_source, days, findings)


async def _counts(connection: AsyncConnection, user: str) -> tuple[dict[date, int], Counter[str]]:
    query = (
        select(_DAY.day, _DAY.source, func.sum(_DAY["count"])).where(_DAY.user == user).group_by(_DAY.day, _DAY.source)
    )
    by_day, by_source = Counter[date](), Counter[str]()
    for day, source, number in await connection.execute(query):
        by_day[day] += int(number)
        by_source[source] += int(number)
    return dict(by_day), by_source


async def _ends(connection: AsyncConnection, user: str) -> tuple[datetime | None, datetime | None]:
    total = USER_TOTALS.c
    query = select(func.min(total.first_at), func.max(total.last_at)).where(total.user == user)
    first, last = (await connection.execute(query)).one()
    return first, last


async def _findings(
    connection: AsyncConnection, user: str, active: ActiveExceptions
) -> list[tuple[Severity, int, int | None]]:
    rank = _FINDING.severity_rank
    of_user = (_FINDING.user == user, active.visible)
    query = select(rank, func.count(), func.max(_FINDING.risk_score)).where(*of_user).group_by(rank)
    return [(Severity.of_rank(row[0]), row[1], row[2]) for row in await connection.execute(query)]


async def _count_days(connection: AsyncConnection, user: str, days: Sequence[date]) -> dict[date, DayActivity]:
    """Counts the events of days by hour and type, from the index of a user's events."""
    at = _EVENT.timestamp
    periods = [(at >= start) & (at < end) for start, end in _runs(days)]
    hour = _hours_since_1970(at, connection.dialect.name).label("hour")
    query = select(hour, _EVENT.event_type, func.count()).where(_EVENT.user == user, or_(*periods))
    hours: dict[date, Counter[int]] = {}
    types: dict[date, Counter[str]] = {}
    for number, event_type, count in await connection.execute(query.group_by(hour, _EVENT.event_type)):
        start = EPOCH + int(number) * _HOUR
        hours.setdefault(start.date(), Counter())[start.hour] += count
        types.setdefault(start.date(), Counter())[event_type] += count
    return {day: DayActivity(hours[day].total(), hours[day], types[day]) for day in hours}


def _runs(days: Sequence[date]) -> list[tuple[datetime, datetime]]:
    """Joins days to periods; to one of all of them where they are many."""
    starts = [datetime.combine(day, datetime.min.time(), EPOCH.tzinfo) for day in sorted(days)]
    runs: list[tuple[datetime, datetime]] = []
    for start in starts:
        end = _day_after(start)
        if runs and runs[-1][1] == start:
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    return runs if len(runs) <= _MAX_RUNS else [(runs[0][0], runs[-1][1])]


def _day_after(start: datetime) -> datetime:
    try:
        return start + timedelta(days=1)
    except OverflowError:
        return datetime.max.replace(tzinfo=EPOCH.tzinfo)


def _hours_since_1970(at: ColumnElement[datetime], dialect: str) -> ColumnElement[Any]:
    if dialect == "postgresql":
        return func.floor(func.date_part("epoch", at) / 3600)
    return cast(func.strftime("%s", func.substr(cast(at, Text), 1, 19)), Integer) / 3600


def _activity(
    user: str,
    ends: tuple[datetime | None, datetime | None],
    by_day: Mapping[date, int],
    by_source: Counter[str],
    days: Mapping[date, DayActivity],
    findings: Sequence[tuple[Severity, int, int | None]],
) -> Activity:
    first, last = ends
    severities = {severity: number for severity, number, _ in findings}
    scores = [score for _, _, score in findings if score is not None]
    week, types = Counter[tuple[int, int]](), Counter[str]()
    for day, activity in days.items():
        types.update(activity.types)
        for hour, number in activity.hours.items():
            week[day.weekday(), hour] += number
    shown = [] if last is None else [last.date() - timedelta(days=DAYS - 1 - number) for number in range(DAYS)]
    return {
        "user": user,
        "events": by_source.total(),
        "findings": sum(severities.values()),
        "severity": max(severities, key=lambda severity: severity.rank, default=None),
        "risk_score": max(scores, default=None),
        "first_seen": first,
        "last_seen": last,
        "sources": _descending(by_source),
        "event_types": _descending(types),
        "findings_by_severity": {severity.value: severities.get(severity, 0) for severity in Severity},
        "activity_by_day": [{"date": day, "count": by_day.get(day, 0)} for day in shown],
        "activity_by_hour": [
            {"weekday": weekday, "hour": hour, "count": count} for (weekday, hour), count in sorted(week.items())
        ],
    }


def _descending(counts: Counter[str]) -> list[dict[str, Any]]:
    return [
        {"value": key, "count": number} for key, number in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    ]
