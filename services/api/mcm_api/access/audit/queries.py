"""Reading the audit trail."""

import csv
import io
from collections.abc import AsyncGenerator, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, RowMapping, or_, select

from mcm_api.access.audit.cursor import AuditCursor
from mcm_api.access.audit.schemas import AuditEntryResponse, AuditFilter, AuditPage
from mcm_api.http.spreadsheet import defused
from mcm_api.identity.restriction import Restriction
from mcm_shared.db.access_tables import AUDIT_LOG
from mcm_shared.db.engine import AsyncEngine, transaction

COLUMNS: Final = (
    "seq", "at", "actor", "via", "action", "target", "before", "after", "request_id", "prev_hash", "hash",
)  # fmt: skip
"""What a file has of an entry, in this order."""

_ENTRY: Final = AUDIT_LOG.c
_BATCH: Final = 500


async def read_entries(engine: AsyncEngine, query: AuditFilter, restriction: Restriction) -> AuditPage:
    """Reads a page of entries, newest first."""
    conditions = _conditions(query, restriction)
    page = select(AUDIT_LOG).where(*conditions).order_by(_ENTRY.seq.desc()).limit(query.limit + 1)
    async with transaction(engine, read_only=True) as connection:
        rows = (await connection.execute(page)).mappings().all()
        actions = (await connection.execute(select(_ENTRY.action).distinct().order_by(_ENTRY.action))).scalars().all()
    shown = rows[: query.limit]
    following = AuditCursor(shown[-1]["seq"]).encode() if len(rows) > query.limit else None
    items = [AuditEntryResponse.model_validate(_values(row)) for row in shown]
    return AuditPage(items=items, next=following, actions=list(actions))


async def export_entries(
    engine: AsyncEngine, query: AuditFilter, restriction: Restriction
) -> AsyncGenerator[bytes, None]:
    """Yields a file of all entries that match, oldest first, in the canonical form that hashes are computed from."""
    conditions = _conditions(query, restriction)
    if query.format == "csv":
        yield _lines([COLUMNS])
    after = 0
    while True:
        batch = select(AUDIT_LOG).where(*conditions, _ENTRY.seq > after).order_by(_ENTRY.seq).limit(_BATCH)
        async with transaction(engine, read_only=True) as connection:
            rows = (await connection.execute(batch)).mappings().all()
        if not rows:
            return
        after = rows[-1]["seq"]
        if query.format == "csv":
            yield _lines([[defused(_cell(row[name])) for name in COLUMNS] for row in rows])
        else:
            yield b"".join(orjson.dumps(_values(row), option=orjson.OPT_UTC_Z) + b"\n" for row in rows)


def _conditions(query: AuditFilter, restriction: Restriction) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.actor is not None:
        conditions.append(_ENTRY.actor == query.actor)
    if query.target is not None:
        conditions.append(_ENTRY.target == query.target)
    if query.action:
        conditions.append(or_(*(_action(action) for action in sorted(set(query.action)))))
    starts, ends = (query.from_timestamp, restriction.start), (query.to_timestamp, restriction.end)
    conditions += [_ENTRY.at >= start for start in starts if start is not None]
    conditions += [_ENTRY.at < end for end in ends if end is not None]
    if query.before is not None:
        conditions.append(_ENTRY.seq < AuditCursor.decode(query.before).seq)
    return conditions


def _action(action: str) -> ColumnElement[bool]:
    column: ColumnElement[str] = _ENTRY.action
    return column.startswith(action, autoescape=True) if action.endswith(".") else column == action


def _values(row: RowMapping) -> dict[str, Any]:
    values = {name: row[name] for name in COLUMNS}
    for name in ("before", "after"):
        values[name] = None if values[name] is None else orjson.loads(values[name])
    return values


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else str(value)


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows(rows)
    return written.getvalue().encode()
