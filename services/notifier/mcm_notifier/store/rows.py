"""Rows of notifications with their findings."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, false, or_, select

from mcm_notifier.notifications import Notification, Reason
from mcm_shared.contracts.triage import TriagedFinding
from mcm_shared.db.engine import AsyncConnection
from mcm_shared.db.exception_filters import CompiledFilter, read_filters
from mcm_shared.db.exceptions import read_unexpired
from mcm_shared.db.findings import TRIAGED_COLUMNS, triaged_of
from mcm_shared.db.notification_tables import NOTIFICATIONS
from mcm_shared.db.suppression import ActiveExceptions, unevaluated_by
from mcm_shared.db.tables import FINDINGS

_OWN: Final = (
    NOTIFICATIONS.c.id.label("notification_id"),
    NOTIFICATIONS.c.reason.label("notification_reason"),
    NOTIFICATIONS.c.created_at.label("notified_at"),
)


async def active_exceptions(connection: AsyncConnection, now: datetime) -> ActiveExceptions:
    """Reads the exceptions that suppress findings at a time."""
    return ActiveExceptions.at(now, await read_unexpired(connection, now))


async def unevaluated(connection: AsyncConnection, active: ActiveExceptions) -> ColumnElement[bool]:
    """Builds the condition that a Sigma filter of an active exception was not evaluated on a finding yet."""
    sigma = [each for each in active.exceptions if each.parsed().sigma is not None]
    if not sigma:
        return false()
    compiled = await read_filters(connection)
    filters = [(each, compiled.get(each.id, CompiledFilter())) for each in sigma]
    return or_(false(), *(unevaluated_by(each, known.rules) for each, known in filters if known.problem is None))


def notifications_with_findings() -> Select[Any]:
    """Selects what :func:`notification_of` needs."""
    return select(*_OWN, *TRIAGED_COLUMNS).select_from(
        NOTIFICATIONS.join(FINDINGS, FINDINGS.c.uid == NOTIFICATIONS.c.finding_uid)
    )


def notification_of(row: Row[Any]) -> Notification:
    """Makes a notification from its row."""
    finding: TriagedFinding = triaged_of(row)
    unevaluated = bool(getattr(row, "unevaluated", False))
    return Notification(row.notification_id, Reason(row.notification_reason), row.notified_at, finding, unevaluated)
