"""Findings over HTTP."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, BackgroundTasks, Query, Request, Response
from fastapi.responses import StreamingResponse

from mcm_api.access.audit.recorder import AuditDep
from mcm_api.access.exports import ExportsDep
from mcm_api.database import DatabaseDep
from mcm_api.findings.dependencies import EnrichmentDep
from mcm_api.findings.export import MEDIA_TYPES, export_findings
from mcm_api.findings.feedback import FEEDBACK_BODY, read_feedback_body
from mcm_api.findings.filters import FindingQuery
from mcm_api.findings.queries.facets import count_facets
from mcm_api.findings.queries.history import read_history
from mcm_api.findings.queries.pages import read_page
from mcm_api.findings.schemas import MAX_ENRICHED_AT_ONCE, FindingChange, FindingFacets, FindingPage
from mcm_api.http.json_response import json_response
from mcm_api.http.problems import ProblemError, problem_answers
from mcm_api.http.strict_route import StrictRoute
from mcm_api.identity.scopes import Scope, requires
from mcm_api.resources.findings import FindingId, FindingResponse
from mcm_api.resources.queries.findings import no_finding, read_finding, read_findings
from mcm_api.resources.stream_position import StreamPositionDep
from mcm_enricher import set_feedback
from mcm_shared.contracts.finding_filter import FindingFilter

router = APIRouter(tags=["findings"], route_class=StrictRoute)

_FILES: Final[dict[str, Any]] = {
    "text/csv": {"schema": {"type": "string"}},
    "application/x-ndjson": {"schema": {"type": "string"}},
}


@router.get(
    "/findings",
    openapi_extra=requires(Scope.FINDINGS_READ),
    summary="List findings",
    response_model=FindingPage,
    responses={200: {"content": _FILES}},
)
async def list_findings(
    query: Annotated[FindingQuery, Query()],
    reader: DatabaseDep,
    stream: StreamPositionDep,
    exports: ExportsDep,
) -> Response:
    """Lists findings, newest first unless asked otherwise, with the number of all that match.

    Findings that later evidence withdrew are left out unless `state` asks for them, and those that an exception
    suppresses unless `suppressed` asks for them; the facets count them.

    To read on, give `next` as `before`: it stays fast however far it leads. With `format` the answer is a file of all
    that match; a cell that a spreadsheet would take for a formula begins with an apostrophe then.
    """
    if query.format != "json":
        filters = query.model_dump(mode="json", include=set(FindingFilter.model_fields), exclude_none=True)
        await exports.start(Scope.FINDINGS_EXPORT, "findings.export", filters, query.format)
        headers = {"Content-Disposition": f'attachment; filename="findings.{query.format}"'}
        return StreamingResponse(export_findings(reader, query), media_type=MEDIA_TYPES[query.format], headers=headers)
    # read before the query: the stream repeats what changes while the query runs
    position = stream.current()
    items, total, following = await read_page(reader, query)
    return json_response(
        {
            "items": items,
            "total": total,
            "page": query.page,
            "page_size": query.page_size,
            "next": following,
            "position": position,
        }
    )


@router.get(
    "/findings/facets",
    openapi_extra=requires(Scope.FINDINGS_READ),
    summary="Count findings by facet",
)
async def get_finding_facets(filters: Annotated[FindingFilter, Query()], reader: DatabaseDep) -> FindingFacets:
    """Counts findings by severity, status, rule, source and so on, each by every filter but its own."""
    return await count_facets(reader, filters)


@router.get(
    "/findings/{finding_id}",
    openapi_extra=requires(Scope.FINDINGS_READ),
    summary="Get a finding",
    responses=problem_answers(404),
)
async def get_finding(finding_id: FindingId, reader: DatabaseDep, response: Response) -> FindingResponse:
    """Returns the current state of a finding; the header `ETag` is its `triage_version`, for `If-Match`."""
    finding = await read_finding(reader, finding_id)
    response.headers["ETag"] = f'"{finding.triage_version}"'
    return finding


@router.get(
    "/findings/{finding_id}/history",
    openapi_extra=requires(Scope.FINDINGS_READ),
    summary="List when a finding stood and was withdrawn",
    responses=problem_answers(404),
)
async def get_finding_history(finding_id: FindingId, reader: DatabaseDep) -> list[FindingChange]:
    """Lists the changes of a recomputed rule's finding between standing and withdrawn, the first change first."""
    changes = await read_history(reader, finding_id)
    if changes is None:
        raise no_finding(finding_id)
    return changes


@router.post(
    "/findings/{finding_id}/enrich_with_ai",
    openapi_extra=requires(Scope.FINDINGS_ENRICH),
    summary="Explain a finding now",
    responses=problem_answers(404),
)
async def enrich_finding(
    finding_id: FindingId,
    enrichment: EnrichmentDep,
    reader: DatabaseDep,
    background: BackgroundTasks,
    audit: AuditDep,
) -> FindingResponse:
    """Scores and explains a finding now, even if it was explained before, and returns the result."""
    await read_finding(reader, finding_id)
    await audit.record("finding.enrich", str(finding_id))
    background.add_task(enrichment.publish, await enrichment.explain([finding_id]))
    return await read_finding(reader, finding_id)


@router.put(
    "/findings/{finding_id}/feedback",
    summary="Give feedback on an explanation",
    openapi_extra=requires(Scope.FINDINGS_FEEDBACK, requestBody=FEEDBACK_BODY),
    responses=problem_answers(404, 408, 409, 413, 415),
)
async def put_feedback(
    request: Request, finding_id: FindingId, enrichment: EnrichmentDep, reader: DatabaseDep, audit: AuditDep
) -> FindingResponse:
    """Stores feedback on a finding's explanation, replacing earlier feedback, and returns the finding.

    It is counted in `/stats/ai` for what wrote the explanation.
    """
    given = await read_feedback_body(request)
    before = (await read_finding(reader, finding_id)).feedback
    record = audit.in_transaction(
        "finding.feedback",
        str(finding_id),
        before=None if before is None else before.model_dump(include={"verdict", "comment"}),
        after={"verdict": given.verdict, "comment": given.comment},
    )
    stored = await set_feedback(enrichment.engine, finding_id, given.verdict, given.comment, in_transaction=record)
    finding = await read_finding(reader, finding_id)
    if stored is None:
        raise ProblemError(409, f"Finding {finding_id} has no explanation yet; have it explained first.")
    return finding


@router.post(
    "/findings/enrich_all_missing",
    openapi_extra=requires(Scope.FINDINGS_ENRICH, unrestricted=True),
    summary="Explain findings without a score",
)
async def enrich_missing_findings(
    enrichment: EnrichmentDep,
    reader: DatabaseDep,
    background: BackgroundTasks,
    audit: AuditDep,
    limit: Annotated[int, Query(ge=1, le=MAX_ENRICHED_AT_ONCE, description="Findings to explain, at most")] = 50,
) -> list[FindingResponse]:
    """Scores and explains findings without a score, oldest first, and returns those it updated."""
    await audit.record("findings.enrich_missing", after={"limit": limit})
    enriched = await enrichment.explain_missing(limit)
    background.add_task(enrichment.publish, enriched)
    return await read_findings(reader, [finding.id for finding in enriched])
