"""Pages of the list of users, from their totals and their findings."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    cast,
    column,
    func,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from mcm_api.database import DatabaseReader
from mcm_api.users.cursor import UserCursor
from mcm_api.users.schemas import UserFilter, UserInList, UserOrder, UserPage
from mcm_shared.contracts.findings import Severity
from mcm_shared.db.bulk import among
from mcm_shared.db.suppression import ActiveExceptions
from mcm_shared.db.tables import FINDINGS, USER_DAYS, USER_TOTALS
from mcm_shared.db.text_search import contains_ignoring_case
from mcm_shared.event_time import EPOCH, from_micros, to_micros

_DAY: Final = USER_DAYS.c
_FINDING: Final = FINDINGS.c
_TOTAL: Final = USER_TOTALS.c


async def list_page(reader: DatabaseReader, query: UserFilter) -> UserPage:
    """Reads a page of users, and the cursor of the next."""
    async with reader.transaction() as connection:
        users = _users(query, await _findings(reader, connection)).subquery()
        value, user = users.c.value, users.c.user
        page = select(users).order_by(value.desc(), user).limit(query.limit + 1)
        if query.before is not None:
            cursor = UserCursor.decode(query.before)
            position = _value_of(query.sort, cursor)
            page = page.where(or_(value < position, and_(value == position, user > cursor.user)))
        rows = (await connection.execute(page)).mappings().all()
        shown = rows[: query.limit]
        sources = await _sources(connection, [row["user"] for row in shown])
    following = None
    if len(rows) > query.limit:
        last = shown[-1]
        following = UserCursor(query.sort, _number(last["value"]), last["user"]).encode()
    return UserPage(items=[_user(row, sources) for row in shown], next=following)


async def _findings(reader: DatabaseReader, connection: AsyncConnection) -> Select[*tuple[Any, ...]]:
    """Builds the query of users with the number, the highest rank and the highest score of their findings."""
    if connection.dialect.name != "postgresql":
        return _grouped(await reader.cache.active_exceptions(connection))

    async def read(connection: AsyncConnection, active: ActiveExceptions) -> list[list[Any]]:
        rows = (await connection.execute(_grouped(active))).all()
        return [list(values) for values in zip(*rows, strict=True)] or [[], [], [], []]

    # grouping a hundred thousand findings takes most of the time, so it is done once for each change of them
    columns = await reader.cache.read(connection, "findings by user", read, lambda found: 100 * len(found[0]))
    kinds: tuple[type[TypeEngine[Any]], ...] = (Text, Integer, Integer, Integer)
    arrays: list[ColumnElement[Any]] = [
        type_coerce(values, ARRAY(kind)) for values, kind in zip(columns, kinds, strict=True)
    ]
    names = ("user", "findings", "rank", "risk_score")
    declared: list[ColumnClause[Any]] = [column(name, kind) for name, kind in zip(names, kinds, strict=True)]
    table = func.unnest(*arrays).table_valued(*declared).render_derived()
    return select(*(table.c[name] for name in names))


def _grouped(active: ActiveExceptions) -> Select[*tuple[Any, ...]]:
    return (
        select(
            _FINDING.user,
            func.count().label("findings"),
            func.max(_FINDING.severity_rank).label("rank"),
            func.max(_FINDING.risk_score).label("risk_score"),
        )
        .where(_FINDING.user.is_not(None), active.visible)
        .group_by(_FINDING.user)
    )


def _users(query: UserFilter, of_findings: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Builds the query of all users that match, with the value they are ordered by."""
    no_number, no_time = cast(null(), Integer), cast(null(), _TOTAL.first_at.type)
    found = of_findings.subquery().c
    parts = union_all(
        select(
            _TOTAL.user,
            func.sum(_TOTAL["count"]).label("events"),
            literal(0).label("findings"),
            no_number.label("rank"),
            no_number.label("risk_score"),
            func.min(_TOTAL.first_at).label("first_at"),
            func.max(_TOTAL.last_at).label("last_at"),
        ).group_by(_TOTAL.user),
        select(found.user, literal(0), found.findings, found.rank, found.risk_score, no_time, no_time),
    ).subquery()
    events, findings = func.sum(parts.c.events), func.sum(parts.c.findings)
    rank, risk_score, last_at = func.max(parts.c.rank), func.max(parts.c.risk_score), func.max(parts.c.last_at)
    values: dict[UserOrder, ColumnElement[Any]] = {
        UserOrder.RISK_SCORE: func.coalesce(risk_score, -1),
        UserOrder.EVENTS: events,
        UserOrder.FINDINGS: findings,
        UserOrder.LAST_SEEN: func.coalesce(last_at, EPOCH, type_=_TOTAL.last_at.type),
    }
    users = (
        select(parts.c.user, events.label("events"), findings.label("findings"), rank.label("rank"))
        .add_columns(risk_score.label("risk_score"), func.min(parts.c.first_at).label("first_at"))
        .add_columns(last_at.label("last_at"), values[query.sort].label("value"))
        .group_by(parts.c.user)
    )
    return users if query.q is None else users.where(contains_ignoring_case(parts.c.user, query.q))


def _value_of(sort: UserOrder, cursor: UserCursor) -> Any:
    if sort is UserOrder.LAST_SEEN:
        return literal(from_micros(cursor.value), _TOTAL.last_at.type)
    return cursor.value


def _number(value: Any) -> int:
    return to_micros(value) if hasattr(value, "tzinfo") else int(value)


def _user(row: Any, sources: Mapping[str, list[str]]) -> UserInList:
    return UserInList(
        user=row["user"],
        events=int(row["events"]),
        findings=int(row["findings"]),
        severity=None if row["rank"] is None else Severity.of_rank(row["rank"]),
        risk_score=row["risk_score"],
        first_seen=row["first_at"],
        last_seen=row["last_at"],
        sources=sources.get(row["user"], []),
    )


async def _sources(connection: AsyncConnection, users: Sequence[str]) -> dict[str, list[str]]:
    query = select(_DAY.user, _DAY.source).where(among(_DAY.user, users, connection)).distinct()
    sources: dict[str, list[str]] = {}
    for user, source in (await connection.execute(query.order_by(_DAY.user, _DAY.source))).all():
        sources.setdefault(user, []).append(source)
    return sources
