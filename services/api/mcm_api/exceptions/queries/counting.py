"""Counting what exceptions hide, and would have hidden."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, case, func, select, true

from mcm_api.database import DatabaseReader
from mcm_api.exceptions.queries.matches import is_covered, read_candidates
from mcm_api.exceptions.schemas import PREVIEW_DAYS, ConfirmedFinding, ExceptionPreview
from mcm_api.exclusions import current_state, exclusion_of
from mcm_api.resources.counts import ValueCount
from mcm_shared.contracts.exceptions import ExceptionState, StoredException
from mcm_shared.contracts.findings import Severity
from mcm_shared.contracts.triage import Status
from mcm_shared.db.bulk import among
from mcm_shared.db.engine import AsyncConnection
from mcm_shared.db.suppression import STANDING, covered_by, in_period, matched_by
from mcm_shared.db.tables import FINDINGS

MAX_USERS: Final = 20
MAX_CONFIRMED: Final = 10
MAX_PREVIEWED: Final = 1000
"""Findings that a preview evaluates a Sigma filter on."""

_CHUNK: Final = 50

_FINDING: Final = FINDINGS.c
_CONFIRMED: Final = _FINDING.status.in_((Status.RESOLVED.value, Status.ACCEPTED_RISK.value))


async def count_hidden(
    connection: AsyncConnection, exceptions: Sequence[StoredException], now: datetime
) -> dict[int, int]:
    """Counts the standing findings that each active exception covers, by its number."""
    active = [each for each in exceptions if current_state(each, now) is ExceptionState.ACTIVE]
    if not active:
        return {}
    sums = [func.coalesce(func.sum(case((covered_by(each), 1), else_=0)), 0) for each in active]
    row = (await connection.execute(select(*sums).where(STANDING))).one()
    return {each.id: int(count) for each, count in zip(active, row, strict=True)}


async def preview(reader: DatabaseReader, exception: StoredException, now: datetime) -> ExceptionPreview:
    """Counts what an exception would have hidden in the last 30 days, and what it would hide now."""
    sigma = exception.parsed().sigma
    covered, complete = (None, True) if sigma is None else await _evaluate(reader, exception, sigma, now)
    async with reader.transaction() as connection:
        by_sigma = true() if covered is None else among(_FINDING.id, covered, connection)
        found = await _count(connection, exception, by_sigma, now)
    return found.model_copy(update={"complete": complete})


async def _evaluate(
    reader: DatabaseReader, exception: StoredException, sigma: str, now: datetime
) -> tuple[list[int], bool]:
    async with reader.transaction() as connection:
        candidates = await read_candidates(connection, exception, now, PREVIEW_DAYS, MAX_PREVIEWED + 1)
    covered: list[int] = []
    evaluated = candidates[:MAX_PREVIEWED]
    for start in range(0, len(evaluated), _CHUNK):
        # each with the time limit of its own
        async with reader.transaction() as connection:
            part = evaluated[start : start + _CHUNK]
            covered += [each.id for each in part if await is_covered(connection, exclusion_of(sigma), each)]
    return covered, len(candidates) <= MAX_PREVIEWED


async def _count(
    connection: AsyncConnection, exception: StoredException, by_sigma: ColumnElement[bool], now: datetime
) -> ExceptionPreview:
    matches = (matched_by(exception.parsed()), by_sigma)
    recent: list[Any] = [
        STANDING,
        *matches,
        _FINDING.first_seen >= now - timedelta(days=PREVIEW_DAYS),
        _FINDING.first_seen <= now,
    ]
    counts = select(
        func.count(),
        func.count(_FINDING.user.distinct()),
        func.coalesce(func.sum(case((_CONFIRMED, 1), else_=0)), 0),
    )
    findings, users, confirmed = (await connection.execute(counts.where(*recent))).one()
    number = func.count()
    by_user = (
        select(_FINDING.user, number)
        .where(*recent, _FINDING.user.is_not(None))
        .group_by(_FINDING.user)
        .order_by(number.desc(), _FINDING.user)
        .limit(MAX_USERS)
    )
    columns = (_FINDING.id, _FINDING.title, _FINDING.severity_rank, _FINDING.user, _FINDING.status)
    newest = (
        select(*columns)
        .where(*recent, _CONFIRMED)
        .order_by(_FINDING.first_seen.desc(), _FINDING.id.desc())
        .limit(MAX_CONFIRMED)
    )
    hidden = select(func.count()).select_from(FINDINGS).where(STANDING, in_period(exception), *matches)
    return ExceptionPreview(
        findings=findings,
        users=[ValueCount(value=name, count=count) for name, count in await connection.execute(by_user)],
        total_users=users,
        confirmed=int(confirmed),
        confirmed_findings=[
            ConfirmedFinding(id=row[0], title=row[1], severity=Severity.of_rank(row[2]), user=row[3], status=row[4])
            for row in await connection.execute(newest)
        ],
        complete=True,
        hides_now=(await connection.execute(hidden)).scalar_one(),
    )
