"""Reading the figures of the overview, from roll-ups instead of the events."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from sqlalchemy import Text, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_api.queries import Reader
from mcm_api.stats.schemas import DayCount, SeverityCounts, Summary
from mcm_shared.contracts.findings import Severity
from mcm_shared.db.tables import EVENT_ROLLUPS, FINDINGS

MAX_DAYS: Final = 3660


async def read_summary(reader: Reader) -> Summary:
    """Reads how many events and findings there are, findings by severity, and events by UTC day."""
    async with reader.transaction() as connection:
        severities = await _severities(connection)
        total, first, last = await _span(connection)
        days = await _days(connection, first, last) if total else []
    return Summary(
        total_events=total,
        total_findings=sum(severities.values()),
        findings_by_severity=SeverityCounts(**severities),
        events_over_time=days,
    )


async def count_explained(reader: Reader) -> list[tuple[str, str, str, int]]:
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


async def _severities(connection: AsyncConnection) -> dict[str, int]:
    rank = FINDINGS.c.severity_rank
    rows = await connection.execute(select(rank, func.count()).group_by(rank))
    return {Severity.of_rank(number).value: count for number, count in rows}


async def _span(connection: AsyncConnection) -> tuple[int, date, date]:
    hour = EVENT_ROLLUPS.c.hour
    query = select(func.coalesce(func.sum(EVENT_ROLLUPS.c["count"]), 0), func.min(hour), func.max(hour))
    total, first, last = (await connection.execute(query)).one()
    if not total:
        return 0, date.min, date.min
    shown = min((last.date() - first.date()).days, MAX_DAYS - 1)
    return int(total), last.date() - timedelta(days=shown), last.date()


async def _days(connection: AsyncConnection, first: date, last: date) -> list[DayCount]:
    hour = EVENT_ROLLUPS.c.hour
    in_utc = func.timezone("UTC", hour) if connection.dialect.name == "postgresql" else hour
    day = func.date(in_utc)
    query = (
        select(cast(day, Text), func.sum(EVENT_ROLLUPS.c["count"]))
        .where(hour >= datetime.combine(first, time.min, UTC))
        .group_by(day)
    )
    counts = {text: int(count) for text, count in await connection.execute(query)}
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [DayCount(date=day, count=counts.get(day.isoformat(), 0)) for day in days]
