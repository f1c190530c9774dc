"""Rows of saved views, and their changes with an entry in the audit trail in the same transaction."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from pydantic import ValidationError
from sqlalchemy import RowMapping, delete, func, insert, select, update

from mcm_api.access.audit.recorder import AuditRecorder
from mcm_api.access.store.audit_log import append_entries
from mcm_api.database import DatabaseReader, DatabaseWriter
from mcm_api.findings.views.schemas import ViewColumn, ViewFilter, ViewRequest, ViewResponse
from mcm_api.http.problems import ProblemError
from mcm_api.identity.identity import Identity
from mcm_shared.db.engine import AsyncConnection, transaction
from mcm_shared.db.tables import SAVED_VIEWS
from mcm_shared.errors import DataRefusedError

MAX_VIEWS: Final = 100
"""Views of one user."""

_VIEW: Final = SAVED_VIEWS.c


async def read_views(reader: DatabaseReader, identity: Identity) -> list[ViewResponse]:
    """Reads one's own views, by name."""
    query = select(SAVED_VIEWS).where(_VIEW.owner == _owner(identity)).order_by(func.lower(_VIEW.name), _VIEW.id)
    async with reader.transaction() as connection:
        rows = (await connection.execute(query)).mappings().all()
    return [_response(row, identity) for row in rows]


async def read_view(reader: DatabaseReader, identity: Identity, view_id: UUID) -> ViewResponse:
    """Reads a view, of any owner; raises ProblemError 404 when there is none."""
    async with reader.transaction() as connection:
        return _response(await _find(connection, view_id), identity)


async def create_view(
    writer: DatabaseWriter, audit: AuditRecorder, identity: Identity, request: ViewRequest, now: datetime
) -> UUID:
    """Saves a view and returns its id; raises ProblemError 409 for a name in use, and for too many views."""
    owner, view_id = _owner(identity), uuid4()
    values = _values(request)
    row = {"id": view_id, "owner": owner, "owner_name": identity.name, "created_at": now, "changed_at": now, **values}
    try:
        async with transaction(writer.engine) as connection:
            count = select(func.count()).select_from(SAVED_VIEWS).where(_VIEW.owner == owner)
            if (await connection.execute(count)).scalar_one() >= MAX_VIEWS:
                raise ProblemError(409, f"You have {MAX_VIEWS} views already; delete those that are not needed.")
            await connection.execute(insert(SAVED_VIEWS).values(row))
            await append_entries(connection, [audit.entry("view.create", str(view_id), after=values)])
    except DataRefusedError as error:
        raise _name_in_use(request) from error
    return view_id


async def change_view(
    writer: DatabaseWriter,
    audit: AuditRecorder,
    identity: Identity,
    view_id: UUID,
    request: ViewRequest,
    now: datetime,
) -> None:
    """Replaces a view; raises ProblemError: 403 for another user's, 404 for none, 409 for a name in use."""
    values = _values(request)
    try:
        async with transaction(writer.engine) as connection:
            before = await _find_own(connection, identity, view_id)
            await connection.execute(update(SAVED_VIEWS).where(_VIEW.id == view_id).values(changed_at=now, **values))
            entry = audit.entry("view.change", str(view_id), before=_shown(before), after=values)
            await append_entries(connection, [entry])
    except DataRefusedError as error:
        raise _name_in_use(request) from error


async def delete_view(writer: DatabaseWriter, audit: AuditRecorder, identity: Identity, view_id: UUID) -> None:
    """Deletes a view; raises ProblemError: 403 for another user's, 404 for none."""
    async with transaction(writer.engine) as connection:
        before = await _find_own(connection, identity, view_id)
        await connection.execute(delete(SAVED_VIEWS).where(_VIEW.id == view_id))
        await append_entries(connection, [audit.entry("view.delete", str(view_id), before=_shown(before))])


def _owner(identity: Identity) -> str:
    return identity.name if identity.user_id is None else str(identity.user_id)


async def _find(connection: AsyncConnection, view_id: UUID) -> RowMapping:
    row = (await connection.execute(select(SAVED_VIEWS).where(_VIEW.id == view_id))).mappings().one_or_none()
    if row is None:
        raise ProblemError(404, f"There is no view with id {view_id}; its owner may have deleted it.")
    return row


async def _find_own(connection: AsyncConnection, identity: Identity, view_id: UUID) -> RowMapping:
    row = await _find(connection, view_id)
    if row["owner"] != _owner(identity):
        raise ProblemError(403, "This view belongs to another user; save it as a view of your own.")
    return row


def _name_in_use(request: ViewRequest) -> ProblemError:
    return ProblemError(409, f"You have a view with the name {request.name!r} already; choose another name.")


def _values(request: ViewRequest) -> dict[str, Any]:
    return request.model_dump(mode="json", exclude={"filter"}) | {
        "filter": request.filter.model_dump(mode="json", exclude_none=True)
    }


def _shown(row: RowMapping) -> dict[str, Any]:
    return {name: row[name] for name in ViewRequest.model_fields}


def _response(row: RowMapping, identity: Identity) -> ViewResponse:
    try:
        filters = ViewFilter.model_validate(row["filter"])
    except ValidationError:
        # of another version: the view shows nothing else than what was saved, so it shows nothing
        filters = None
    known = {column.value for column in ViewColumn}
    return ViewResponse(
        id=row["id"],
        name=row["name"],
        owner=row["owner_name"],
        mine=row["owner"] == _owner(identity),
        filter=filters,
        columns=[ViewColumn(name) for name in row["columns"] if name in known] if row["columns"] else None,
        sort=row["sort"],
        order=row["order"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
    )
