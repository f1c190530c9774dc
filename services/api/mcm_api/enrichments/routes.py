"""Enrichment jobs over HTTP."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from mcm_api.access.audit.recorder import AuditDep
from mcm_api.database import DatabaseWriterDep
from mcm_api.enrichments.schemas import EnrichmentJob
from mcm_api.http.problems import ProblemError, problem_answers, retry_after
from mcm_api.http.strict_route import StrictRoute
from mcm_api.identity.scopes import Scope, requires
from mcm_enricher import JobProgress, TooManyJobsError, cancel_job, job_progress, start_job
from mcm_shared.contracts.parameters import MAX_ID

router = APIRouter(tags=["enrichments"], route_class=StrictRoute)

JobId = Annotated[UUID, Path(description="The job's `id`", examples=["0f8fad5b-d9cb-469f-a165-70867728950e"])]

_LOCATION: Final = {"Location": {"description": "Where its progress is", "schema": {"type": "string"}}}


@router.post(
    "/enrichments",
    status_code=202,
    summary="Start an enrichment job",
    openapi_extra=requires(Scope.FINDINGS_ENRICH, unrestricted=True),
    responses={202: {"headers": _LOCATION}},
)
async def start_enrichment(
    response: Response,
    writer: DatabaseWriterDep,
    audit: AuditDep,
    limit: Annotated[
        int | None, Query(ge=1, le=MAX_ID, description="Findings to explain, at most, the oldest first; none: all")
    ] = None,
) -> EnrichmentJob:
    """Starts a job for the findings that have no score now; the enricher runs it, also after a restart.

    Each enricher runs one job at a time. A job without findings is done at once. At most ten jobs may be unfinished.
    """
    record = audit.in_transaction("enrichment.start", after={"limit": limit})
    try:
        job_id = await start_job(writer.engine, limit, in_transaction=record)
    except TooManyJobsError as error:
        raise ProblemError(503, f"The job is not started: {error}.", headers=retry_after()) from error
    response.headers["Location"] = f"/enrichments/{job_id}"
    return _job(await job_progress(writer.engine, job_id), job_id)


@router.get(
    "/enrichments/{job_id}",
    openapi_extra=requires(Scope.FINDINGS_ENRICH, unrestricted=True),
    summary="Get the progress of a job",
    responses=problem_answers(404),
)
async def get_enrichment(job_id: JobId, writer: DatabaseWriterDep) -> EnrichmentJob:
    """Returns the progress of a job."""
    return _job(await job_progress(writer.engine, job_id), job_id)


@router.delete(
    "/enrichments/{job_id}",
    openapi_extra=requires(Scope.FINDINGS_ENRICH, unrestricted=True),
    summary="Cancel a job",
    responses=problem_answers(404),
)
async def cancel_enrichment(job_id: JobId, writer: DatabaseWriterDep, audit: AuditDep) -> EnrichmentJob:
    """Ends a job after the batch in hand and says how far it came; one that is over stays as it is.

    What it has explained stays explained.
    """
    record = audit.in_transaction("enrichment.cancel", str(job_id))
    return _job(await cancel_job(writer.engine, job_id, in_transaction=record), job_id)


def _job(progress: JobProgress | None, job_id: UUID) -> EnrichmentJob:
    if progress is None:
        raise ProblemError(404, f"There is no job with id {job_id}.")
    return EnrichmentJob.model_validate(progress)
