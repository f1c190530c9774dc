"""Health, readiness and metrics over HTTP."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from mcm_api.health.dependencies import ReadinessDep
from mcm_api.health.schemas import Health, Ready
from mcm_api.http.problems import ProblemError, retry_after
from mcm_api.http.strict_route import StrictRoute
from mcm_api.identity.identity import identity_of
from mcm_api.identity.scopes import Scope, requires

router = APIRouter(tags=["health"], route_class=StrictRoute)


@router.get("/health", openapi_extra=requires(Scope.PUBLIC), summary="Liveness check")
async def get_health() -> Health:
    """Liveness check: responds while the process runs, whatever is down."""
    return Health()


@router.get("/ready", openapi_extra=requires(Scope.PUBLIC), summary="Readiness check")
async def get_readiness(request: Request, readiness: ReadinessDep) -> Ready:
    """Readiness check: 200 when every dependency is available, else 503; within 2 seconds.

    With the scope pipeline:read the response lists the dependencies, and the `missing` ones with the reason.
    """
    missing = await readiness.missing()
    identity = identity_of(request)
    if identity is None or not identity.has(Scope.PIPELINE_READ):
        if missing:
            raise ProblemError(503, "Not ready; log in to see what is missing.", headers=retry_after())
        return Ready(dependencies=[])
    if missing:
        named = "; ".join(f"{one.name}: {one.reason}" for one in missing)
        raise ProblemError(503, f"Not ready: {named}.", headers=retry_after(), extra={"missing": missing})
    return Ready(dependencies=list(readiness.probes))


@router.get(
    "/metrics",
    openapi_extra=requires(Scope.METRICS_READ, unrestricted=True),
    summary="Metrics for Prometheus",
    response_class=PlainTextResponse,
)
async def get_metrics() -> Response:
    """Returns the metrics of the process in the Prometheus text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
