"""Reading what users did, from what was counted of them by day."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_api.database import DatabaseReader
from mcm_api.users.cursor import UserCursor
from mcm_api.users.schemas import UserFilter, UserInList, UserOrder, UserPage
from mcm_shared.contracts.findings import Severity
from mcm_shared.db.bulk import among
from mcm_shared.db.tables import FINDINGS, SOURCE_EVENTS, USER_DAYS
from mcm_shared.db.text_search import contains_ignoring_case
from mcm_shared.event_time import from_micros, to_micros

DAYS: Final = 30
NEWEST: Final = 500
"""Events that are counted by hour and by type: no more is counted of them beforehand."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EVENT: Final = SOURCE_EVENTS.c
_FINDING: Final = FINDINGS.c
_DAY: Final = USER_DAYS.c
_COUNT: Final = USER_DAYS.c["count"]


Activity = dict[str, Any]
"""A part of UserActivity, ready to be written as JSON."""


class _Counted(NamedTuple):
    """How many of something there are, and for findings the highest risk score."""

    key: Any
    number: int
    score: int | None


async def list_page(reader: DatabaseReader, filters: UserFilter) -> UserPage:
    """Reads a page of users, and the cursor of the next."""
    users = _users(filters).subquery()
    value, user = users.c.value, users.c.user
    query = select(users).order_by(value.desc(), user).limit(filters.limit + 1)
    if filters.before is not None:
        cursor = UserCursor.decode(filters.before)
        place = _value_of(filters.sort, cursor)
        query = query.where(or_(value < place, and_(value == place, user > cursor.user)))
    async with reader.transaction() as connection:
        rows = (await connection.execute(query)).mappings().all()
        shown = [row["user"] for row in rows[: filters.limit]]
        ends = await _ends(connection, shown)
        sources = await _sources(connection, shown)
    items = [_user(row, ends.get(row["user"], (None, None)), sources) for row in rows[: filters.limit]]
    following = None
    if len(rows) > filters.limit:
        last = rows[filters.limit - 1]
        following = UserCursor(filters.sort, _number(last["value"]), last["user"]).encode()
    return UserPage(items=items, next=following)


async def read_activity(reader: DatabaseReader, user: str) -> Activity | None:
    """Reads what a user did; None for one whom no event names."""
    parts: dict[str, list[_Counted]] = defaultdict(list)
    async with reader.transaction() as connection:
        for part, *counted in await connection.execute(_parts_of_a_user(connection.dialect.name), {"user": user}):
            parts[part].append(_Counted._make(counted))
    first, last = (
        None if key is None else datetime.fromisoformat(key).replace(tzinfo=UTC)
        for key, _, _ in (*parts.pop("first"), *parts.pop("last"))
    )
    return _activity(user, first, last, parts) if parts else None


def _activity(
    user: str, first: datetime | None, last: datetime | None, parts: Mapping[str, Sequence[_Counted]]
) -> Activity:
    by_day = {day: number for day, number, _ in parts["day"]}
    week = Counter[tuple[int, int]]()
    for key, number, _ in parts["hour"]:
        # the first day of 1970 was a Thursday, which is 3
        day, hour = divmod(int(key), 24)
        week[(day + 3) % 7, hour] += number
    severities = {Severity.of_rank(int(rank)): number for rank, number, _ in parts["finding"]}
    scores = [score for _, _, score in parts["finding"] if score is not None]
    shown = [] if last is None else [last.date() - timedelta(days=DAYS - 1 - number) for number in range(DAYS)]
    return {
        "user": user,
        "events": sum(number for _, number, _ in parts["source"]),
        "findings": sum(severities.values()),
        "severity": max(severities, key=lambda severity: severity.rank, default=None),
        "risk_score": max(scores, default=None),
        "first_seen": first,
        "last_seen": last,
        "sources": _most_first(parts["source"]),
        "event_types": _most_first(parts["type"]),
        "findings_by_severity": {severity.value: severities.get(severity, 0) for severity in Severity},
        "activity_by_day": [{"date": day, "count": by_day.get(day.isoformat(), 0)} for day in shown],
        "activity_by_hour": [
            {"weekday": day, "hour": hour, "count": count} for (day, hour), count in sorted(week.items())
        ],
    }


def _most_first(counted: Sequence[_Counted]) -> list[dict[str, Any]]:
    ordered = sorted(counted, key=lambda one: (-one.number, one.key))
    return [{"value": key, "count": number} for key, number, _ in ordered]


