"""Reading the figures of the overview, from roll-ups instead of the events."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_api.database import DatabaseReader
from mcm_api.resources.counts import SeverityCounts
from mcm_api.resources.queries.figures import (
    between,
    count_events,
    count_severities,
    count_suppressed,
    count_unscored,
    count_withdrawn,
)
from mcm_api.resources.queries.rule_titles import rule_titles
from mcm_api.stats.schemas import Period, Step, StepCount, Summary, SummaryFilter, TopRule, TopUser
from mcm_shared.contracts.findings import Severity
from mcm_shared.db.suppression import ActiveExceptions
from mcm_shared.db.tables import EVENT_DAYS, EVENT_ROLLUPS, FINDINGS

MAX_STEPS: Final = 3660
MAX_SHOWN: Final = 8

_FINDING: Final = FINDINGS.c
_WIDTHS: Final = {Step.DAY: timedelta(days=1), Step.HOUR: timedelta(hours=1)}


async def read_summary(reader: DatabaseReader, filters: SummaryFilter) -> Summary:
    """Reads how many events and findings there are, findings by severity, and events by steps of time."""
    first, end = _whole_steps(filters)
    async with reader.transaction() as connection:
        severities = await count_severities(reader, connection, first, end)
        withdrawn = await count_withdrawn(reader, connection, first, end)
        suppressed = await count_suppressed(reader, connection, first, end)
        counts = await _counts(connection, filters.interval, first, end)
    return Summary(
        total_events=sum(counts.values()),
        total_findings=sum(severities.values()),
        withdrawn_findings=withdrawn,
        suppressed_findings=suppressed,
        findings_by_severity=SeverityCounts(**severities),
        events_over_time=_filled(counts, filters.interval),
    )


async def read_tops(reader: DatabaseReader, filters: Period) -> tuple[int, int, list[TopRule], list[TopUser]]:
    """Reads how many events there are and findings without a score, and the rules and users that stand out."""

    async def tops(connection: AsyncConnection, active: ActiveExceptions) -> tuple[list[TopRule], list[TopUser]]:
        counted = [active.visible, *between(_FINDING.first_seen, filters.from_, filters.to)]
        return await _top_rules(connection, counted), await _top_users(connection, counted)

    async with reader.transaction() as connection:
        rules, users = await reader.cache.read(connection, ("tops", filters.from_, filters.to), tops)
        unenriched = await count_unscored(reader, connection)
        return await count_events(connection), unenriched, rules, users


async def _top_rules(connection: AsyncConnection, counted: Sequence[ColumnElement[bool]]) -> list[TopRule]:
    found = await _top(connection, counted, _FINDING.rule_name)
    titles = await rule_titles(connection, [row[0] for row in found])
    return [
        TopRule(rule_name=name, title=titles[name], severity=Severity.of_rank(rank), findings=count, risk_score=score)
        for name, rank, count, score in found
    ]


async def _top_users(connection: AsyncConnection, counted: Sequence[ColumnElement[bool]]) -> list[TopUser]:
    """Reads the users whose findings have the highest risk scores."""
    return [
        TopUser(user=user, severity=Severity.of_rank(rank), findings=count, risk_score=score)
        for user, rank, count, score in await _top(connection, counted, _FINDING.user)
    ]


async def count_explained(reader: DatabaseReader) -> list[tuple[str, str, str, int]]:
    """Counts explained findings by source, prompt version and model ("" for the heuristic's)."""
    source, data = FINDINGS.c.ai_source, FINDINGS.c.ai_data
    by_model = source.in_(("openai", "cache"))
    written_by = [
        func.coalesce(case((by_model, data[name].as_string()), else_=""), "").label(name)
        for name in ("prompt_version", "model")
    ]
    # a subquery, so that PostgreSQL sees one expression in both clauses where a parameter would make it two
    explained = select(source, *written_by).where(source.is_not(None)).subquery()
    query = select(*explained.c, func.count()).group_by(*explained.c)
    async with reader.transaction() as connection:
        return [(row[0], row[1], row[2], row[3]) for row in await connection.execute(query)]


async def _top(
    connection: AsyncConnection, counted: Sequence[ColumnElement[bool]], column: ColumnElement[Any]
) -> list[tuple[Any, ...]]:
    score, number = func.max(_FINDING.risk_score), func.count()
    query = (
        select(column, func.max(_FINDING.severity_rank), number, score)
        .where(column.is_not(None), *counted)
        .group_by(column)
        .order_by(func.coalesce(score, -1).desc(), number.desc(), column)
        .limit(MAX_SHOWN)
    )
    return [tuple(row) for row in await connection.execute(query)]


def _whole_steps(filters: SummaryFilter) -> tuple[datetime | None, datetime | None]:
    first = None if filters.from_ is None else _start_of(filters.from_, filters.interval)
    if filters.to is None:
        return first, None
    end = _start_of(filters.to, filters.interval)
    # the end of time has no step after it
    return first, end if end == filters.to else _after(end, filters.interval)


def _start_of(instant: datetime, interval: Step) -> datetime:
    midnight = instant.replace(minute=0, second=0, microsecond=0)
    return midnight if interval is Step.HOUR else midnight.replace(hour=0)


def _after(start: datetime, interval: Step) -> datetime | None:
    try:
        return start + _WIDTHS[interval]
    except OverflowError:
        return None


async def _counts(
    connection: AsyncConnection, interval: Step, first: datetime | None, end: datetime | None
) -> dict[datetime, int]:
    if interval is Step.HOUR:
        hour, count = EVENT_ROLLUPS.c.hour, EVENT_ROLLUPS.c["count"]
        query = select(hour, func.sum(count)).where(*between(hour, first, end)).group_by(hour)
        return {start: int(number) for start, number in await connection.execute(query)}
    day, count = EVENT_DAYS.c.day, EVENT_DAYS.c["count"]
    days = between(day, first and first.date(), end and end.date())
    query = select(day, func.sum(count)).where(*days).group_by(day)
    return {datetime.combine(of, time.min, UTC): int(number) for of, number in await connection.execute(query)}


def _filled(counts: dict[datetime, int], interval: Step) -> list[StepCount]:
    if not counts:
        return []
    width, last = _WIDTHS[interval], max(counts)
    number = min((last - min(counts)) // width, MAX_STEPS - 1)
    starts = [last - (number - step) * width for step in range(number + 1)]
    return [
        StepCount(date=start if interval is Step.HOUR else start.date(), count=counts.get(start, 0)) for start in starts
    ]
