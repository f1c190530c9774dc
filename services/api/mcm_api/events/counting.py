"""Counting events by time, type and source."""

from mcm_api.events.schemas import EventFacets, Histogram, HistogramFilter, PeriodFilter
from mcm_api.queries import Reader


async def count_by_time(reader: Reader, wanted: HistogramFilter) -> Histogram:
    """Counts events in steps of their own time."""
    raise NotImplementedError


async def count_facets(reader: Reader, wanted: PeriodFilter) -> EventFacets:
    """Counts events by type and by source."""
    raise NotImplementedError
