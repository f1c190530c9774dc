"""Publishing the summary frame: one query a second for all subscribers, and none while there are no subscribers."""

import asyncio
from typing import Final

import structlog

from mcm_api.database import DatabaseReader
from mcm_api.identity.restriction import UNRESTRICTED, Restriction, restricted
from mcm_api.live.broadcaster import Broadcaster
from mcm_api.live.schemas import StreamSummary
from mcm_api.resources.counts import SeverityCounts
from mcm_api.resources.event_rate import EventRate
from mcm_api.resources.queries.figures import count_events, count_severities, count_suppressed, count_unscored
from mcm_shared.errors import McmError

log = structlog.get_logger()

_INTERVAL_S: Final = 1.0
_IDLE_INTERVAL_S: Final = 5.0


async def publish_summary(broadcaster: Broadcaster, reader: DatabaseReader, rate: EventRate) -> None:
    """Publishes the figures until cancelled, at most once a second and only when they changed.

    Subscribers whose identity is restricted get the figures of what they may see.
    """
    published: dict[Restriction, tuple[StreamSummary, int]] = {}
    idle_s = 0.0
    while True:
        subscribers = broadcaster.restrictions()
        if subscribers or idle_s >= _IDLE_INTERVAL_S:
            idle_s = 0.0
            for restriction in subscribers or [UNRESTRICTED]:
                with restricted(restriction):
                    summary = await _read_summary(reader, rate)
                if summary is None:
                    continue
                count = broadcaster.restrictions()[restriction]
                before = published.get(restriction)
                # a new subscriber has not received the unchanged figures yet
                if before is None or summary != before[0] or count > before[1]:
                    broadcaster.announce_summary(summary.model_dump(mode="json"), restriction)
                published[restriction] = summary, count
            published = {restriction: published[restriction] for restriction in subscribers if restriction in published}
        await asyncio.sleep(_INTERVAL_S)
        idle_s += _INTERVAL_S


async def _read_summary(reader: DatabaseReader, rate: EventRate) -> StreamSummary | None:
    try:
        async with reader.transaction() as connection:
            severities = await count_severities(reader, connection)
            total = await count_events(connection)
            suppressed = await count_suppressed(reader, connection)
            active = await reader.cache.active_exceptions(connection)
            unscored = await count_unscored(reader, connection)
    except McmError:
        # /ready and every request report the reason
        return None
    except Exception:
        log.exception("summary not published, trying again")
        return None
    return StreamSummary(
        total_events=total,
        total_findings=sum(severities.values()),
        findings_by_severity=SeverityCounts(**severities),
        suppressed_findings=suppressed,
        active_exceptions=list(active.numbers),
        unenriched=unscored,
        events_per_second=rate.update(total),
    )
