"""Statistics over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from mcm_api.database import DatabaseDep
from mcm_api.http.strict_route import StrictRoute
from mcm_api.identity.scopes import Scope, requires
from mcm_api.resources.clock import ClockDep
from mcm_api.resources.event_rate import EventRateDep
from mcm_api.resources.stream_position import StreamPositionDep
from mcm_api.resources.triage_targets import TriageTargetsDep
from mcm_api.stats.ai import read_ai_figures
from mcm_api.stats.dependencies import TokenBudgetDep
from mcm_api.stats.queries.figures import read_summary, read_tops
from mcm_api.stats.queries.timeline import read_timeline
from mcm_api.stats.queries.triage import read_triage_figures
from mcm_api.stats.schemas import (
    AiFigures,
    Overview,
    Period,
    Summary,
    SummaryFilter,
    Timeline,
    TimelineFilter,
    TriageFigures,
)

router = APIRouter(tags=["stats"], route_class=StrictRoute)


@router.get("/stats/summary", openapi_extra=requires(Scope.STATS_READ), summary="Get summary statistics")
async def get_summary(filters: Annotated[SummaryFilter, Query()], reader: DatabaseDep) -> Summary:
    """Returns totals, findings by severity, and events by UTC day or hour; of all time by default."""
    return await read_summary(reader, filters)


@router.get("/stats/timeline", openapi_extra=requires(Scope.STATS_READ), summary="Count events and findings over time")
async def get_timeline(query: Annotated[TimelineFilter, Query()], reader: DatabaseDep) -> Timeline:
    """Counts events and findings by minute, hour or day, exactly within the period; all time by default."""
    return await read_timeline(reader, query)


@router.get("/stats/overview", openapi_extra=requires(Scope.STATS_READ), summary="Get the overview")
async def get_overview(
    filters: Annotated[Period, Query()], reader: DatabaseDep, stream: StreamPositionDep, rate: EventRateDep
) -> Overview:
    """Returns the rules and users with the highest risk scores, and the number of findings without an explanation."""
    position = stream.current()
    events, unenriched, rules, users = await read_tops(reader, filters)
    return Overview(
        unenriched=unenriched,
        events_per_second=rate.update(events),
        top_rules=rules,
        top_users=users,
        position=position,
    )


@router.get("/stats/triage", openapi_extra=requires(Scope.STATS_READ), summary="Get statistics of triage")
async def get_triage_stats(reader: DatabaseDep, targets: TriageTargetsDep, clock: ClockDep) -> TriageFigures:
    """Returns open and overdue findings by severity, and how long findings waited to be acknowledged and resolved."""
    return await read_triage_figures(reader, targets, clock.now())


@router.get("/stats/ai", openapi_extra=requires(Scope.STATS_READ), summary="Get statistics of explanations")
async def get_ai_stats(reader: DatabaseDep, budget: TokenBudgetDep) -> AiFigures:
    """Returns explained findings by explainer, feedback by prompt version and model, and tokens by day."""
    return await read_ai_figures(reader, budget)
