"""HTTP protocol of the server: uvicorn's, with timeouts, limits, and its own errors as problem+json."""

import asyncio
import re
import socket
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mcm_api.http.client_network import client_network
from mcm_api.http.connections import ConnectionLimits
from mcm_api.http.problems import problem_response, retry_after

HEADER_TIMEOUT_S: Final = 10.0
"""Seconds for the headers of a request to arrive, from the connection or the first byte on."""

KEEP_ALIVE_S: Final = 75
"""Seconds that a connection may be idle between requests.

Longer than clients and proxies keep theirs, commonly 5 to 60: the side that closes first must be the client, since a
request that crosses the close is reset. Under pressure the connection limits close idle connections earlier.
"""

WRITE_TIMEOUT_S: Final = 30.0
"""Seconds without progress after which the connection of a client that does not read is closed."""

MAX_HEADER_BYTES: Final = 64 * 1024
"""Bytes that the headers of a request may have."""

LINGER_S: Final = 10.0
"""Seconds for the client to read the last response of a connection, or to send the rest of an answered request."""

SMALL_SEND_BUFFER: Final = "mcm.small_send_buffer"
"""ASGI extension: a function that has server and kernel buffer little of a response without end."""

_ABSOLUTE_FORM: Final = re.compile(rb"[^:]*://([^/?#]*)(.*)", re.DOTALL)
_SMALL_SEND_BUFFER_BYTES: Final = 32 * 1024
_SMALL_WRITE_BUFFER_BYTES: Final = 16 * 1024


class BoundedProtocol(HttpToolsProtocol):
    """One connection, within the limits."""

    def __init__(self, limits: ConnectionLimits, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self.timeout_keep_alive = KEEP_ALIVE_S
        self._limits = limits
        self._headers_due: asyncio.TimerHandle | None = None
        self._write_due: asyncio.TimerHandle | None = None
        self._header_bytes = 0
        self._parsed_bytes = 0
        self._in_headers = True
        self._refused = False
        self.address = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Admits a connection, or refuses it with 503."""
        super().connection_made(transport)
        self.address = client_network(self.client[0]) if self.client else ""
        if self._limits.admit(self):
            self._expect_headers()
        else:
            self._refuse(503, "The server has as many connections as it may; try again later.", retry_after())

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the connection."""
        self._limits.remove(self)
        for timer in (self._headers_due, self._write_due):
            if timer is not None:
                timer.cancel()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parses what arrives."""
        if self._refused or self.transport.is_closing():
            return
        if self._in_headers:
            self._header_bytes += len(data)
            self._expect_headers()
        super().data_received(data)
        if self._in_headers and self._header_bytes > MAX_HEADER_BYTES:
            self._refuse_headers()

    def on_message_begin(self) -> None:
        """Begins a request."""
        super().on_message_begin()
        self._parsed_bytes = 0
        self.scope["extensions"] = {SMALL_SEND_BUFFER: self._set_small_send_buffer}  # type: ignore[dict-item]

    def on_url(self, url: bytes) -> None:
        """Takes a part of the request's address."""
        self._parsed_bytes += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Takes a header. Trailers, which may follow a body in chunks without end, are not kept."""
        self._parsed_bytes += len(name) + len(value)
        if self._in_headers and self._parsed_bytes <= MAX_HEADER_BYTES:
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        """Takes a part of the body."""
        if not self._refused:
            super().on_body(body)

    def on_headers_complete(self) -> None:
        """Begins to serve a request, or refuses one whose headers arrived at once and are too long."""
        if self._refused or self._parsed_bytes > MAX_HEADER_BYTES:
            self._refuse_headers()
            return
        self._in_headers = False
        self._header_bytes = 0
        if self._headers_due is not None:
            self._headers_due.cancel()
            self._headers_due = None
        if b"://" in self.url and not self.url.startswith(b"/"):
            self._take_absolute_form()
        self._limits.begin(self)
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Waits for the next request."""
        pipelined = bool(self.pipeline)
        super().on_response_complete()
        if self.transport.is_closing() or not self._in_headers:
            # the client may read the response before it has sent the rest of its request, but not for ever
            self.loop.call_later(LINGER_S, self._abort_unfinished)
        if not pipelined:
            self._limits.finish(self)

    def on_message_complete(self) -> None:
        """Ends the request's body."""
        if self._refused:
            return
        self._in_headers = True
        super().on_message_complete()

    def timeout_keep_alive_handler(self) -> None:
        """Closes a connection that no request came on."""
        super().timeout_keep_alive_handler()
        self.loop.call_later(LINGER_S, self.abort)

    def pause_writing(self) -> None:
        """Starts the write timeout."""
        super().pause_writing()
        if self._write_due is None:
            self._write_due = self.loop.call_later(WRITE_TIMEOUT_S, self.abort)

    def resume_writing(self) -> None:
        """Ends the write timeout."""
        super().resume_writing()
        if self._write_due is not None:
            self._write_due.cancel()
            self._write_due = None

    def send_400_response(self, msg: str) -> None:
        """Refuses a request that is no HTTP."""
        self._refuse(400, f"{msg} Check the request line and the headers.")

    def abort(self) -> None:
        """Closes the connection at once; what waits to be sent is released."""
        self.transport.abort()

    def _take_absolute_form(self) -> None:
        """Puts the authority of a request target in absolute form in the place of the Host field (RFC 9112, 3.2.2)."""
        authority, target = _ABSOLUTE_FORM.fullmatch(self.url).groups()  # type: ignore[union-attr]  # it has "://"
        self.url = target if target.startswith(b"/") else b"/" + target
        # where the field is missing or repeated, the request is refused for that
        if [name for name, _ in self.headers].count(b"host") == 1:
            self.headers[:] = [(name, authority if name == b"host" else value) for name, value in self.headers]

    def _expect_headers(self) -> None:
        if self._headers_due is None:
            self._headers_due = self.loop.call_later(HEADER_TIMEOUT_S, self._headers_are_late)

    def _headers_are_late(self) -> None:
        if self._refused:
            return
        if self._header_bytes:
            self._refuse(408, f"The headers of the request did not arrive within {HEADER_TIMEOUT_S:g} s.")
        else:
            self.transport.close()

    def _abort_unfinished(self) -> None:
        if self.transport.is_closing() or (not self._in_headers and self.cycle.response_complete):
            self.abort()

    def _refuse(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        if self._refused or self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete:
            # another response is on its way
            self.abort()
            return
        request_id = uuid4().hex
        response = problem_response(request_id, status, detail, headers={**(headers or {}), "X-Request-ID": request_id})
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode()]
        lines += [name + b": " + value for name, value in response.raw_headers]
        self.transport.write(b"\r\n".join([*lines, b"connection: close", b"", bytes(response.body)]))
        # what still arrives is read and dropped: to close a connection with unread bytes would reset it, and the client
        # would lose the response
        self._refused = True
        self.transport.write_eof()
        self.loop.call_later(LINGER_S, self.abort)

    def _refuse_headers(self) -> None:
        self._refuse(431, f"The headers of the request have more than {MAX_HEADER_BYTES // 1024} KiB.")

    def _set_small_send_buffer(self) -> None:
        self.transport.set_write_buffer_limits(high=_SMALL_WRITE_BUFFER_BYTES)
        sock = self.transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SMALL_SEND_BUFFER_BYTES)
