"""What surrounds every request: its id, security headers, metrics, a log line, and an answer when all else failed."""

import asyncio
import re
import time
from collections.abc import MutableMapping
from typing import Any, Final
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mcm_api.http.metrics import observe
from mcm_api.http.problems import problem_response, retry_after

log = structlog.get_logger()

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")
_SECURITY_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    # a page of ours (docs, dashboard) brings its own, wider one
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


class RequestContext:
    """Wraps the app, so that no answer leaves without a request id and the security headers.

    A request's own ``X-Request-ID`` is kept when it is 1 to 128 letters, digits, dots, dashes and underscores. HEAD is
    answered like GET, without the body.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope).get("x-request-id", ""))
        scope.setdefault("state", {})["request_id"] = request_id
        status = 500
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal status, started
            if message["type"] == "http.response.start":
                status, started = message["status"], True
                _complete(message, request_id)
            await send(message)

        # a copy: the server leaves out the body by the method it knows
        inner: MutableMapping[str, Any] = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        begun = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                if "\x00" in scope["path"]:
                    # neither a database nor a file system holds such a name; both fail on one
                    detail = "The path holds a NUL character; nothing has such a name."
                    await problem_response(request_id, 404, detail)(inner, receive, send_with_headers)
                    return
                await self._app(inner, receive, send_with_headers)
            except ClientDisconnect:
                status = 499  # the client has gone; nginx uses the same number
            except asyncio.CancelledError:
                # the server cancels a request only when it stops and the time to finish is over
                if started:
                    raise
                detail = "The server is stopping; try again in a moment."
                await problem_response(request_id, 503, detail, headers=retry_after())(
                    inner, receive, send_with_headers
                )
            except Exception:
                if started:
                    raise
                log.exception("a request failed")
                detail = "Something went wrong on our side; the log has more under this request id."
                await problem_response(request_id, 500, detail)(inner, receive, send_with_headers)
            finally:
                route = getattr(inner.get("route"), "path", None) or "unmatched"
                observe(scope["method"], route, status, time.perf_counter() - begun)


def _request_id(given: str) -> str:
    return given if _REQUEST_ID.fullmatch(given) else uuid4().hex


def _complete(message: Message, request_id: str) -> None:
    headers = MutableHeaders(scope=message)
    headers["X-Request-ID"] = request_id
    for name, value in _SECURITY_HEADERS.items():
        headers.setdefault(name, value)
