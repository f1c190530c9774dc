"""Reading of a user's profile, scores and risk."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_api.database import DatabaseReader
from mcm_api.identity.restriction import current_restriction
from mcm_api.users.profile.risk import MEMORY, POINTS, Added, risk_until
from mcm_api.users.profile.schemas import (
    BehaviourProfile,
    ExplainedDay,
    ProfileState,
    ScoredDay,
    UsualHour,
    UsualValue,
    UsualValues,
)
from mcm_rules_engine import (
    HISTORY,
    LEARNING_DAYS,
    LEARNING_EVENTS,
    THRESHOLDS,
    Feature,
    canonical_user,
    read_values,
)
from mcm_shared.contracts.findings import Severity
from mcm_shared.db.profile_tables import PROFILE_DAYS, PROFILE_SCORES, PROFILE_VALUES
from mcm_shared.db.suppression import ActiveExceptions
from mcm_shared.db.tables import EVENT_DAYS, FINDINGS

_WITHHELD: Final = "Profiles count the events of all sources; your access is restricted to some of them."
_DAY: Final = timedelta(days=1)
_WEEKS: Final = timedelta(weeks=8)
_NEW: Final = timedelta(days=7)
_MAX_VALUES: Final = 50
_MEASURES: Final = {measure.value: threshold for measure, threshold in THRESHOLDS.items()}


class _Day(NamedTuple):
    day: date
    events: int
    failures: int
    values: frozenset[tuple[Feature, str]]


async def read_profile(reader: DatabaseReader, user: str, day: date | None, today: date) -> BehaviourProfile:
    """Reads the profile of a user, with the counts behind the scores of ``day``; ``today`` bounds the risk."""
    name = canonical_user(user)
    async with reader.transaction() as connection:
        active = await reader.cache.active_exceptions(connection)
        until = (await connection.execute(_last_day(name))).scalar_one()
        days = [] if until is None else await _days(connection, name, until)
        scores = [] if until is None else await _scores(connection, name, until)
        shown = day or _shown_day(scores)
        evidence = None if shown is None else await _evidence(connection, name, shown)
        end = min(today, max(filter(None, (until, await _last_event_day(connection))), default=today))
        added = [*await _findings(connection, user, end, active), *await _unusual(connection, name, end)]
    events = sum(one.events for one in days)
    known = len(days) >= LEARNING_DAYS and events >= LEARNING_EVENTS
    state = ProfileState.KNOWN if known else ProfileState.LEARNING
    withheld = not current_restriction().is_none
    return BehaviourProfile(
        user=user,
        state=ProfileState.WITHHELD if withheld else state,
        withheld=_WITHHELD if withheld else None,
        since=until and until - HISTORY + _DAY,
        until=until,
        active_days=len(days),
        events=events,
        needed_days=LEARNING_DAYS,
        needed_events=LEARNING_EVENTS,
        hours=_hours(days),
        features=_features(days, until),
        thresholds=_MEASURES,
        scores=_scored_days(days, scores),
        explained=evidence,
        risk=risk_until(end, added),
    )


def _last_day(name: str) -> Any:
    return select(func.max(PROFILE_DAYS.c.day)).where(PROFILE_DAYS.c.user == name)


async def _last_event_day(connection: AsyncConnection) -> date | None:
    day: date | None = (await connection.execute(select(func.max(EVENT_DAYS.c.day)))).scalar_one()
    return day


async def _days(connection: AsyncConnection, name: str, until: date) -> list[_Day]:
    since = until - HISTORY + _DAY
    columns, stored = PROFILE_DAYS.c, PROFILE_VALUES.c
    query = select(columns.day, columns.events, columns.failures, columns.pending)
    events, failures = Counter[date](), Counter[date]()
    values: dict[date, set[tuple[Feature, str]]] = defaultdict(set)
    for row in await connection.execute(query.where(columns.user == name, columns.day.between(since, until))):
        events[row.day] += row.events
        failures[row.day] += row.failures
        values[row.day] |= read_values(row.pending)
    counted = select(stored.day, stored.features).where(stored.user == name, stored.day.between(since, until))
    for day, features in await connection.execute(counted):
        values[day] |= read_values(features)
    return [_Day(day, events[day], failures[day], frozenset(values[day])) for day in sorted(events)]


async def _scores(connection: AsyncConnection, name: str, until: date) -> Sequence[Any]:
    columns = PROFILE_SCORES.c
    query = select(columns.day, columns.login, columns.activity, columns.volume)
    of_user = query.where(columns.user == name, columns.day.between(until - HISTORY + _DAY, until))
    return (await connection.execute(of_user.order_by(columns.day))).all()


def _shown_day(scores: Sequence[Any]) -> date | None:
    unusual = [row.day for row in scores if _unusual_measures(row)]
    return max(unusual, default=max((row.day for row in scores), default=None))


def _unusual_measures(row: Any) -> list[str]:
    return [name for name, threshold in _MEASURES.items() if getattr(row, name) >= threshold]


async def _evidence(connection: AsyncConnection, name: str, day: date) -> ExplainedDay | None:
    columns = PROFILE_SCORES.c
    query = select(columns.evidence).where(columns.user == name, columns.day == day)
    evidence = (await connection.execute(query)).scalar_one_or_none()
    if evidence is None:
        return None
    monday = day - timedelta(days=day.weekday())
    periods = {"history_since": day - HISTORY, "weeks_since": monday - _WEEKS, "weeks_until": monday}
    return ExplainedDay(date=day, **periods, **evidence)


async def _findings(connection: AsyncConnection, user: str, end: date, active: ActiveExceptions) -> list[Added]:
    columns = FINDINGS.c
    # stored with the offset that the session of the database has
    in_utc = func.timezone("UTC", columns.first_seen)
    day = cast(func.date(in_utc if connection.dialect.name == "postgresql" else columns.first_seen), Text)
    by = (day, columns.rule_name, columns.title, columns.severity_rank)
    since = datetime.combine(end - MEMORY, datetime.min.time(), UTC)
    query = select(*by, func.count()).where(columns.user == user, columns.first_seen >= since, active.visible)
    added = []
    for text, rule_name, title, rank, count in await connection.execute(query.group_by(*by)):
        severity = Severity.of_rank(rank)
        added.append(Added(date.fromisoformat(text), rule_name, title, severity, count, count * POINTS[severity]))
    return added


async def _unusual(connection: AsyncConnection, name: str, end: date) -> list[Added]:
    columns = PROFILE_SCORES.c
    query = select(columns.day, columns.login, columns.activity, columns.volume)
    rows = await connection.execute(query.where(columns.user == name, columns.day > end - MEMORY, columns.day <= end))
    return [
        Added(row.day, None, f"Unusual {' and '.join(unusual)}", None, 1, max(getattr(row, name) for name in unusual))
        for row in rows
        if (unusual := _unusual_measures(row))
    ]


def _hours(days: Sequence[_Day]) -> list[UsualHour]:
    hours = Counter(
        (one.day.weekday(), int(value)) for one in days for feature, value in one.values if feature is Feature.HOUR
    )
    return [UsualHour(weekday=weekday, hour=hour, days=count) for (weekday, hour), count in sorted(hours.items())]


def _features(days: Sequence[_Day], until: date | None) -> list[UsualValues]:
    if until is None:
        return []
    seen: dict[Feature, dict[str, list[date]]] = {feature: {} for feature in Feature if feature is not Feature.HOUR}
    for one in days:
        for feature, value in one.values:
            if feature in seen:
                seen[feature].setdefault(value, []).append(one.day)
    new_from = until - _NEW + _DAY
    was_active = bool(days) and days[0].day < new_from
    return [
        UsualValues(feature=feature.value, distinct=len(values), values=_usual(values, new_from, was_active=was_active))
        for feature, values in seen.items()
        if values
    ]


def _usual(values: Mapping[str, list[date]], new_from: date, *, was_active: bool) -> list[UsualValue]:
    usual = [
        UsualValue(value=value, days=len(on), first_day=on[0], last_day=on[-1], new=was_active and on[0] >= new_from)
        for value, on in values.items()
    ]
    return sorted(usual, key=lambda one: (not one.new, -one.days, one.value))[:_MAX_VALUES]


def _scored_days(days: Sequence[_Day], scores: Sequence[Any]) -> list[ScoredDay]:
    of_day = {row.day: row for row in scores}
    return [
        ScoredDay(
            date=one.day,
            events=one.events,
            failures=one.failures,
            **{name: getattr(of_day[one.day], name) if one.day in of_day else None for name in _MEASURES},
            unusual=_unusual_measures(of_day[one.day]) if one.day in of_day else [],
        )
        for one in days
    ]
