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
    History,
    ProfileDay,
    Totals,
    alike,
    canonical_user,
    counts_of,
    read_values,
    weeks_of_everyone,
)
from mcm_shared.contracts.findings import Severity
from mcm_shared.db.bulk import among
from mcm_shared.db.profile_tables import PROFILE_DAYS, PROFILE_SCORES, PROFILE_TOTALS, PROFILE_VALUES
from mcm_shared.db.suppression import ActiveExceptions
from mcm_shared.db.tables import EVENT_DAYS, FINDINGS

_WITHHELD: Final = "Profiles count the events of all sources; your access is restricted to some of them."
_DAY: Final = timedelta(days=1)
_NEW: Final = timedelta(days=7)
_MAX_VALUES: Final = 50
_MEASURES: Final = {measure.value: threshold for measure, threshold in THRESHOLDS.items()}


class _Day(NamedTuple):
    day: date
    profile: ProfileDay


async def read_profile(reader: DatabaseReader, user: str, day: date | None, today: date) -> BehaviourProfile:
    """Reads the profile of a user, with the counts behind the scores of ``day``; ``today`` bounds the risk."""
    name = canonical_user(user)
    async with reader.transaction() as connection:
        active = await reader.cache.active_exceptions(connection)
        until = (await connection.execute(_last_day(name))).scalar_one()
        days = [] if until is None else await _days(connection, name, until - HISTORY + _DAY, until)
        scores = [] if until is None else await _scores(connection, name, until)
        shown = day or _shown_day(scores)
        explained = None if shown is None else await _explained(connection, name, shown)
        end = min(today, max(filter(None, (until, await _last_event_day(connection))), default=today))
        added = [*await _findings(connection, user, end, active), *await _unusual(connection, name, end)]
    events = sum(one.profile.events for one in days)
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
        explained=explained,
        risk=risk_until(end, added),
    )


def _last_day(name: str) -> Any:
    return select(func.max(PROFILE_DAYS.c.day)).where(PROFILE_DAYS.c.user == name)


async def _last_event_day(connection: AsyncConnection) -> date | None:
    day: date | None = (await connection.execute(select(func.max(EVENT_DAYS.c.day)))).scalar_one()
    return day


async def _days(connection: AsyncConnection, name: str, since: date, until: date) -> list[_Day]:
    columns, stored = PROFILE_DAYS.c, PROFILE_VALUES.c
    days: dict[date, ProfileDay] = defaultdict(ProfileDay)
    query = select(columns.day, columns.events, columns.failures, columns.pending)
    for row in await connection.execute(query.where(columns.user == name, columns.day.between(since, until))):
        days[row.day].events += row.events
        days[row.day].failures += row.failures
        days[row.day].values |= read_values(row.pending)
    counted = select(stored.day, stored.features).where(stored.user == name, stored.day.between(since, until))
    for day, features in await connection.execute(counted):
        days[day].values |= read_values(features)
    return [_Day(day, days[day]) for day in sorted(days)]


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


async def _explained(connection: AsyncConnection, name: str, day: date) -> ExplainedDay | None:
    """Counts what the scores of a day are computed from; None for a day without events, or while learning."""
    days = await _days(connection, name, day - HISTORY, day)
    if not days or days[-1].day != day:
        return None
    history = History()
    for one in days[:-1]:
        history.add(one.day, one.profile)
    since, until = weeks_of_everyone(day)
    everyone = await _everyone(connection, since, until, days[-1].profile)
    score = history.score(day, days[-1].profile, everyone)
    if score is None:
        return None
    periods = {"history_since": day - HISTORY, "weeks_since": since, "weeks_until": until}
    return ExplainedDay(date=day, **periods, **counts_of(score))


async def _everyone(connection: AsyncConnection, since: date, until: date, shown: ProfileDay) -> Totals:
    """Reads everyone's sums of some weeks: of each feature, and of the values that a day is compared by."""
    columns = PROFILE_TOTALS.c
    in_weeks = (columns.week >= since, columns.week < until)
    of_feature = select(columns.feature, func.sum(columns["count"]), func.count(columns.value.distinct()))
    totals = Totals()
    for feature, count, distinct in await connection.execute(of_feature.where(*in_weeks).group_by(columns.feature)):
        totals.totals[Feature(feature)], totals.distinct[Feature(feature)] = int(count), distinct
    values = {other[1] for value in shown.values for other in alike(value)}
    by_value = (columns.feature, columns.value)
    of_values = select(*by_value, func.sum(columns["count"])).where(among(columns.value, values, connection), *in_weeks)
    for feature, value, count in await connection.execute(of_values.group_by(*by_value)):
        totals.values[Feature(feature), value] = int(count)
    return totals


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
        (one.day.weekday(), int(value))
        for one in days
        for feature, value in one.profile.values
        if feature is Feature.HOUR
    )
    return [UsualHour(weekday=weekday, hour=hour, days=count) for (weekday, hour), count in sorted(hours.items())]


def _features(days: Sequence[_Day], until: date | None) -> list[UsualValues]:
    if until is None:
        return []
    seen: dict[Feature, dict[str, list[date]]] = {feature: {} for feature in Feature if feature is not Feature.HOUR}
    for one in days:
        for feature, value in one.profile.values:
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
            events=one.profile.events,
            failures=one.profile.failures,
            **{name: getattr(of_day[one.day], name) if one.day in of_day else None for name in _MEASURES},
            unusual=_unusual_measures(of_day[one.day]) if one.day in of_day else [],
        )
        for one in days
    ]
