"""Start pacing: a burst of requests begins over several iterations of the event loop."""

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from mcm_api.http.cross_site import PROBES
from mcm_api.http.pacing import Pacer

MAX_STARTS: Final = 8
"""Requests that begin in one iteration of the event loop."""


class StartPacing:
    """Lets ``max_starts`` requests begin in each iteration of the event loop, in the order of their arrival.

    Hundreds would otherwise begin in one iteration, during which the loop serves nothing else. Health checks do not
    wait for their turn.
    """

    def __init__(self, app: ASGIApp, max_starts: int = MAX_STARTS) -> None:
        self._app = app
        self._pacer = Pacer(max_starts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] == "http" and scope["path"] not in PROBES:
            await self._pacer.turn()
        await self._app(scope, receive, send)
