"""Data of the frames of the live stream."""

from typing import Annotated, Final

from pydantic import BaseModel, Field

from mcm_api.resources.counts import SeverityCounts
from mcm_shared.contracts.triage import TriagedFinding

HEARTBEAT_S: Final = 5.0


class StreamFinding(TriagedFinding):
    """The data of a ``finding`` frame: the whole state of a finding that was raised, changed, enriched or triaged.

    Drop it when its ``version`` or ``triage_version`` is lower than what you have; of equal versions the newer
    ``ai_enriched_at`` counts.
    """


class StreamSummary(BaseModel):
    """The data of a ``summary`` frame: the figures as they are now."""

    total_events: int
    total_findings: int
    findings_by_severity: SeverityCounts
    suppressed_findings: Annotated[int, Field(description="Standing findings that an active exception suppresses")]
    active_exceptions: Annotated[
        list[int],
        Field(description="Their numbers: when they change, what lists and counts show has changed", examples=[[12]]),
    ]
    unenriched: Annotated[int, Field(description="Findings without a risk score")]
    events_per_second: Annotated[
        float, Field(description="Events stored per second, averaged over the last half minute")
    ]


class StreamHeartbeat(BaseModel):
    """The data of a ``heartbeat`` frame: the API is alive, and the dependencies that are down."""

    interval_s: Annotated[float, Field(description="Seconds to the next heartbeat")] = HEARTBEAT_S
    missing: Annotated[
        list[str], Field(description="Dependencies that the API cannot use, as in /ready", examples=[["kafka"]])
    ] = []


class StreamResync(BaseModel):
    """The data of a ``resync`` frame: fetch everything again, then reconnect without a position."""

    reason: Annotated[str, Field(examples=["you read too slowly"])]
