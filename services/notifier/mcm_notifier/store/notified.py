"""What was notified of each finding, and the notifications that follow from a change."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, and_, case, insert, literal, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from mcm_notifier.notifications import Notified, Reason, merged, notification_id, notified_by, reason_between
from mcm_notifier.store.rows import active_exceptions
from mcm_shared.contracts.triage import Status, TriagedFinding
from mcm_shared.db.bulk import BulkInsert, among
from mcm_shared.db.engine import AsyncConnection, AsyncEngine, transaction
from mcm_shared.db.findings import TRIAGED_COLUMNS, triaged_of
from mcm_shared.db.notification_tables import NOTIFICATIONS, NOTIFIED_FINDINGS, NOTIFIER_START
from mcm_shared.db.suppression import ActiveExceptions
from mcm_shared.db.tables import FINDINGS

RoutesOf = Callable[[TriagedFinding], Iterable[str]]
"""Returns the names of the routes that concern a finding."""

_NOTIFIED: Final = NOTIFIED_FINDINGS.c
_FIRST: Final = BulkInsert(
    NOTIFIED_FINDINGS,
    ("finding_uid", "severity_rank", "reopened_after"),
    conflict="(finding_uid) DO NOTHING",
    returning=("finding_uid",),
)
_CHANGED: Final = BulkInsert(
    NOTIFIED_FINDINGS,
    ("finding_uid", "severity_rank", "reopened_after"),
    conflict="(finding_uid) DO UPDATE SET severity_rank = excluded.severity_rank,"
    " reopened_after = excluded.reopened_after",
)
_ADD: Final = BulkInsert(
    NOTIFICATIONS,
    ("id", "route", "finding_uid", "reason", "severity_rank", "created_at"),
    conflict="(id) DO NOTHING",
    returning=("id",),
)


@dataclass(frozen=True, slots=True)
class _Found:
    finding: TriagedFinding
    state: Notified


async def start_once(engine: AsyncEngine, now: datetime) -> bool:
    """Marks the findings stored so far as notified, at the first start of all; returns whether this was it."""
    async with transaction(engine) as connection:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        first = dialect.insert(NOTIFIER_START).values(id=1, at=now).on_conflict_do_nothing()
        if (await connection.execute(first.returning(NOTIFIER_START.c.id))).first() is None:
            return False
        reopened = case((FINDINGS.c.status == Status.REOPENED.value, FINDINGS.c.seen_until), else_=literal(None))
        stored = select(FINDINGS.c.uid, FINDINGS.c.severity_rank, reopened)
        names = ["finding_uid", "severity_rank", "reopened_after"]
        await connection.execute(insert(NOTIFIED_FINDINGS).from_select(names, stored))
    return True


async def notify_changes(engine: AsyncEngine, uids: Collection[UUID], routes_of: RoutesOf, now: datetime) -> int:
    """Compares findings with what was notified of them and adds the notifications that are missing.

    Returns how many were added. What counts is the state of the findings in the database: messages about them only say
    which to compare, so repeats and any order of them change nothing. A finding that is withdrawn, or suppressed by an
    exception, is left for a change after that.
    """
    ordered = sorted(uids)
    async with transaction(engine) as connection:
        active = await active_exceptions(connection, now)
        before = await _before(connection, ordered, active)
        # read after the rows are locked: nothing older than what another notifier has compared
        found = await _read(connection, ordered, active)
        changed: list[tuple[object, ...]] = []
        added: list[tuple[object, ...]] = []
        for uid, each in sorted(found.items()):
            known = before.get(uid)
            reason = reason_between(known, each.state)
            total = merged(known, each.state)
            if total != known:
                changed.append((uid, total.severity_rank, total.reopened_after))
            if reason is not None:
                added += [_row(route, each, *reason, now) for route in routes_of(each.finding)]
        await _CHANGED.execute(connection, changed)
        return len(await _ADD.execute(connection, added))


async def missing_findings(engine: AsyncEngine, now: datetime) -> list[UUID]:
    """Lists the visible findings of which less was notified than there is to notify.

    It reads all findings, so it is for the moments in which many become visible at once.
    """
    reopened = and_(
        FINDINGS.c.status == Status.REOPENED.value, _NOTIFIED.reopened_after.is_distinct_from(FINDINGS.c.seen_until)
    )
    missing = or_(_NOTIFIED.finding_uid.is_(None), _NOTIFIED.severity_rank < FINDINGS.c.severity_rank, reopened)
    both = FINDINGS.outerjoin(NOTIFIED_FINDINGS, _NOTIFIED.finding_uid == FINDINGS.c.uid)
    async with transaction(engine, read_only=True) as connection:
        active = await active_exceptions(connection, now)
        query = select(FINDINGS.c.uid).select_from(both).where(missing, active.visible)
        return list((await connection.execute(query)).scalars())


async def _before(
    connection: AsyncConnection, uids: Collection[UUID], active: ActiveExceptions
) -> dict[UUID, Notified]:
    """Locks what was notified of findings, also of those of which nothing was: for these a row is made."""
    found = await _read(connection, uids, active)
    first = [(uid, found[uid].state.severity_rank, found[uid].state.reopened_after) for uid in sorted(found)]
    made = {row[0] for row in await _FIRST.execute(connection, first)}
    query: Select[Any] = (
        select(_NOTIFIED.finding_uid, _NOTIFIED.severity_rank, _NOTIFIED.reopened_after)
        .where(among(_NOTIFIED.finding_uid, uids, connection))
        .order_by(_NOTIFIED.finding_uid)
        .with_for_update()
    )
    rows = (await connection.execute(query)).all()
    return {uid: Notified(rank, reopened) for uid, rank, reopened in rows if uid not in made}


async def _read(connection: AsyncConnection, uids: Collection[UUID], active: ActiveExceptions) -> dict[UUID, _Found]:
    query: Select[Any] = select(*TRIAGED_COLUMNS, FINDINGS.c.seen_until).where(
        among(FINDINGS.c.uid, uids, connection), active.visible
    )
    found: dict[UUID, _Found] = {}
    for row in (await connection.execute(query)).all():
        finding = triaged_of(row)
        found[finding.uid] = _Found(finding, notified_by(finding.severity.rank, finding.status, row.seen_until))
    return found


def _row(route: str, found: _Found, reason: Reason, revision: str, now: datetime) -> tuple[object, ...]:
    uid = found.finding.uid
    identity = notification_id(route, uid, reason, revision)
    return (identity, route, uid, reason.value, found.state.severity_rank, now)
