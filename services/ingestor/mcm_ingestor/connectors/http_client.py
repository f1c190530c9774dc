"""HTTP client of connectors: JSON over one origin, paced, within limits, with the source's errors by what to do."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx2
import orjson

from mcm_ingestor.connectors.errors import (
    RateLimitedError,
    SourceDownError,
    SourceRefusedError,
    SourceUnauthorisedError,
)
from mcm_ingestor.connectors.source_clock import earlier_clock
from mcm_shared.retry_after import retry_after_s

_TIMEOUT_S: Final = 30.0
_MAX_BODY_BYTES: Final = 64 * 1024 * 1024
_SHOWN: Final = 200
_RESETS: Final = ("x-ratelimit-reset", "x-rate-limit-reset")
_REMAINING: Final = ("x-ratelimit-remaining", "x-rate-limit-remaining")
_LONGEST_RESET_S: Final = 3600.0

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Response:
    """A response: its status, its headers, and its JSON (None for 304)."""

    status: int
    headers: Mapping[str, str]
    data: Any
    links: Mapping[str, str]
    """URLs of the ``Link`` header by relation."""
    asked_at: datetime
    """When the request was sent, by the source's clock or ours, whichever is behind."""


class HttpClient:
    """Gets JSON from one origin, one request at a time and at least ``min_interval_s`` apart.

    ``authorise`` returns the headers of a request; it is asked anew after a 401, once.
    """

    def __init__(
        self,
        client: httpx2.AsyncClient,
        base_url: str,
        authorise: Callable[[bool], Awaitable[Headers]],
        *,
        min_interval_s: float = 0.0,
    ) -> None:
        self._client = client
        self._base = httpx2.URL(base_url)
        self._authorise = authorise
        self._min_interval_s = min_interval_s
        self._turn = asyncio.Lock()
        self._next_at = 0.0

    async def get(self, url: str, params: Mapping[str, Any] | None = None, headers: Headers | None = None) -> Response:
        """Gets a URL, absolute or below the base; raises SourceError.

        A credential is sent to the configured origin only: a link that leads elsewhere is refused.
        """
        target = self._base.join(url) if "://" in url else httpx2.URL(str(self._base).rstrip("/") + url)
        if (target.scheme, target.host, target.port) != (self._base.scheme, self._base.host, self._base.port):
            raise SourceRefusedError(f"the source links to another server, {target.host}; the link is not followed")
        async with self._turn:
            response = await self._send(target, params, headers, renew=False)
            if response.status == httpx2.codes.UNAUTHORIZED:
                response = await self._send(target, params, headers, renew=True)
        _raise_for(response)
        return response

    async def _send(
        self, url: httpx2.URL, params: Mapping[str, Any] | None, headers: Headers | None, *, renew: bool
    ) -> Response:
        credential = await self._authorise(renew)
        await asyncio.sleep(max(0.0, self._next_at - time.monotonic()))
        self._next_at = time.monotonic() + self._min_interval_s
        response = await request_json(
            self._client,
            "GET",
            url,
            params=params,
            headers={"accept": "application/json", **credential, **(headers or {})},
        )
        if any(response.headers.get(name) == "0" for name in _REMAINING):
            self._next_at = max(self._next_at, time.monotonic() + (_seconds_until_reset(response.headers) or 0.0))
        return response


@asynccontextmanager
async def open_client() -> AsyncIterator[httpx2.AsyncClient]:
    """Opens the HTTP client of one source."""
    async with httpx2.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=False) as client:
        yield client


async def request_json(client: httpx2.AsyncClient, method: str, url: httpx2.URL | str, **options: Any) -> Response:
    """Sends a request and decodes the JSON of its response; raises SourceDownError when either fails."""
    body = bytearray()
    sent_at = datetime.now(UTC)
    sent = time.monotonic()
    try:
        async with client.stream(method, url, **options) as response:
            took = timedelta(seconds=time.monotonic() - sent)
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _MAX_BODY_BYTES:
                    raise SourceDownError(f"the response is larger than {_MAX_BODY_BYTES // 2**20} MiB")
    except (httpx2.HTTPError, httpx2.StreamError) as error:
        raise SourceDownError(f"the source cannot be reached: {str(error) or type(error).__name__}") from error
    links = {name: link["url"] for name, link in response.links.items() if name and "url" in link}
    asked_at = earlier_clock(sent_at, response.headers.get("date"), took)
    return Response(
        response.status_code, response.headers, _decoded(response.status_code, bytes(body)), links, asked_at
    )


def _decoded(status: int, body: bytes) -> Any:
    if not body:
        return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        if status == httpx2.codes.OK:
            raise SourceDownError("the response is not JSON, or is cut off") from None
        return body[:_SHOWN].decode(errors="replace")


def _raise_for(response: Response) -> None:
    status = response.status
    if status < httpx2.codes.MULTIPLE_CHOICES or status == httpx2.codes.NOT_MODIFIED:
        return
    wait_s = retry_after_s(response.headers)
    said = f"HTTP {status}{_message(response.data)}"
    limited = wait_s is not None or any(response.headers.get(name) == "0" for name in _REMAINING)
    secondary = "rate limit" in said.lower()
    if status == httpx2.codes.TOO_MANY_REQUESTS or (status == httpx2.codes.FORBIDDEN and (limited or secondary)):
        raise RateLimitedError(
            f"the source asks for fewer requests: {said}",
            retry_after_s=wait_s if wait_s is not None else _seconds_until_reset(response.headers) or 60.0,
        )
    if status in (httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN):
        raise SourceUnauthorisedError(f"the source refuses the credential: {said}; check it and its permissions")
    if status >= httpx2.codes.INTERNAL_SERVER_ERROR or status == httpx2.codes.REQUEST_TIMEOUT:
        raise SourceDownError(f"the source is down: {said}", retry_after_s=wait_s)
    raise SourceRefusedError(f"the source refuses the request: {said}; check the settings of the source")


def _message(data: Any) -> str:
    if isinstance(data, dict):
        error = data.get("error")
        nested = error.get("message") if isinstance(error, dict) else error
        said = data.get("message") or data.get("errorSummary") or nested or data.get("error_description")
    else:
        said = data
    return f": {said[:_SHOWN]}" if isinstance(said, str) and said else ""


def _seconds_until_reset(headers: Headers) -> float | None:
    for name in _RESETS:
        try:
            return min(max(0.0, float(headers[name]) - time.time()), _LONGEST_RESET_S)
        except (KeyError, ValueError):
            continue
    return None
