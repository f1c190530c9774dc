"""Counting findings by the values one may filter them by."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import Select, Text, case, cast, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_api.database import DatabaseReader
from mcm_api.findings.queries.matching import conditions
from mcm_api.findings.schemas import FindingFacets, RuleCount
from mcm_api.resources.counts import MAX_VALUES, ValueCount
from mcm_api.resources.queries.rule_titles import rule_titles
from mcm_shared.contracts.finding_filter import CONDITIONS, FindingFilter, FindingStanding, given
from mcm_shared.contracts.findings import Severity
from mcm_shared.contracts.triage import UNASSIGNED, Status
from mcm_shared.db.suppression import ActiveExceptions
from mcm_shared.db.tables import FINDINGS

MAX_USERS: Final = 20

_FINDING: Final = FINDINGS.c
_ENRICHED: Final = case((_FINDING.risk_score.is_(None), literal_column("0")), else_=literal_column("1"))


async def count_facets(reader: DatabaseReader, filters: FindingFilter) -> FindingFacets:
    """Counts the findings that match by every parameter that has few values, and by the users with most findings.

    Each is counted with every other filter but its own.
    """
    key = ("facets", filters.model_dump_json(exclude_none=True))
    async with reader.transaction() as connection:
        return await reader.cache.read(connection, key, partial(_count_all, filters=filters))


async def _count_all(connection: AsyncConnection, active: ActiveExceptions, filters: FindingFilter) -> FindingFacets:
    # one query for all facets but users: the combinations of their values are few
    cells = [_Cell(*row) for row in await connection.execute(_cells(filters, active))]
    severities, statuses, rules, sources, states, suppressed, enriched = (
        _sums(cells, filters, name) for name in _FACETS
    )
    shown_rules = _descending(rules)
    titles = await rule_titles(connection, [name for name, _ in shown_rules])
    return FindingFacets(
        severity=[ValueCount(value=one.value, count=severities[one]) for one in reversed(Severity)],
        status=[ValueCount(value=each.value, count=statuses[each.value]) for each in Status],
        rule=[RuleCount(value=name, count=count, title=titles[name]) for name, count in shown_rules],
        source=[ValueCount(value=name, count=count) for name, count in _descending(sources)],
        user=await _users(connection, active, filters),
        assignee=await _assignees(connection, active, filters),
        label=await _labels(connection, active, filters),
        state=[ValueCount(value=one.value, count=states[one is FindingStanding.WITHDRAWN]) for one in FindingStanding],
        suppressed=[ValueCount(value=str(flag).lower(), count=suppressed[int(flag)]) for flag in (False, True)],
        enriched=[ValueCount(value=str(flag).lower(), count=enriched[int(flag)]) for flag in (True, False)],
    )


class _Cell(NamedTuple):
    """The findings that have the same value in every facet; the fields are those that conditions read."""

    severity_rank: int
    status: str
    rule_name: str
    source: str | None
    withdrawn: bool
    is_suppressed: int
    is_enriched: int
    findings: int

    @property
    def severity(self) -> Severity:
        return Severity.of_rank(self.severity_rank)

    @property
    def suppressed_by(self) -> int | None:
        return 0 if self.is_suppressed else None

    @property
    def risk_score(self) -> int | None:
        # any score does: the cell knows no more than whether there is one
        return 0 if self.is_enriched else None


# the facet of each field of a cell, by the parameter that filters by it
_FACETS: Final = {
    "severity": "severity",
    "status": "status",
    "rule": "rule_name",
    "source": "source",
    "state": "withdrawn",
    "suppressed": "is_suppressed",
    "enriched": "is_enriched",
}


def _cells(filters: FindingFilter, active: ActiveExceptions) -> Select[*tuple[Any, ...]]:
    columns = (
        _FINDING.severity_rank,
        _FINDING.status,
        _FINDING.rule_name,
        _FINDING.source,
        _FINDING.withdrawn,
        case((active.suppressed, 1), else_=0).label("is_suppressed"),
        _ENRICHED.label("is_enriched"),
    )
    # a subquery, so that PostgreSQL sees one expression in both clauses where parameters would make it two
    matching = select(*columns).where(*conditions(filters, active, without=_FACETS)).subquery()
    return select(*matching.c, func.count()).group_by(*matching.c)


def _sums(cells: Sequence[_Cell], filters: FindingFilter, facet: str) -> Counter[Any]:
    # every filter of a facet but its own; the others were part of the query
    others = {name: value for name, value in given(filters).items() if name in _FACETS and name != facet}
    sums = Counter[Any]()
    for cell in cells:
        value = getattr(cell, _FACETS[facet])
        if value is not None and all(CONDITIONS[name](cell, other) for name, other in others.items()):
            sums[value] += cell.findings
    return sums


def _descending(sums: Counter[Any]) -> list[tuple[Any, int]]:
    return sorted(sums.items(), key=lambda item: (-item[1], item[0]))[:MAX_VALUES]


async def _assignees(connection: AsyncConnection, active: ActiveExceptions, filters: FindingFilter) -> list[ValueCount]:
    assignee, number = func.coalesce(_FINDING.assignee, UNASSIGNED).label("assignee"), func.count()
    query = (
        select(assignee, number)
        .where(*conditions(filters, active, without={"assignee"}))
        .group_by(literal_column("1"))
        .order_by(number.desc(), literal_column("1"))
        .limit(MAX_VALUES)
    )
    return [ValueCount(value=name, count=count) for name, count in await connection.execute(query)]


async def _labels(connection: AsyncConnection, active: ActiveExceptions, filters: FindingFilter) -> list[ValueCount]:
    # few findings have labels, and those that have any share few sets of them
    written, number = cast(_FINDING.labels, Text).label("labels"), func.count()
    matching = (*conditions(filters, active, without={"label"}), _FINDING.labels.is_not(None))
    sums = Counter[str]()
    for labels, count in await connection.execute(
        select(written, number).where(*matching).group_by(literal_column("1"))
    ):
        sums.update(dict.fromkeys(orjson.loads(labels), count))
    return [ValueCount(value=name, count=count) for name, count in _descending(sums)]


async def _users(connection: AsyncConnection, active: ActiveExceptions, filters: FindingFilter) -> list[ValueCount]:
    user, number = _FINDING.user, func.count()
    query = (
        select(user, number)
        .where(*conditions(filters, active, without={"user"}), user.is_not(None))
        .group_by(user)
        .order_by(number.desc(), user)
        .limit(MAX_USERS)
    )
    return [ValueCount(value=name, count=count) for name, count in await connection.execute(query)]
