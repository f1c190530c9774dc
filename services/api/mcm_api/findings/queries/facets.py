"""Counting findings by the values one may filter them by."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, case, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_api.database import DatabaseReader
from mcm_api.findings.filters import FindingFilter
from mcm_api.findings.queries.matching import conditions
from mcm_api.findings.schemas import FindingFacets, RuleCount
from mcm_api.resources.counts import ValueCount
from mcm_api.resources.queries.rule_titles import rule_titles
from mcm_shared.contracts.findings import Severity
from mcm_shared.db.tables import FINDINGS

MAX_USERS: Final = 20

_FINDING: Final = FINDINGS.c
_ENRICHED: Final = case((_FINDING.risk_score.is_(None), literal_column("0")), else_=literal_column("1"))


async def count_facets(reader: DatabaseReader, wanted: FindingFilter) -> FindingFacets:
    """Counts the findings that match by severity, rule, source, user, and whether they are enriched.

    Each is counted with every other filter but its own.
    """
    key = ("facets", wanted.model_dump_json(exclude_none=True))
    async with reader.transaction() as connection:
        return await reader.cache.read(connection, key, partial(_count_all, wanted=wanted))


async def _count_all(connection: AsyncConnection, wanted: FindingFilter) -> FindingFacets:
    # all but users by one look at the findings: how many there are of each combination, which are few
    cells = [_Cell(*row) for row in await connection.execute(_cells(wanted))]
    severities, rules, sources, enriched = (_sums(cells, wanted, name) for name in _Cell._fields[:-1])
    titles = await rule_titles(connection, rules)
    return FindingFacets(
        severity=[ValueCount(value=one.value, count=severities[one.rank]) for one in reversed(Severity)],
        rule=[RuleCount(value=name, count=count, title=titles[name]) for name, count in _most_first(rules)],
        source=[ValueCount(value=name, count=count) for name, count in _most_first(sources)],
        user=await _users(connection, wanted),
        enriched=[ValueCount(value=str(flag).lower(), count=enriched[int(flag)]) for flag in (True, False)],
    )


class _Cell(NamedTuple):
    severity: int
    rule: str
    source: str | None
    enriched: int
    findings: int

    def passes(self, wanted: FindingFilter, but: str) -> bool:
        """Says whether the filters let it through, but for one of them."""
        of_severity = but == "severity" or not wanted.severity or Severity.of_rank(self.severity) in wanted.severity
        of_rule = but == "rule" or not wanted.rule or self.rule in wanted.rule
        of_source = but == "source" or not wanted.source or self.source in wanted.source
        of_enriched = but == "enriched" or wanted.enriched is None or bool(self.enriched) is wanted.enriched
        return of_severity and of_rule and of_source and of_enriched


def _cells(wanted: FindingFilter) -> Select[*tuple[Any, ...]]:
    columns = (_FINDING.severity_rank, _FINDING.rule_name, _FINDING.source, _ENRICHED)
    matching = conditions(wanted, without=_Cell._fields)
    return select(*columns, func.count()).where(*matching).group_by(*columns)


def _sums(cells: Sequence[_Cell], wanted: FindingFilter, name: str) -> Counter[Any]:
    sums = Counter[Any]()
    for cell in cells:
        value = getattr(cell, name)
        if value is not None and cell.passes(wanted, but=name):
            sums[value] += cell.findings
    return sums


def _most_first(sums: Counter[Any]) -> list[tuple[Any, int]]:
    return sorted(sums.items(), key=lambda item: (-item[1], item[0]))


async def _users(connection: AsyncConnection, wanted: FindingFilter) -> list[ValueCount]:
    user, number = _FINDING.user, func.count()
    query = (
        select(user, number)
        .where(*conditions(wanted, without={"user"}), user.is_not(None))
        .group_by(user)
        .order_by(number.desc(), user)
        .limit(MAX_USERS)
    )
    return [ValueCount(value=name, count=count) for name, count in await connection.execute(query)]
