"""Time to acknowledge and to resolve findings by severity, and the findings that are overdue."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from statistics import median
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_api.database import DatabaseReader
from mcm_api.resources.triage_targets import TriageTargets
from mcm_api.stats.schemas import SeverityTriage, TriageFigures
from mcm_shared.contracts.findings import Severity
from mcm_shared.contracts.triage import CLOSED, ActionKind, Status
from mcm_shared.db.suppression import ActiveExceptions
from mcm_shared.db.tables import FINDING_ACTIONS, FINDINGS

MEASURED: Final = timedelta(days=90)
"""Findings acknowledged or resolved in this time are measured."""

_FINDING: Final = FINDINGS.c
_ACTION: Final = FINDING_ACTIONS.c
_CLOSED: Final = sorted(status.value for status in CLOSED)
# a finding counts from when it was raised, a reopened one from the detection that reopened it
_SINCE: Final = case((_FINDING.status == Status.REOPENED.value, _FINDING.last_seen), else_=_FINDING.created_at)


async def read_triage_figures(reader: DatabaseReader, targets: TriageTargets, now: datetime) -> TriageFigures:
    """Reads the figures of triage as of the minute; cached until a finding changes or the minute ends."""
    now = now.replace(second=0, microsecond=0)
    async with reader.transaction() as connection:
        load = partial(_figures, targets=targets, now=now)
        return await reader.cache.read(connection, ("triage", now), load)


async def _figures(
    connection: AsyncConnection, active: ActiveExceptions, targets: TriageTargets, now: datetime
) -> TriageFigures:
    due = or_(
        *(and_(_FINDING.severity_rank == one.rank, now - within > _SINCE) for one, within in targets.within.items())
    )
    rank = _FINDING.severity_rank
    waiting = (
        select(rank, func.count(), func.sum(case((due, 1), else_=0)))
        .where(active.visible, _FINDING.status.not_in(_CLOSED))
        .group_by(rank)
    )
    counts = {number: (int(found), int(overdue)) for number, found, overdue in await connection.execute(waiting)}
    since = now - MEASURED
    acknowledged = await _durations(
        connection, func.min(_ACTION.at), _ACTION.value != Status.OPEN.value, since, active.visible
    )
    resolved = await _durations(
        connection,
        func.max(_ACTION.at),
        _ACTION.value.in_(_CLOSED),
        since,
        active.visible,
        _FINDING.status.in_(_CLOSED),
    )
    return TriageFigures(
        as_of=now,
        by_severity=[
            SeverityTriage(
                severity=one,
                target_s=int(targets.within[one].total_seconds()),
                open=counts.get(one.rank, (0, 0))[0],
                overdue=counts.get(one.rank, (0, 0))[1],
                acknowledged=len(acknowledged.get(one.rank, ())),
                time_to_acknowledge_s=_median(acknowledged.get(one.rank, ())),
                resolved=len(resolved.get(one.rank, ())),
                time_to_resolve_s=_median(resolved.get(one.rank, ())),
            )
            for one in reversed(Severity)
        ],
    )


async def _durations(
    connection: AsyncConnection,
    at: ColumnElement[Any],
    counted: ColumnElement[bool],
    since: datetime,
    *findings: ColumnElement[bool],
) -> dict[int, list[float]]:
    """Reads how many seconds findings waited for an action on the status, by the rank of their severity."""
    first = (
        select(_ACTION.finding_uid, at.label("at"))
        .where(_ACTION.kind == ActionKind.STATUS.value, counted)
        .group_by(_ACTION.finding_uid)
        .subquery()
    )
    query = (
        select(_FINDING.severity_rank, _FINDING.created_at, first.c.at)
        .select_from(FINDINGS.join(first, first.c.finding_uid == _FINDING.uid))
        .where(first.c.at >= since, *findings)
    )
    waited: dict[int, list[float]] = {}
    for rank, created, done in await connection.execute(query):
        waited.setdefault(rank, []).append(max(0.0, (done - created).total_seconds()))
    return waited


def _median(seconds: Sequence[float]) -> int | None:
    return round(median(seconds)) if seconds else None
