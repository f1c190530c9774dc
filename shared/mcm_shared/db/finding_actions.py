"""Actions on findings: appending them, and keeping on each finding the state that its actions add up to."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, bindparam, func, insert, select, update

from mcm_shared.contracts.triage import CLOSED, ActionKind, FindingAction, TriageState
from mcm_shared.db.bulk import among
from mcm_shared.db.engine import AsyncConnection
from mcm_shared.db.finding_changes import PEOPLE_SHARD, note_change
from mcm_shared.db.tables import FINDINGS
from mcm_shared.db.triage_tables import FINDING_ACTIONS

_FINDING: Final = FINDINGS.c
_ACTION: Final = FINDING_ACTIONS.c
_STATE: Final = tuple(TriageState.__slots__)
_READ: Final = ("id", "uid", "source", "first_seen", "last_seen", "detection_count", "status", *_STATE)
_UPDATE: Final = (
    update(FINDINGS)
    .where(_FINDING.uid == bindparam("of_uid"))
    .values({name: bindparam(f"new_{name}") for name in _STATE})
)


@dataclass(frozen=True, slots=True)
class ActionRequested:
    """An action that a person requests; ``seen_until`` is the ``last_seen`` that the person saw, None: the stored one.

    ``value`` is a status, an assignee or None, a note, or a label, with ``-`` before it to remove it.
    """

    kind: ActionKind
    value: str | None
    reason: str | None = None
    seen_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class TriagedRow:
    """A finding as far as actions concern it."""

    id: int
    uid: UUID
    source: str | None
    first_seen: datetime
    last_seen: datetime
    detection_count: int
    status: str
    state: TriageState

    def would_change(self, requested: ActionRequested) -> bool:
        """Returns whether the action would change more than the history."""
        value = requested.value
        match requested.kind:
            case ActionKind.STATUS:
                return self.status != value
            case ActionKind.ASSIGN:
                return self.state.assignee != value
            case ActionKind.LABEL:
                label = value or ""
                return (label.removeprefix("-") in self.state.labels) is label.startswith("-")
            case ActionKind.NOTE:
                return True

    def action(self, requested: ActionRequested) -> FindingAction:
        """Makes the action to append: a closing records what the person had seen, which is never in the future."""
        if requested.kind is not ActionKind.STATUS or requested.value not in CLOSED:
            return FindingAction(requested.kind, requested.value, requested.reason)
        seen = self.last_seen if requested.seen_until is None else min(requested.seen_until, self.last_seen)
        return FindingAction(requested.kind, requested.value, requested.reason, seen, self.detection_count)


@dataclass(frozen=True, slots=True)
class StoredAction:
    """An action as stored."""

    id: int
    at: datetime
    actor: str
    kind: str
    value: str | None
    reason: str | None


async def lock_findings(connection: AsyncConnection, ids: Collection[int]) -> list[TriagedRow]:
    """Locks findings for the transaction, in the order in which the engine locks them."""
    query = _rows(connection, ids).order_by(_FINDING.uid).with_for_update()
    return [_triaged(row) for row in (await connection.execute(query)).all()]


async def read_triage(connection: AsyncConnection, ids: Collection[int]) -> list[TriagedRow]:
    """Reads findings like ``lock_findings``, without locking them."""
    return [_triaged(row) for row in (await connection.execute(_rows(connection, ids))).all()]


async def append_actions(
    connection: AsyncConnection, findings: Sequence[TriagedRow], requested: ActionRequested, actor: str, at: datetime
) -> None:
    """Appends an action on each of the locked findings, with the state that results from it."""
    if not findings:
        return
    actions = [(finding, finding.action(requested)) for finding in findings]
    await connection.execute(
        insert(FINDING_ACTIONS),
        [
            {
                "finding_uid": finding.uid,
                "at": at,
                "actor": actor,
                "kind": action.kind.value,
                "value": action.value,
                "reason": action.reason,
                "seen_until": action.seen_until,
                "seen_detections": action.seen_detections,
            }
            for finding, action in actions
        ],
    )
    await connection.execute(
        _UPDATE, [_changes(finding.uid, finding.state.after(action)) for finding, action in actions]
    )
    await note_change(connection, PEOPLE_SHARD)


async def newest_actions(connection: AsyncConnection, uid: UUID, limit: int) -> list[StoredAction]:
    """Reads the newest actions on a finding, oldest first."""
    columns = [_ACTION[name] for name in StoredAction.__slots__]
    query = select(*columns).where(_ACTION.finding_uid == uid).order_by(_ACTION.id.desc()).limit(limit)
    return [StoredAction(*row) for row in reversed((await connection.execute(query)).all())]


async def count_actions(connection: AsyncConnection, uid: UUID) -> int:
    """Counts the actions on a finding."""
    query = select(func.count()).where(_ACTION.finding_uid == uid)
    return int((await connection.execute(query)).scalar_one())


def _rows(connection: AsyncConnection, ids: Collection[int]) -> Select[*tuple[Any, ...]]:
    return select(*(_FINDING[name] for name in _READ)).where(among(_FINDING.id, ids, connection))


def _triaged(row: Row[Any]) -> TriagedRow:
    state = {name: getattr(row, name) for name in _STATE}
    state["labels"] = tuple(row.labels or ())
    return TriagedRow(
        row.id,
        row.uid,
        row.source,
        row.first_seen,
        row.last_seen,
        row.detection_count,
        row.status,
        TriageState(**state),
    )


def _changes(uid: UUID, state: TriageState) -> dict[str, Any]:
    values = {f"new_{name}": getattr(state, name) for name in _STATE}
    return {**values, "new_labels": list(state.labels) or None, "of_uid": uid}
