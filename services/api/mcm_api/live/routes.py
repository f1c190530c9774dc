"""The live stream over HTTP."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from mcm_api.http.parameters import RuleName, UserName
from mcm_api.http.problems import RETRY_AFTER, ProblemError, ProblemItem, invalid
from mcm_api.http.strict_route import StrictRoute
from mcm_api.live.dependencies import StreamDep
from mcm_api.live.frames import FrameFilter
from mcm_api.live.position import MAX_POSITION, decode_position
from mcm_api.live.replay import stream_frames
from mcm_shared.contracts.findings import Severity

router = APIRouter(tags=["live"], route_class=StrictRoute)


class FrameStream(StreamingResponse):
    """Sends frames that are written already; FastAPI's own class writes them once for each listener."""

    media_type = "text/event-stream"


_FRAMES: Final[dict[str, Any]] = {
    "description": "Frames until the connection ends: `finding`, `summary`, `heartbeat`, `resync`",
    "content": {
        "text/event-stream": {
            "schema": {"type": "string"},
            "example": "event: heartbeat\ndata: {}\nid: 12.0.7~3.0.1\n\n",
        }
    },
}


@router.get(
    "/stream",
    summary="Listen to what changes",
    response_class=FrameStream,
    responses={200: _FRAMES},
)
async def listen(
    stream: StreamDep,
    after: Annotated[
        str | None,
        Query(max_length=MAX_POSITION, description="Go on after this position: `position` of a page, or a frame's id"),
    ] = None,
    severity: Annotated[list[Severity] | None, Query(max_length=20, description="Only findings of these")] = None,
    user: Annotated[list[UserName] | None, Query(max_length=100, description="Only findings of these users")] = None,
    rule: Annotated[list[RuleName] | None, Query(max_length=100, description="Only findings of these rules")] = None,
    last_event_id: Annotated[
        str | None, Header(max_length=MAX_POSITION, description="As browsers send it; goes before `after`")
    ] = None,
) -> FrameStream:
    """Sends server-sent events for as long as you listen, each with the position after it as its `id`.

    `finding`: the whole state of a finding that was raised, changed or enriched (`StreamFinding`). `summary`: the
    figures, at most once a second (`StreamSummary`). `heartbeat`: at the start and every 5 s, with
    the dependencies that are missing (`StreamHeartbeat`). `resync`: the position
    is too old or you read too slowly (`StreamResync`): fetch everything afresh and listen anew.
    """
    position = last_event_id or after
    try:
        since = (
            None if position is None or stream.kafka is None else decode_position(stream.broadcaster.topics, position)
        )
    except ValueError as error:
        name = "Last-Event-ID" if last_event_id else "after"
        raise invalid(f"{name} {error}", [ProblemItem(parameter=name, reason=str(error))]) from None
    if len(stream.broadcaster.subscribers) >= stream.max_subscribers:
        raise ProblemError(
            503, "The API serves as many streams as it may (MCM_API_MAX_STREAMS); try again later.", headers=RETRY_AFTER
        )
    filters = FrameFilter(frozenset(severity or ()), frozenset(user or ()), frozenset(rule or ()))
    # proxies must hand on each frame as it comes
    return FrameStream(
        stream_frames(stream.broadcaster, stream.kafka, filters, since), headers={"X-Accel-Buffering": "no"}
    )
