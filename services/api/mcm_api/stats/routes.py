"""Figures over HTTP."""

from fastapi import APIRouter

from mcm_api.app_state import Explains, Reads
from mcm_api.stats.ai import read_ai_figures
from mcm_api.stats.queries import read_summary
from mcm_api.stats.schemas import AiFigures, Summary
from mcm_api.strict_route import StrictRoute

router = APIRouter(tags=["stats"], route_class=StrictRoute)


@router.get("/stats/summary", summary="The figures of the overview")
async def get_summary(reader: Reads) -> Summary:
    """Gives totals, findings by severity, and events by UTC day."""
    return await read_summary(reader)


@router.get("/stats/ai", summary="The figures of explanations")
async def get_ai_stats(reader: Reads, explains: Explains) -> AiFigures:
    """Gives who explained how many findings, what people think of it by prompt version and model, and tokens by day."""
    return await read_ai_figures(reader, explains)
