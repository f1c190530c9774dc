"""Counting findings by the values one may filter them by."""

from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, case, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_api.counts import ValueCount
from mcm_api.findings.filters import FindingFilter
from mcm_api.findings.queries.matching import conditions
from mcm_api.findings.schemas import FindingFacets, RuleCount
from mcm_api.queries import Reader
from mcm_api.rules.queries import rule_titles
from mcm_shared.contracts.findings import Severity
from mcm_shared.db.tables import FINDINGS

MAX_USERS: Final = 20

_FINDING: Final = FINDINGS.c
_ENRICHED: Final = case((_FINDING.risk_score.is_(None), literal_column("0")), else_=literal_column("1"))


async def count_facets(reader: Reader, wanted: FindingFilter) -> FindingFacets:
    """Counts the findings that match by severity, rule, source, user, and whether they are enriched.

    Each is counted with every other filter but its own.
    """
    key = ("facets", wanted.model_dump_json(exclude_none=True))
    async with reader.transaction() as connection:
        return await reader.remembered.read(connection, key, partial(_count_all, wanted=wanted))


async def _count_all(connection: AsyncConnection, wanted: FindingFilter) -> FindingFacets:
    of_rank = dict(await _count(connection, wanted, "severity", _FINDING.severity_rank))
    rules = await _count(connection, wanted, "rule", _FINDING.rule_name)
    titles = await rule_titles(connection, [name for name, _ in rules])
    sources = await _count(connection, wanted, "source", _FINDING.source)
    users = await _count(connection, wanted, "user", _FINDING.user, most=MAX_USERS)
    of_enriched = dict(await _count(connection, wanted, "enriched", _ENRICHED))
    return FindingFacets(
        severity=[ValueCount(value=one.value, count=of_rank.get(one.rank, 0)) for one in reversed(Severity)],
        rule=[RuleCount(value=name, count=count, title=titles[name]) for name, count in rules],
        source=[ValueCount(value=name, count=count) for name, count in sources],
        user=[ValueCount(value=name, count=count) for name, count in users],
        enriched=[ValueCount(value=name, count=of_enriched.get(flag, 0)) for name, flag in (("true", 1), ("false", 0))],
    )


async def _count(
    connection: AsyncConnection,
    wanted: FindingFilter,
    name: str,
    column: ColumnElement[Any],
    most: int | None = None,
) -> list[tuple[Any, ...]]:
    number = func.count()
    query = (
        select(column, number)
        .where(*conditions(wanted, without={name}), column.is_not(None))
        .group_by(column)
        .order_by(number.desc(), column)
        .limit(most)
    )
    return [tuple(row) for row in await connection.execute(query)]
