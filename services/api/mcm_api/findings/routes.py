"""Findings over HTTP."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, BackgroundTasks, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from mcm_api.app_state import DatabaseDep, EnrichmentDep, StreamDep
from mcm_api.events.queries.details import events_of_finding
from mcm_api.events.schemas import EventPage
from mcm_api.findings.export import MEDIA_TYPES, export_findings
from mcm_api.findings.feedback import FEEDBACK_BODY, read_feedback_body
from mcm_api.findings.filters import FindingFilter, FindingQuery
from mcm_api.findings.queries.facets import count_facets
from mcm_api.findings.queries.pages import find_findings, read_page
from mcm_api.findings.schemas import MAX_ENRICHED_AT_ONCE, Finding, FindingFacets, FindingPage
from mcm_api.http.json_response import json_response
from mcm_api.http.parameters import RowId
from mcm_api.http.problems import ProblemError, problem_answers
from mcm_api.http.strict_route import StrictRoute
from mcm_enricher import set_feedback

router = APIRouter(tags=["findings"], route_class=StrictRoute)

_FILES: Final[dict[str, Any]] = {
    "text/csv": {"schema": {"type": "string"}},
    "application/x-ndjson": {"schema": {"type": "string"}},
}

FindingId = Annotated[RowId, Path(description="The finding's `id`", examples=[17])]


@router.get("/findings", summary="List findings", response_model=FindingPage, responses={200: {"content": _FILES}})
async def list_findings(wanted: Annotated[FindingQuery, Query()], reader: DatabaseDep, follows: StreamDep) -> Response:
    """Lists findings, newest first unless asked otherwise, with the number of all that match.

    To read on, give `next` as `before`: it stays fast however far it leads. With `format` the answer is a file of all
    that match; a cell that a spreadsheet would take for a formula begins with an apostrophe then.
    """
    if wanted.format != "json":
        headers = {"Content-Disposition": f'attachment; filename="findings.{wanted.format}"'}
        file = export_findings(reader, wanted)
        return StreamingResponse(file, media_type=MEDIA_TYPES[wanted.format], headers=headers)
    # before the query: what changes while it runs is heard of again
    position = follows.broadcaster.position
    items, total, following = await read_page(reader, wanted)
    return json_response(
        {
            "items": items,
            "total": total,
            "page": wanted.page,
            "page_size": wanted.page_size,
            "next": following,
            "position": position,
        }
    )


@router.get("/findings/facets", summary="Count findings by what one may filter them by")
async def get_finding_facets(wanted: Annotated[FindingFilter, Query()], reader: DatabaseDep) -> FindingFacets:
    """Counts findings by severity, rule, source, user and enrichment, each by every filter but its own."""
    return await count_facets(reader, wanted)


@router.get("/findings/{finding_id}", summary="Get a finding", responses=problem_answers(404))
async def get_finding(finding_id: FindingId, reader: DatabaseDep) -> Finding:
    """Gets one finding as it stands now."""
    return _only(await find_findings(reader, [finding_id]), finding_id)


@router.get("/findings/{finding_id}/events", summary="List the events of a finding", responses=problem_answers(404))
async def list_finding_events(
    finding_id: FindingId,
    reader: DatabaseDep,
    limit: Annotated[int, Query(ge=1, le=500, description="Events to give, at most")] = 100,
) -> EventPage:
    """Lists the events of its earliest and latest detection and those that completed them, the oldest first."""
    finding = _only(await find_findings(reader, [finding_id]), finding_id)
    items, total = await events_of_finding(reader, finding, limit)
    return EventPage(items=items, total=total)


@router.post("/findings/{finding_id}/enrich_with_ai", summary="Explain a finding now", responses=problem_answers(404))
async def enrich_finding(
    finding_id: FindingId, explains: EnrichmentDep, reader: DatabaseDep, afterwards: BackgroundTasks
) -> Finding:
    """Scores and explains one finding now, also when it was explained before, and gives it as it stands after."""
    afterwards.add_task(explains.tell, await explains.explain([finding_id]))
    return _only(await find_findings(reader, [finding_id]), finding_id)


@router.put(
    "/findings/{finding_id}/feedback",
    summary="Say what you think of an explanation",
    openapi_extra={"requestBody": FEEDBACK_BODY},
    responses=problem_answers(404, 408, 409, 413, 415),
)
async def put_feedback(
    request: Request, finding_id: FindingId, explains: EnrichmentDep, reader: DatabaseDep
) -> Finding:
    """Stores what you think of a finding's explanation, in place of what was thought before, and gives the finding.

    It is counted in `/stats/ai` for what wrote the explanation.
    """
    given = await read_feedback_body(request)
    stored = await set_feedback(explains.engine, finding_id, given.verdict, given.comment)
    finding = _only(await find_findings(reader, [finding_id]), finding_id)
    if stored is None:
        raise ProblemError(409, f"Finding {finding_id} has no explanation yet; have it explained first.")
    return finding


@router.post("/findings/enrich_all_missing", summary="Explain findings that have no score yet")
async def enrich_missing_findings(
    explains: EnrichmentDep,
    reader: DatabaseDep,
    afterwards: BackgroundTasks,
    limit: Annotated[int, Query(ge=1, le=MAX_ENRICHED_AT_ONCE, description="Findings to explain, at most")] = 50,
) -> list[Finding]:
    """Scores and explains findings that were not yet, the oldest first, and gives those it updated."""
    enriched = await explains.explain_missing(limit)
    afterwards.add_task(explains.tell, enriched)
    return await find_findings(reader, [finding.id for finding in enriched])


def _only(found: list[Finding], finding_id: int) -> Finding:
    if not found:
        raise ProblemError(404, f"There is no finding with id {finding_id}.")
    return found[0]
