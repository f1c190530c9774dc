"""The audit trail over HTTP."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from mcm_api.access.audit.queries import export_entries, read_entries
from mcm_api.access.audit.recorder import AuditDep
from mcm_api.access.audit.schemas import AuditFilter, AuditPage
from mcm_api.access.exports import ExportsDep
from mcm_api.access.parts import AccessDep
from mcm_api.http.json_response import json_response
from mcm_api.http.strict_route import StrictRoute
from mcm_api.identity.identity import IdentityDep
from mcm_api.identity.scopes import Scope, requires

router = APIRouter(tags=["audit"], route_class=StrictRoute)

_MEDIA_TYPES: Final = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}
_FILES: Final[dict[str, Any]] = {
    "text/csv": {"schema": {"type": "string"}},
    "application/x-ndjson": {"schema": {"type": "string"}},
}


@router.get(
    "/audit",
    openapi_extra=requires(Scope.AUDIT_READ, all_sources=True),
    summary="Read the audit trail",
    response_model=AuditPage,
    responses={200: {"content": _FILES}},
)
async def list_audit_entries(
    query: Annotated[AuditFilter, Query()],
    access: AccessDep,
    identity: IdentityDep,
    audit: AuditDep,
    exports: ExportsDep,
) -> Response:
    """Lists the entries of the audit trail, newest first. Reading it is recorded too.

    With `format` the response is a file of all that match, oldest first, which needs the scope `audit:export`.
    """
    filters = query.model_dump(mode="json", exclude_none=True, exclude={"format", "before", "limit"})
    if query.format != "json":
        await exports.start(Scope.AUDIT_EXPORT, "audit.export", filters, query.format)
        headers = {"Content-Disposition": f'attachment; filename="audit.{query.format}"'}
        file = export_entries(access.engine, query, identity.restriction)
        return StreamingResponse(file, media_type=_MEDIA_TYPES[query.format], headers=headers)
    page = await read_entries(access.engine, query, identity.restriction)
    await audit.record_read("audit.read", after={"filter": filters, "count": len(page.items)})
    return json_response(page.model_dump(mode="json"))
