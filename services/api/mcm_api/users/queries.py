"""Reading what users did, from what was counted of them by day."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Select, Text, and_, cast, func, literal, or_, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_api.queries import Reader
from mcm_api.users.cursor import UserCursor
from mcm_api.users.schemas import UserFilter, UserInList, UserOrder, UserPage
from mcm_shared.contracts.findings import Severity
from mcm_shared.db.bulk import among
from mcm_shared.db.tables import FINDINGS, SOURCE_EVENTS, USER_DAYS

DAYS: Final = 30
NEWEST_BY_HOUR: Final = 2_000
NEWEST_BY_TYPE: Final = 1_000

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EVENT: Final = SOURCE_EVENTS.c
_FINDING: Final = FINDINGS.c
_DAY: Final = USER_DAYS.c
_COUNT: Final = USER_DAYS.c["count"]


Activity = dict[str, Any]
"""A part of UserActivity, ready to be written as JSON."""


async def list_page(reader: Reader, wanted: UserFilter) -> UserPage:
    """Reads a page of users, and the cursor of the next."""
    users = _users(wanted).subquery()
    value, user = users.c.value, users.c.user
    query = select(users).order_by(value.desc(), user).limit(wanted.limit + 1)
    if wanted.before is not None:
        cursor = UserCursor.decode(wanted.before)
        place = _value_of(wanted.sort, cursor)
        query = query.where(or_(value < place, and_(value == place, user > cursor.user)))
    async with reader.transaction() as connection:
        rows = (await connection.execute(query)).mappings().all()
        shown = [row["user"] for row in rows[: wanted.limit]]
        ends = await _ends(connection, shown)
        sources = await _sources(connection, shown)
    items = [_user(row, ends.get(row["user"], (None, None)), sources) for row in rows[: wanted.limit]]
    following = None
    if len(rows) > wanted.limit:
        last = rows[wanted.limit - 1]
        following = UserCursor(wanted.sort, _number(last["value"]), last["user"]).encode()
    return UserPage(items=items, next=following)


async def read_activity(reader: Reader, user: str) -> Activity | None:
    """Reads what a user did; None for one whom no event names."""
    async with reader.transaction() as connection:
        days = (await connection.execute(_days_of(user))).all()
        ends = select(func.min(_EVENT.timestamp), func.max(_EVENT.timestamp)).where(_EVENT.user == user)
        first, last = (await connection.execute(ends)).one()
        findings = (await connection.execute(_findings_of(user))).all()
        if not days and not findings:
            return None
        hours, types = [], []
        if last is not None:
            since = datetime.combine(last.date() - timedelta(days=DAYS - 1), time.min, UTC)
            hours = await _hours(connection, user, since)
            types = await _types(connection, user)
    return _activity(user, first, last, days, findings, hours, types)


def _activity(
    user: str,
    first: datetime | None,
    last: datetime | None,
    days: Sequence[Any],
    findings: Sequence[Any],
    hours: list[Activity],
    types: list[Activity],
) -> Activity:
    by_day, by_source = Counter[date](), Counter[str]()
    for day, source, count in days:
        by_day[day] += int(count)
        by_source[source] += int(count)
    severities = {Severity.of_rank(rank): count for rank, count, _ in findings}
    scores = [score for _, _, score in findings if score is not None]
    shown = [] if last is None else [last.date() - timedelta(days=DAYS - 1 - number) for number in range(DAYS)]
    return {
        "user": user,
        "events": by_day.total(),
        "findings": sum(severities.values()),
        "severity": max(severities, key=lambda severity: severity.rank, default=None),
        "risk_score": max(scores, default=None),
        "first_seen": first,
        "last_seen": last,
        "sources": [{"value": source, "count": count} for source, count in by_source.most_common()],
        "event_types": types,
        "findings_by_severity": {severity.value: severities.get(severity, 0) for severity in Severity},
        "activity_by_day": [{"date": day, "count": by_day[day]} for day in shown],
        "activity_by_hour": hours,
    }


def _days_of(user: str) -> Select[*tuple[Any, ...]]:
    number = func.sum(_COUNT)
    return select(_DAY.day, _DAY.source, number).where(_DAY.user == user).group_by(_DAY.day, _DAY.source)


def _findings_of(user: str) -> Select[*tuple[Any, ...]]:
    rank = _FINDING.severity_rank
    return select(rank, func.count(), func.max(_FINDING.risk_score)).where(_FINDING.user == user).group_by(rank)


async def _hours(connection: AsyncConnection, user: str, since: datetime) -> list[Activity]:
    newest = (
        select(_EVENT.timestamp)
        .where(_EVENT.user == user, _EVENT.timestamp >= since)
        .order_by(_EVENT.timestamp.desc(), _EVENT.id.desc())
        .limit(NEWEST_BY_HOUR)
        .subquery()
    )
    hour = _hours_since_1970(newest.c.timestamp, connection.dialect.name)
    query = select(hour, func.count()).group_by(hour)
    week = Counter[tuple[int, int]]()
    for number, count in await connection.execute(query):
        # the first day of 1970 was a Thursday, which is 3
        week[(int(number) // 24 + 3) % 7, int(number) % 24] += count
    return [{"weekday": day, "hour": of, "count": count} for (day, of), count in sorted(week.items())]


def _hours_since_1970(at: ColumnElement[datetime], dialect: str) -> ColumnElement[Any]:
    if dialect == "postgresql":
        return func.floor(func.date_part("epoch", at) / 3600)
    return cast(func.strftime("%s", func.substr(cast(at, Text), 1, 19)), Integer) / 3600


async def _types(connection: AsyncConnection, user: str) -> list[Activity]:
    newest = (
        select(_EVENT.event_type)
        .where(_EVENT.user == user)
        .order_by(_EVENT.timestamp.desc(), _EVENT.id.desc())
        .limit(NEWEST_BY_TYPE)
        .subquery()
    )
    kind, number = newest.c.event_type, func.count()
    query = select(kind, number).group_by(kind).order_by(number.desc(), kind)
    return [{"value": value, "count": count} for value, count in await connection.execute(query)]


def _users(wanted: UserFilter) -> Select[*tuple[Any, ...]]:
    """Makes the query of all users that match, with the value they are ordered by."""
    names = union(select(_DAY.user), select(_FINDING.user).where(_FINDING.user.is_not(None))).subquery()
    events = select(_DAY.user, func.sum(_COUNT).label("events")).group_by(_DAY.user).subquery()
    found = (
        select(
            _FINDING.user,
            func.count().label("findings"),
            func.max(_FINDING.severity_rank).label("rank"),
            func.max(_FINDING.risk_score).label("risk_score"),
        )
        .group_by(_FINDING.user)
        .subquery()
    )
    of_user = _EVENT.user == names.c.user
    values: dict[UserOrder, ColumnElement[Any]] = {
        UserOrder.RISK_SCORE: func.coalesce(found.c.risk_score, -1),
        UserOrder.EVENTS: func.coalesce(events.c.events, 0),
        UserOrder.FINDINGS: func.coalesce(found.c.findings, 0),
        UserOrder.LAST_SEEN: func.coalesce(
            select(func.max(_EVENT.timestamp)).where(of_user).scalar_subquery(), _EPOCH, type_=_EVENT.timestamp.type
        ),
    }
    query = (
        select(names.c.user, events.c.events, found.c.findings, found.c.rank, found.c.risk_score)
        .add_columns(values[wanted.sort].label("value"))
        .select_from(
            names.outerjoin(events, events.c.user == names.c.user).outerjoin(found, found.c.user == names.c.user)
        )
    )
    return query if wanted.q is None else query.where(names.c.user.icontains(wanted.q, autoescape=True))


def _value_of(sort: UserOrder, cursor: UserCursor) -> Any:
    if sort is UserOrder.LAST_SEEN:
        return literal(_EPOCH + timedelta(microseconds=cursor.value), _EVENT.timestamp.type)
    return cursor.value


def _number(value: Any) -> int:
    return (value - _EPOCH) // timedelta(microseconds=1) if isinstance(value, datetime) else int(value)


def _user(row: Any, ends: tuple[datetime | None, datetime | None], sources: Mapping[str, list[str]]) -> UserInList:
    return UserInList(
        user=row["user"],
        events=int(row["events"] or 0),
        findings=row["findings"] or 0,
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
