"""Exceptions over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from mcm_api.access.audit.recorder import AuditDep
from mcm_api.access.bodies import body_of, read_model
from mcm_api.access.parts import AccessDep
from mcm_api.database import DatabaseDep, DatabaseWriterDep
from mcm_api.exceptions.evaluate import evaluate_one
from mcm_api.exceptions.manage import act_on_exception, drafted, request_exception, require_filter
from mcm_api.exceptions.queries.counting import preview
from mcm_api.exceptions.read import read_exception_page, read_one_exception
from mcm_api.exceptions.schemas import (
    ExceptionActionRequest,
    ExceptionPage,
    ExceptionPreview,
    ExceptionPreviewRequest,
    ExceptionRequest,
    ExceptionResponse,
)
from mcm_api.http.problems import problem_answers
from mcm_api.http.strict_route import StrictRoute
from mcm_api.identity.identity import IdentityDep
from mcm_api.identity.scopes import Scope, requires
from mcm_api.resources.clock import ClockDep
from mcm_shared.contracts.parameters import RowId

router = APIRouter(tags=["exceptions"], route_class=StrictRoute)

ExceptionNumber = Annotated[RowId, Path(description="The number of the exception, without `EX-`", examples=[12])]


@router.get(
    "/exceptions",
    openapi_extra=requires(Scope.FINDINGS_READ, unrestricted=True),
    summary="List exceptions",
)
async def list_exceptions(
    reader: DatabaseDep,
    clock: ClockDep,
    before: Annotated[RowId | None, Query(description="Only exceptions with a lower number: `next` of a page")] = None,
) -> ExceptionPage:
    """Lists exceptions, 100 at a time and the newest first, with what each hides now and its history."""
    return await read_exception_page(reader, before, clock.now())


@router.get(
    "/exceptions/{number}",
    openapi_extra=requires(Scope.FINDINGS_READ, unrestricted=True),
    summary="Get an exception",
    responses=problem_answers(404),
)
async def get_exception(number: ExceptionNumber, reader: DatabaseDep, clock: ClockDep) -> ExceptionResponse:
    """Returns the current state of an exception, what it hides now and its history."""
    return await read_one_exception(reader, number, clock.now())


@router.post(
    "/exceptions/preview",
    openapi_extra=requires(Scope.EXCEPTIONS_WRITE, unrestricted=True, requestBody=body_of(ExceptionPreviewRequest)),
    summary="Preview an exception",
    responses=problem_answers(408, 413, 415),
)
async def preview_exception(
    request: Request, reader: DatabaseDep, clock: ClockDep, identity: IdentityDep
) -> ExceptionPreview:
    """Counts what an exception would have hidden in the last 30 days, and what it would hide now; changes nothing."""
    given = await read_model(request, ExceptionPreviewRequest)
    draft = drafted(given, identity.name, clock.now())
    async with reader.transaction() as connection:
        await require_filter(connection, given.matcher)
    return await preview(reader, draft, clock.now())


@router.post(
    "/exceptions",
    status_code=201,
    openapi_extra=requires(Scope.EXCEPTIONS_WRITE, unrestricted=True, requestBody=body_of(ExceptionRequest)),
    summary="Request an exception",
    responses=problem_answers(408, 409, 413, 415),
)
async def post_exception(
    request: Request,
    reader: DatabaseDep,
    writer: DatabaseWriterDep,
    clock: ClockDep,
    access: AccessDep,
    audit: AuditDep,
    identity: IdentityDep,
) -> ExceptionResponse:
    """Requests an exception: from its approval until it expires, the findings that it covers are suppressed.

    Another person who may make exceptions approves it. Where there is no other such person, it is approved at once.
    """
    requested = await read_model(request, ExceptionRequest)
    number = await request_exception(writer, access, audit, identity, requested, clock.now())
    await evaluate_one(reader, writer, number)
    return await read_one_exception(reader, number, clock.now())


@router.post(
    "/exceptions/{number}/actions",
    openapi_extra=requires(Scope.EXCEPTIONS_WRITE, unrestricted=True, requestBody=body_of(ExceptionActionRequest)),
    summary="Approve or revoke an exception",
    responses=problem_answers(404, 408, 409, 413, 415),
)
async def act_on_one_exception(
    request: Request,
    number: ExceptionNumber,
    reader: DatabaseDep,
    writer: DatabaseWriterDep,
    clock: ClockDep,
    access: AccessDep,
    audit: AuditDep,
    identity: IdentityDep,
) -> ExceptionResponse:
    """Approves or revokes an exception, and returns the result. Revoked and expired exceptions stay in the list."""
    action = await read_model(request, ExceptionActionRequest)
    await act_on_exception(writer, access, audit, identity, number, action, clock.now())
    return await read_one_exception(reader, number, clock.now())
