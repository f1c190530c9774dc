"""Load shedding: requests beyond those that can be served in time are refused at once."""

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from mcm_api.http.cross_site import PROBES
from mcm_api.http.problems import problem_response, retry_after

_STREAM: Final = "/stream"
_DETAIL: Final = "The server has as many requests in progress as it may (MCM_API_MAX_REQUESTS); try again later."


class LoadShedding:
    """Responds with 503 and Retry-After to requests beyond ``max_requests`` in progress.

    Waiting in line would only make all of them late. Health checks are always served; streams have their own limit.
    """

    def __init__(self, app: ASGIApp, max_requests: int) -> None:
        self._app = app
        self._left = max_requests

    @property
    def has_room(self) -> bool:
        """Whether another request would be served."""
        return self._left > 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http" or scope["path"] in PROBES or scope["path"] == _STREAM:
            await self._app(scope, receive, send)
        elif not self.has_room:
            await problem_response(scope["state"]["request_id"], 503, _DETAIL, headers=retry_after())(
                scope, receive, send
            )
        else:
            self._left -= 1
            try:
                await self._app(scope, receive, send)
            finally:
                self._left += 1
