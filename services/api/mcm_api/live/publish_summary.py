"""Telling everyone who listens the figures as they change: one query for all, and none when nobody listens."""

import asyncio
from typing import Final

import structlog

from mcm_api.database import Reader
from mcm_api.live.broadcaster import Broadcaster
from mcm_api.live.schemas import StreamSummary
from mcm_api.stats.queries.figures import read_figures
from mcm_api.stats.rate import EventRate
from mcm_shared.errors import McmError

log = structlog.get_logger()

_EVERY_S: Final = 1.0
_IDLE_EVERY_S: Final = 5.0


async def publish_summary(broadcaster: Broadcaster, reader: Reader, rate: EventRate) -> None:
    """Tells the figures, at most once a second and only when they changed, until it is cancelled."""
    told: StreamSummary | None = None
    heard_by = 0
    idle_s = 0.0
    while True:
        if broadcaster.subscribers or idle_s >= _IDLE_EVERY_S:
            idle_s = 0.0
            summary = await _figures(reader, rate)
            # who came since has heard none yet
            if summary is not None and (summary != told or len(broadcaster.subscribers) > heard_by):
                broadcaster.tell("summary", summary.model_dump(mode="json"))
                told = summary
            heard_by = len(broadcaster.subscribers)
        await asyncio.sleep(_EVERY_S)
        idle_s += _EVERY_S


async def _figures(reader: Reader, rate: EventRate) -> StreamSummary | None:
    try:
        figures = await read_figures(reader)
    except McmError:
        # what is wrong is said by /ready and by every request
        return None
    except Exception:
        log.exception("the figures cannot be told and are tried again")
        return None
    return StreamSummary(**figures, events_per_second=rate.count(figures["total_events"]))
