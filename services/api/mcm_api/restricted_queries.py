"""Row-level restriction: rewrites each query so that restricted identities read only rows of their sources and period.

Every table is classified here. A query of a restricted identity over a table that is not fails, and so does a test.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ClauseElement,
    Column,
    ColumnElement,
    Select,
    Subquery,
    Table,
    TextClause,
    false,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.sql import visitors

from mcm_api.http.problems import ProblemError
from mcm_api.identity.restriction import Restriction, current_restriction
from mcm_shared.db.source_tables import SOURCE_POSITIONS
from mcm_shared.db.tables import (
    ACCESS_TABLES,
    AI_USAGE,
    DEAD_LETTER_ACTIONS,
    DETECTIONS,
    ENRICHMENT_ANSWERS,
    ENRICHMENT_FEEDBACK,
    ENRICHMENT_JOBS,
    EVENT_DAYS,
    EVENT_FACT_BLOCKS,
    EVENT_ROLLUPS,
    EXCEPTION_ACTIONS,
    EXCEPTION_FILTERS,
    EXCEPTION_MATCHES,
    EXCEPTIONS,
    FINDING_ACTIONS,
    FINDING_CHANGES,
    FINDING_HISTORY,
    FINDING_OUTBOX,
    FINDINGS,
    NOTIFICATION_TABLES,
    PROFILE_TABLES,
    RULE_CATALOGUE,
    RULE_RESULTS,
    RULES,
    SAVED_VIEWS,
    SOURCE_EVENTS,
    SOURCE_PROGRESS,
    TUMBLING_COUNTS,
    USER_DAYS,
    USER_TOTALS,
)
from mcm_shared.event_time import EPOCH

Restrict = Callable[[Restriction], Select[*tuple[Any, ...]]]

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_MICROSECOND: Final = timedelta(microseconds=1)


def _by_source(table: Table, at: str) -> Restrict:
    def restrict(restriction: Restriction) -> Select[*tuple[Any, ...]]:
        return select(table).where(_sources(table.c.source, restriction), *_between(table.c[at], restriction))

    return restrict


def _by_hour(restriction: Restriction) -> Select[*tuple[Any, ...]]:
    # hours that lie in the period as a whole: of the others the roll-up does not know which part does
    start = restriction.start and _ceil(restriction.start, _HOUR)
    end = restriction.end and restriction.end - _HOUR + _MICROSECOND
    table = EVENT_ROLLUPS
    between = _between(table.c.hour, Restriction(None, start, end))
    return select(table).where(_sources(table.c.source, restriction), *between)


def _by_day(table: Table) -> Restrict:
    def restrict(restriction: Restriction) -> Select[*tuple[Any, ...]]:
        conditions = [_sources(table.c.source, restriction)]
        if restriction.start is not None:
            conditions.append(table.c.day >= _ceil(restriction.start, _DAY).date())
        if restriction.end is not None:
            conditions.append(table.c.day < restriction.end.date())
        return select(table).where(*conditions)

    return restrict


def _ceil(instant: datetime, step: timedelta) -> datetime:
    return EPOCH - ((EPOCH - instant) // step) * step


def _totals(restriction: Restriction) -> Select[*tuple[Any, ...]]:
    """Counts the totals of users anew: the stored ones are over all sources."""
    event = SOURCE_EVENTS.c
    return (
        select(
            event.user,
            literal_column("0").label("shard"),
            func.count().label("count"),
            func.min(event.timestamp).label("first_at"),
            func.max(event.timestamp).label("last_at"),
        )
        .where(event.user.is_not(None), _sources(event.source, restriction), *_between(event.timestamp, restriction))
        .group_by(event.user)
    )


def _feedback(restriction: Restriction) -> Select[*tuple[Any, ...]]:
    findings = _by_source(FINDINGS, "first_seen")(restriction).subquery()
    return select(ENRICHMENT_FEEDBACK).where(ENRICHMENT_FEEDBACK.c.finding_id.in_(select(findings.c.id)))


def _history(restriction: Restriction) -> Select[*tuple[Any, ...]]:
    findings = _by_source(FINDINGS, "first_seen")(restriction).subquery()
    return select(FINDING_HISTORY).where(FINDING_HISTORY.c.finding_uid.in_(select(findings.c.uid)))


def _actions(restriction: Restriction) -> Select[*tuple[Any, ...]]:
    findings = _by_source(FINDINGS, "first_seen")(restriction).subquery()
    return select(FINDING_ACTIONS).where(FINDING_ACTIONS.c.finding_uid.in_(select(findings.c.uid)))


def _nothing(table: Table) -> Restrict:
    return lambda _: select(table).where(false())


RESTRICTED: Final[dict[Table, Restrict]] = {
    SOURCE_EVENTS: _by_source(SOURCE_EVENTS, "timestamp"),
    FINDINGS: _by_source(FINDINGS, "first_seen"),
    EVENT_ROLLUPS: _by_hour,
    EVENT_DAYS: _by_day(EVENT_DAYS),
    USER_DAYS: _by_day(USER_DAYS),
    USER_TOTALS: _totals,
    ENRICHMENT_FEEDBACK: _feedback,
    FINDING_HISTORY: _history,
    FINDING_ACTIONS: _actions,
    # of all sources at once, and no row says which
    DETECTIONS: _nothing(DETECTIONS),
    TUMBLING_COUNTS: _nothing(TUMBLING_COUNTS),
    RULE_RESULTS: _nothing(RULE_RESULTS),
    **{table: _nothing(table) for table in PROFILE_TABLES},
    FINDING_OUTBOX: _nothing(FINDING_OUTBOX),
    SOURCE_PROGRESS: _nothing(SOURCE_PROGRESS),
    ENRICHMENT_JOBS: _nothing(ENRICHMENT_JOBS),
    ENRICHMENT_ANSWERS: _nothing(ENRICHMENT_ANSWERS),
    **{table: _nothing(table) for table in NOTIFICATION_TABLES},
    # the names of connectors are not the sources of their events
    SOURCE_POSITIONS: _nothing(SOURCE_POSITIONS),
}
"""Tables with rows of sources, and the rows of each that a restricted identity may see."""

OPEN: Final = frozenset(
    {
        RULES,
        RULE_CATALOGUE,
        FINDING_CHANGES,
        AI_USAGE,
        EVENT_FACT_BLOCKS,
        DEAD_LETTER_ACTIONS,
        # read to compute what is suppressed; the operations that show them are closed to restricted identities
        EXCEPTIONS,
        EXCEPTION_ACTIONS,
        EXCEPTION_FILTERS,
        EXCEPTION_MATCHES,
        # filters, which select within what may be read
        SAVED_VIEWS,
    }
)
"""Tables open to restricted identities: without rows of sources, or that only say which rows to read."""

CLOSED: Final = frozenset(ACCESS_TABLES)
"""Tables that no feature reads."""


def restrict_statement(
    _connection: Any, statement: ClauseElement, multiparams: Any, params: Any, _options: Any
) -> tuple[ClauseElement, Any, Any]:
    """Restricts a statement to what the identity of the request may see; SQLAlchemy's ``before_execute``.

    Raises ProblemError 403 for a statement that cannot be restricted.
    """
    restriction = current_restriction()
    if not restriction.is_none:
        statement = _restricted(statement, restriction)
    return statement, multiparams, params


def _restricted(statement: ClauseElement, restriction: Restriction) -> ClauseElement:
    if isinstance(statement, TextClause):
        if statement.text != "SELECT 1":
            raise _refused("SQL text")
        return statement
    visible: dict[Table, Subquery] = {}
    for element in visitors.iterate(statement):
        if isinstance(element, Table) and element not in OPEN:
            if element not in RESTRICTED:
                raise _refused(element.name)
            visible[element] = _visible(element, restriction)

    def replaced(element: Any, **_: Any) -> Any:
        # exactly the table and its columns: SQLAlchemy's own adapter also takes columns that are only derived from them
        if isinstance(element, Table):
            return visible.get(element)
        if isinstance(element, Column) and element.table in visible:
            return visible[element.table].c[element.key]
        return None

    changed: Any = visitors.replacement_traverse(statement, {}, replaced)
    _require_no_table(changed, visible)
    return changed  # type: ignore[no-any-return]  # the same kind of statement as before


def _require_no_table(statement: ClauseElement, visible: dict[Table, Subquery]) -> None:
    """Raises ProblemError 403 when a table is left that is not inside what is visible of it."""
    ours = set(visible.values())

    def check(element: Any, **_: Any) -> Any:
        if element in ours:
            return element  # not searched further
        if isinstance(element, Table) and element not in OPEN:
            raise _refused(element.name)
        return None

    visitors.replacement_traverse(statement, {}, check)


@lru_cache(maxsize=1024)
def _visible(table: Table, restriction: Restriction) -> Subquery:
    return RESTRICTED[table](restriction).subquery(table.name)


def _sources(column: ColumnElement[Any], restriction: Restriction) -> ColumnElement[bool]:
    return true() if restriction.sources is None else column.in_(sorted(restriction.sources))


def _between(column: ColumnElement[Any], restriction: Restriction) -> list[ColumnElement[bool]]:
    start, end = restriction.start, restriction.end
    return [*([] if start is None else [column >= start]), *([] if end is None else [column < end])]


def _refused(what: str) -> ProblemError:
    return ProblemError(403, f"This cannot be restricted to the sources of your access ({what}).")
