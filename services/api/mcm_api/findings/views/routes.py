"""Saved views over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from mcm_api.access.audit.recorder import AuditDep
from mcm_api.access.bodies import body_of, read_model
from mcm_api.database import DatabaseDep, DatabaseWriterDep
from mcm_api.findings.views.queries import change_view, create_view, delete_view, read_view, read_views
from mcm_api.findings.views.schemas import ViewRequest, ViewResponse
from mcm_api.http.problems import problem_answers
from mcm_api.http.strict_route import StrictRoute
from mcm_api.identity.identity import IdentityDep
from mcm_api.identity.scopes import Scope, requires
from mcm_api.resources.clock import ClockDep

router = APIRouter(prefix="/views", tags=["views"], route_class=StrictRoute)

ViewId = Annotated[UUID, Path(description="The view's `id`")]


@router.get("", openapi_extra=requires(Scope.FINDINGS_READ), summary="List the own views")
async def list_views(reader: DatabaseDep, identity: IdentityDep) -> list[ViewResponse]:
    """Lists the views that you saved, by name."""
    return await read_views(reader, identity)


@router.post(
    "",
    status_code=201,
    openapi_extra=requires(Scope.FINDINGS_READ, requestBody=body_of(ViewRequest)),
    summary="Save a view",
    responses=problem_answers(408, 409, 413, 415),
)
async def post_view(
    request: Request,
    reader: DatabaseDep,
    writer: DatabaseWriterDep,
    clock: ClockDep,
    audit: AuditDep,
    identity: IdentityDep,
) -> ViewResponse:
    """Saves filter, columns and order of the list of findings under a name that you have not used yet."""
    given = await read_model(request, ViewRequest)
    view_id = await create_view(writer, audit, identity, given, clock.now())
    return await read_view(reader, identity, view_id)


@router.get(
    "/{view_id}",
    openapi_extra=requires(Scope.FINDINGS_READ),
    summary="Open a view",
    responses=problem_answers(404),
)
async def get_view(view_id: ViewId, reader: DatabaseDep, identity: IdentityDep) -> ViewResponse:
    """Returns a view, also one that another user shared: its link selects among the findings that you may read."""
    return await read_view(reader, identity, view_id)


@router.put(
    "/{view_id}",
    openapi_extra=requires(Scope.FINDINGS_READ, requestBody=body_of(ViewRequest)),
    summary="Change a view",
    responses=problem_answers(404, 408, 409, 413, 415),
)
async def put_view(
    request: Request,
    view_id: ViewId,
    reader: DatabaseDep,
    writer: DatabaseWriterDep,
    clock: ClockDep,
    audit: AuditDep,
    identity: IdentityDep,
) -> ViewResponse:
    """Replaces a view that you saved; its link stays the same."""
    given = await read_model(request, ViewRequest)
    await change_view(writer, audit, identity, view_id, given, clock.now())
    return await read_view(reader, identity, view_id)


@router.delete(
    "/{view_id}",
    openapi_extra=requires(Scope.FINDINGS_READ),
    status_code=204,
    summary="Delete a view",
    responses=problem_answers(404),
)
async def remove_view(view_id: ViewId, writer: DatabaseWriterDep, audit: AuditDep, identity: IdentityDep) -> Response:
    """Deletes a view that you saved; its link then leads nowhere."""
    await delete_view(writer, audit, identity, view_id)
    return Response(status_code=204)
