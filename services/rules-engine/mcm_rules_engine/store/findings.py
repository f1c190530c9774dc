"""Findings: joined into the table, and read as they travel."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, bindparam, false, select, update

from mcm_rules_engine.model.finding import Evidence, FindingState, join
from mcm_rules_engine.store.outbox import add_to_outbox
from mcm_shared.contracts.findings import FindingMessage, Severity
from mcm_shared.db.bulk import BulkInsert, among
from mcm_shared.db.engine import AsyncConnection
from mcm_shared.db.finding_changes import note_change
from mcm_shared.db.finding_tables import ENGINE, finding_columns
from mcm_shared.db.findings import MESSAGE_COLUMNS, message_of
from mcm_shared.db.tables import FINDING_HISTORY, FINDINGS

_IDENTITY: Final = (
    "uid",
    "rule_id",
    "rule_version",
    "rule_name",
    "title",
    "tags",
    "series_id",
    "group_key",
    "bucket_start",
    "bucket_end",
)
_STATE: Final = tuple(name for name in finding_columns(ENGINE) if name not in _IDENTITY)

# columns that are no field of FindingState
_COMPUTED: Final = {"version", "severity_rank", "extra_data", "withdrawn"}
_unknown = {*_STATE, *_IDENTITY} - _COMPUTED - {each.name for each in fields(FindingState)}
if _unknown:
    raise TypeError(f"FindingState and build_finding lack the columns {sorted(_unknown)} of findings")

_CHANGING: Final = ("rule_version", "title", "tags", *_STATE)

_INSERT_FINDINGS: Final = BulkInsert(FINDINGS, (*_IDENTITY, *_STATE), conflict="(uid) DO NOTHING", returning=("uid",))

_ADD_HISTORY: Final = BulkInsert(
    FINDING_HISTORY,
    ("finding_uid", "version", "state", "event_uid", "event_at"),
    conflict="(finding_uid, version) DO NOTHING",
)

_UPDATE_FINDING: Final = (
    update(FINDINGS)
    .where(FINDINGS.c.uid == bindparam("of_uid"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGING})
)


async def merge_findings(connection: AsyncConnection, states: Mapping[UUID, FindingState], shard: int) -> None:
    """Merges finding states into the findings table, inserting those that are missing; a known state changes nothing.

    Cannot deadlock with another worker: new rows are inserted in uid order before any existing row is locked, and
    existing ones are locked in uid order.
    """
    if not states:
        return
    changes = []
    # inserted with a count of zero: the states are then joined into new and known rows alike
    for row in await _lock(
        connection, states.keys(), {uid: replace(one, detection_count=0) for uid, one in states.items()}
    ):
        known = _state_of(row)
        joined = join(known, states[known.uid])
        if joined != known or row.version == 0:
            changes.append(_changes(joined, row.version + 1))
    if changes:
        await connection.execute(_UPDATE_FINDING, changes)
        await note_change(connection, shard)


async def replace_findings(
    connection: AsyncConnection, states: Mapping[UUID, FindingState], withdrawn: Mapping[UUID, Evidence], shard: int
) -> None:
    """Replaces findings of recomputed rules by ``states``, and marks those in ``withdrawn`` as withdrawn by an event.

    A withdrawn finding keeps what it said. Each change between standing and withdrawn enters its history, and each
    change enters the outbox.
    """
    changes, history = [], []
    for row in await _lock(connection, states.keys() | withdrawn.keys(), states):
        known = _state_of(row)
        state = states.get(known.uid) or replace(known, withdrawn_by=withdrawn[known.uid])
        if state == known and row.version:
            continue
        changes.append(_changes(state, row.version + 1))
        is_standing = state.withdrawn_by is None
        if not row.version or is_standing is not (known.withdrawn_by is None):
            decided = state.withdrawn_by or state.latest
            named = (UUID(decided["event_uid"]), datetime.fromisoformat(decided["at"]))
            history.append((known.uid, row.version + 1, "standing" if is_standing else "withdrawn", *named))
    if changes:
        await connection.execute(_UPDATE_FINDING, changes)
        await _ADD_HISTORY.execute(connection, history)
        await add_to_outbox(connection, [(change["of_uid"], change["new_version"]) for change in changes])
        await note_change(connection, shard)


async def _lock(
    connection: AsyncConnection, uids: Collection[UUID], states: Mapping[UUID, FindingState]
) -> Sequence[Row[Any]]:
    """Inserts the states whose findings are missing, with version 0, and locks the rows of all findings."""
    is_meant = among(FINDINGS.c.uid, sorted(uids), connection)
    there = set((await connection.execute(select(FINDINGS.c.uid).where(is_meant))).scalars())
    missing = [states[uid] for uid in sorted(states) if uid not in there]
    await _INSERT_FINDINGS.execute(connection, [_row(state, version=0) for state in missing])
    locked = select(FINDINGS).where(is_meant).order_by(FINDINGS.c.uid).with_for_update()
    return (await connection.execute(locked)).all()


async def read_messages(connection: AsyncConnection, uids: Collection[UUID]) -> list[FindingMessage]:
    """Reads the whole state of findings as it travels; those that are not there are left out."""
    if not uids:
        return []
    query = select(*MESSAGE_COLUMNS).where(among(FINDINGS.c.uid, uids, connection)).order_by(FINDINGS.c.id)
    return [message_of(row) for row in (await connection.execute(query)).all()]


async def read_standing_messages(connection: AsyncConnection) -> list[FindingMessage]:
    """Reads every finding that is not withdrawn, the earliest first; for a database in memory, which holds few."""
    columns = FINDINGS.c
    query = (
        select(*MESSAGE_COLUMNS)
        .where(columns.withdrawn.is_(false()))
        .order_by(columns.first_seen, columns.rule_name, columns.group_key, columns.uid)
    )
    return [message_of(row) for row in (await connection.execute(query)).all()]


def _values(state: FindingState, version: int) -> dict[str, Any]:
    values = {field.name: getattr(state, field.name) for field in fields(state)}
    values["version"] = version
    values["severity_rank"] = state.severity.rank
    values["extra_data"] = {
        "rule_version": state.rule_version,
        "group": state.group,
        "earliest": state.earliest,
        "latest": state.latest,
        "counted": state.counted,
    }
    values["withdrawn"] = state.withdrawn_by is not None
    if state.withdrawn_by is not None:
        values["extra_data"]["withdrawn_by"] = state.withdrawn_by
    return values


def _row(state: FindingState, version: int) -> tuple[Any, ...]:
    values = _values(state, version)
    return tuple(values[name] for name in (*_IDENTITY, *_STATE))


def _changes(state: FindingState, version: int) -> dict[str, Any]:
    values = _values(state, version)
    return {"of_uid": state.uid, **{f"new_{name}": values[name] for name in _CHANGING}}


def _state_of(row: Row[Any]) -> FindingState:
    extra = row.extra_data
    columns = {name: getattr(row, name) for name in (*_IDENTITY, *_STATE)}
    for name in ("extra_data", "severity_rank", "version", "withdrawn"):
        del columns[name]
    return FindingState(
        **{**columns, "tags": tuple(row.tags)},
        severity=Severity.of_rank(row.severity_rank),
        group=extra["group"],
        earliest=extra["earliest"],
        latest=extra["latest"],
        counted=extra["counted"],
        withdrawn_by=extra.get("withdrawn_by"),
    )