@cache
def _parts_of_a_user(dialect: str) -> CompoundSelect[*tuple[Any, ...]]:
    """Makes the query of all that is counted of a user: in one, since asking costs more than counting."""
    user = bindparam("user", type_=Text)
    no_number = cast(null(), Integer)
    rank = _FINDING.severity_rank
    number, events = cast(func.count(), BigInteger), cast(func.sum(_COUNT), BigInteger)
    days = select(_DAY.day, events.label("events")).where(_DAY.user == user).group_by(_DAY.day)
    days_of = days.order_by(_DAY.day.desc()).limit(DAYS).subquery()
    newest = (
        select(_EVENT.timestamp, _EVENT.event_type)
        .where(_EVENT.user == user)
        .order_by(_EVENT.timestamp.desc(), _EVENT.id.desc())
        .limit(NEWEST)
        .cte("newest")
    )
    # a week of hours at most, where a month of them would take longer to read than to count
    hour = (cast(_hours_since_1970(newest.c.timestamp, dialect), BigInteger) % (7 * 24)).label("hour")
    # made a text when it is counted: there are fewer hours than events
    hours = select(hour, number.label("events")).select_from(newest).group_by(literal_column("1")).subquery()
    first, last = (_text_in_utc(of(_EVENT.timestamp), dialect) for of in (func.min, func.max))
    return union_all(
        select(
            literal("day").label("part"), cast(days_of.c.day, Text).label("key"), days_of.c.events.label("number")
        ).add_columns(no_number.label("score")),
        select(literal("source"), _DAY.source, events, no_number).where(_DAY.user == user).group_by(_DAY.source),
        select(literal("finding"), cast(rank, Text), number, cast(func.max(_FINDING.risk_score), Integer))
        .where(_FINDING.user == user)
        .group_by(rank),
        select(literal("hour"), cast(hours.c.hour, Text), hours.c.events, no_number),
        select(literal("type"), newest.c.event_type, number, no_number).group_by(newest.c.event_type),
        select(literal("first"), first, cast(null(), BigInteger), no_number).where(_EVENT.user == user),
        select(literal("last"), last, cast(null(), BigInteger), no_number).where(_EVENT.user == user),
    )


def _text_in_utc(at: ColumnElement[datetime], dialect: str) -> ColumnElement[str]:
    return cast(func.timezone("UTC", at) if dialect == "postgresql" else at, Text)


def _hours_since_1970(at: ColumnElement[datetime], dialect: str) -> ColumnElement[Any]:
    if dialect == "postgresql":
        return func.floor(func.date_part("epoch", at) / 3600)
    return cast(func.strftime("%s", func.substr(cast(at, Text), 1, 19)), Integer) / 3600


def _users(filters: UserFilter) -> Select[*tuple[Any, ...]]:
    """Makes the query of all users that match, with the value they are ordered by."""
    nothing = cast(null(), Integer)
    counted = union_all(
        select(_DAY.user, func.sum(_COUNT).label("events"), literal(0).label("findings"))
        .add_columns(nothing.label("rank"), nothing.label("risk_score"))
        .group_by(_DAY.user),
        select(_FINDING.user, literal(0), func.count(), func.max(_FINDING.severity_rank), func.max(_FINDING.risk_score))
        .where(_FINDING.user.is_not(None))
        .group_by(_FINDING.user),
    ).subquery()
    events, findings = func.sum(counted.c.events), func.sum(counted.c.findings)
    rank, risk_score = func.max(counted.c.rank), func.max(counted.c.risk_score)
    values: dict[UserOrder, ColumnElement[Any]] = {
        UserOrder.RISK_SCORE: func.coalesce(risk_score, -1),
        UserOrder.EVENTS: events,
        UserOrder.FINDINGS: findings,
        UserOrder.LAST_SEEN: func.coalesce(
            select(func.max(_EVENT.timestamp)).where(_EVENT.user == counted.c.user).scalar_subquery(),
            _EPOCH,
            type_=_EVENT.timestamp.type,
        ),
    }
    query = (
        select(counted.c.user, events.label("events"), findings.label("findings"))
        .add_columns(rank.label("rank"), risk_score.label("risk_score"), values[filters.sort].label("value"))
        .group_by(counted.c.user)
    )
    return query if filters.q is None else query.where(contains_ignoring_case(counted.c.user, filters.q))


def _value_of(sort: UserOrder, cursor: UserCursor) -> Any:
    if sort is UserOrder.LAST_SEEN:
        return literal(from_micros(cursor.value), _EVENT.timestamp.type)
    return cursor.value


def _number(value: Any) -> int:
    return to_micros(value) if isinstance(value, datetime) else int(value)


def _user(row: Any, ends: tuple[datetime | None, datetime | None], sources: Mapping[str, list[str]]) -> UserInList:
    return UserInList(
        user=row["user"],
        events=int(row["events"]),
        findings=int(row["findings"]),
        severity=None if row["rank"] is None else Severity.of_rank(row["rank"]),
        risk_score=row["risk_score"],
        first_seen=ends[0],
        last_seen=ends[1],
        sources=sources.get(row["user"], []),
    )


async def _ends(
    connection: AsyncConnection, users: Sequence[str]
) -> dict[str, tuple[datetime | None, datetime | None]]:
    """Reads the first and the latest time of each user's events: two probes of an index for each."""
    name = select(_DAY.user).where(among(_DAY.user, users, connection)).distinct().subquery().c.user
    first, last = (
        select(of(_EVENT.timestamp)).where(_EVENT.user == name).scalar_subquery() for of in (func.min, func.max)
    )
    return {user: (begin, end) for user, begin, end in await connection.execute(select(name, first, last))}


async def _sources(connection: AsyncConnection, users: Sequence[str]) -> dict[str, list[str]]:
    query = select(_DAY.user, _DAY.source).where(among(_DAY.user, users, connection)).distinct()
    sources: dict[str, list[str]] = {}
    for user, source in (await connection.execute(query.order_by(_DAY.user, _DAY.source))).all():
        sources.setdefault(user, []).append(source)
    return sources
