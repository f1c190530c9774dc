"""Health, readiness and metrics over HTTP."""

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from mcm_api.health.dependencies import ReadinessDep
from mcm_api.health.schemas import Health, Ready
from mcm_api.http.problems import RETRY_AFTER, ProblemError
from mcm_api.http.strict_route import StrictRoute

router = APIRouter(tags=["health"], route_class=StrictRoute)


@router.get("/health", summary="Does the process run?")
async def get_health() -> Health:
    """Answers while the process runs, whatever it is missing; for a liveness check."""
    return Health()


@router.get("/ready", summary="Can requests be served?")
async def get_readiness(readiness: ReadinessDep) -> Ready:
    """Answers 200 when every dependency can be used, else 503 with what is `missing`; within 2 seconds."""
    missing = await readiness.missing()
    if missing:
        named = "; ".join(f"{one.name}: {one.reason}" for one in missing)
        raise ProblemError(503, f"Not ready: {named}.", headers=RETRY_AFTER, extra={"missing": missing})
    return Ready(dependencies=list(readiness.probes))


@router.get("/metrics", summary="Metrics for Prometheus", response_class=PlainTextResponse)
async def get_metrics() -> Response:
    """Gives the process's metrics in Prometheus's text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
