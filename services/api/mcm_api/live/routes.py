"""The live stream over HTTP."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Send
from starlette.types import Scope as ConnectionScope

from mcm_api.access.exports import StreamLimitDep
from mcm_api.access.parts import AccessDep
from mcm_api.http.client_network import client_network
from mcm_api.http.pacing import Pacer
from mcm_api.http.problems import ProblemError, ProblemItem, invalid, retry_after
from mcm_api.http.protocol import SMALL_SEND_BUFFER
from mcm_api.http.strict_route import StrictRoute
from mcm_api.identity.restriction import current_restriction
from mcm_api.identity.scopes import Scope, requires
from mcm_api.live.dependencies import StreamDep
from mcm_api.live.frames import FrameFilter
from mcm_api.live.position import MAX_POSITION, decode_position
from mcm_api.live.replay import stream_frames
from mcm_shared.contracts.findings import Severity
from mcm_shared.contracts.parameters import RuleName, UserName
from mcm_shared.contracts.triage import Label, Status

router = APIRouter(tags=["live"], route_class=StrictRoute)


class FrameStream(StreamingResponse):
    """Sends frames that are written already; FastAPI's own class writes them once for each listener."""

    media_type = "text/event-stream"

    # FastAPI reads the status of the document from the signature
    def __init__(
        self,
        content: AsyncGenerator[bytes, None],
        ended: Callable[[], None],
        pacer: Pacer,
        status_code: int = 200,
        **options: Any,
    ) -> None:
        super().__init__(_paced(content, pacer), status_code, **options)
        self._ended = ended

    async def __call__(self, scope: ConnectionScope, receive: Receive, send: Send) -> None:
        """Sends the frames; the kernel buffers few of them for a client that does not read."""
        buffer_little = scope.get("extensions", {}).get(SMALL_SEND_BUFFER)
        try:
            if buffer_little is not None:
                buffer_little()
            await super().__call__(scope, receive, send)
        finally:
            self._ended()


async def _paced(frames: AsyncGenerator[bytes, None], pacer: Pacer) -> AsyncGenerator[bytes, None]:
    """Waits for a turn before each piece, and lets other tasks run after it.

    A frame for a thousand listeners would otherwise be sent to all of them in one iteration of the event loop. The
    server accepts pieces for a client that has gone without waiting, so that its stream would be read to the end before
    the loop learns of it.
    """
    async with aclosing(frames):
        async for piece in frames:
            await pacer.turn()
            yield piece
            await asyncio.sleep(0)


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
    status_code=200,
    summary="Stream live updates",
    openapi_extra=requires(Scope.FINDINGS_READ),
    response_class=FrameStream,
    responses={200: _FRAMES},
)
async def listen(
    request: Request,
    stream: StreamDep,
    access: AccessDep,
    _limit: StreamLimitDep,
    after: Annotated[
        str | None,
        Query(max_length=MAX_POSITION, description="Resume after this position: `position` of a page, or a frame's id"),
    ] = None,
    severity: Annotated[list[Severity] | None, Query(max_length=20, description="Only findings of these")] = None,
    user: Annotated[list[UserName] | None, Query(max_length=100, description="Only findings of these users")] = None,
    rule: Annotated[list[RuleName] | None, Query(max_length=100, description="Only findings of these rules")] = None,
    status: Annotated[list[Status] | None, Query(max_length=20, description="Only findings of these statuses")] = None,
    assignee: Annotated[
        list[UserName] | None, Query(max_length=100, description="Only findings of these assignees, or `unassigned`")
    ] = None,
    label: Annotated[list[Label] | None, Query(max_length=20, description="Only findings with one of these")] = None,
    suppressed: Annotated[
        list[bool] | None, Query(max_length=2, description="Only suppressed findings, or only others; absent: both")
    ] = None,
    last_event_id: Annotated[
        str | None, Header(max_length=MAX_POSITION, description="As browsers send it; goes before `after`")
    ] = None,
) -> FrameStream:
    """Streams server-sent events; the `id` of each is the position after it.

    `finding`: the whole state of a finding that was raised, changed, enriched or triaged (`StreamFinding`). `summary`:
    the figures, at most once a second (`StreamSummary`). `heartbeat`: at the start and every 5 s, with
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
    address = client_network(access.proxies.client_of(request.scope))
    if stream.streams.total() >= stream.max_streams:
        raise _too_many("serves as many streams as it may (MCM_API_MAX_STREAMS)")
    if stream.streams[address] >= stream.max_streams_per_address:
        raise _too_many("serves as many streams to this address as it may (MCM_API_MAX_STREAMS_PER_ADDRESS)")
    filters = FrameFilter(
        frozenset(severity or ()),
        frozenset(user or ()),
        frozenset(rule or ()),
        frozenset(status or ()),
        frozenset(assignee or ()),
        frozenset(label or ()),
        frozenset(suppressed or ()),
        current_restriction(),
    )
    stream.streams[address] += 1

    def ended() -> None:
        stream.streams[address] -= 1
        if not stream.streams[address]:
            del stream.streams[address]

    # proxies must hand on each frame as it comes
    return FrameStream(stream_frames(stream, filters, since), ended, stream.pacer, headers={"X-Accel-Buffering": "no"})


def _too_many(what: str) -> ProblemError:
    return ProblemError(503, f"The API {what}; try again later.", headers=retry_after())
