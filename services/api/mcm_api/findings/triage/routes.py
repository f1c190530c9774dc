"""Triage over HTTP."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Header, Request, Response

from mcm_api.access.assignees import require_assignee
from mcm_api.access.audit.recorder import AuditDep
from mcm_api.access.bodies import body_of, read_model
from mcm_api.access.parts import AccessDep
from mcm_api.database import DatabaseDep, DatabaseWriterDep
from mcm_api.findings.triage.act import act_on_finding, act_on_findings, expected_version
from mcm_api.findings.triage.publish import TriagePublisherDep
from mcm_api.findings.triage.schemas import ActionRequest, BulkActionRequest, BulkActionResponse, FindingTimeline
from mcm_api.findings.triage.timeline import read_timeline
from mcm_api.http.problems import problem_answers
from mcm_api.http.strict_route import StrictRoute
from mcm_api.identity.scopes import Scope, requires
from mcm_api.resources.findings import FindingId, FindingResponse
from mcm_api.resources.queries.findings import read_finding
from mcm_shared.contracts.triage import ActionKind

router = APIRouter(tags=["findings"], route_class=StrictRoute)


@router.get(
    "/findings/{finding_id}/actions",
    openapi_extra=requires(Scope.FINDINGS_READ),
    summary="Get the timeline of a finding",
    responses=problem_answers(404),
)
async def get_finding_timeline(finding_id: FindingId, reader: DatabaseDep, response: Response) -> FindingTimeline:
    """Returns the timeline of a finding: engine, AI and people, oldest first."""
    timeline = await read_timeline(reader, finding_id)
    response.headers["ETag"] = f'"{timeline.triage_version}"'
    return timeline


@router.post(
    "/findings/{finding_id}/actions",
    openapi_extra=requires(Scope.FINDINGS_TRIAGE, requestBody=body_of(ActionRequest)),
    summary="Act on a finding",
    responses=problem_answers(404, 408, 409, 412, 413, 415),
)
async def act_on_one_finding(
    request: Request,
    response: Response,
    finding_id: FindingId,
    reader: DatabaseDep,
    writer: DatabaseWriterDep,
    access: AccessDep,
    audit: AuditDep,
    publisher: TriagePublisherDep,
    background: BackgroundTasks,
    if_match: Annotated[
        str | None,
        Header(max_length=50, description="The `triage_version` that you saw, in quotes: 412 if it has changed"),
    ] = None,
) -> FindingResponse:
    """Changes status, assignee or labels of a finding or adds a note, and returns the result.

    Actions are appended to the history; each can be reverted by another.
    """
    expected = expected_version(if_match)
    action = await read_model(request, ActionRequest)
    if action.kind is ActionKind.ASSIGN:
        await require_assignee(access, action.value)
    await act_on_finding(writer, audit, finding_id, action, expected)
    background.add_task(publisher.publish, reader, [finding_id])
    finding = await read_finding(reader, finding_id)
    response.headers["ETag"] = f'"{finding.triage_version}"'
    return finding


@router.post(
    "/findings/actions",
    openapi_extra=requires(Scope.FINDINGS_TRIAGE, requestBody=body_of(BulkActionRequest)),
    summary="Act on many findings",
    responses=problem_answers(408, 413, 415),
)
async def act_on_many_findings(
    request: Request,
    reader: DatabaseDep,
    writer: DatabaseWriterDep,
    access: AccessDep,
    audit: AuditDep,
    publisher: TriagePublisherDep,
    background: BackgroundTasks,
) -> BulkActionResponse:
    """Applies an action to the findings with these ids, or on all that match a filter, 1,000 in one request.

    With `dry_run` it only counts. Findings that are in that state already are left as they are.
    """
    action = await read_model(request, BulkActionRequest)
    if action.kind is ActionKind.ASSIGN:
        await require_assignee(access, action.value)
    counts, changed = await act_on_findings(reader, writer, audit, action)
    background.add_task(publisher.publish, reader, changed)
    return counts
