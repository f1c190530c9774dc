"""Loopback receivers of messages, over HTTP and SMTP: they record what they accept and reply as they are set to."""

import asyncio
import contextlib
import email
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import Message as MailMessage
from typing import Any, Final

import orjson

_LINE_END: Final = b"\r\n"

BeforeReply = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class HttpReply:
    """What a receiver answers."""

    status: int = 200
    body: str = "ok"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class HttpRequest:
    """A request as received."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return orjson.loads(self.body)


@dataclass
class HttpReceiver:
    """A running receiver: ``replies`` are given in turn, then ``reply``; ``before_reply`` may hold a reply back."""

    port: int = 0
    reply: HttpReply = field(default_factory=HttpReply)
    replies: list[HttpReply] = field(default_factory=list)
    requests: list[HttpRequest] = field(default_factory=list)
    before_reply: BeforeReply | None = None

    @property
    def url(self) -> str:
        """The URL to post to."""
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        """The ids of the messages received, in order."""
        return [request.headers["webhook-id"] for request in self.requests]

    def notifications(self) -> list[dict[str, Any]]:
        """Lists the notifications of all messages received."""
        return [each for request in self.requests for each in request.json["data"].get("notifications", ())]

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one request of a connection."""
        head = (await reader.readuntil(_LINE_END * 2)).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.requests.append(HttpRequest(head[0].split(" ")[1], headers, body))
        reply = self.replies.pop(0) if self.replies else self.reply
        if self.before_reply is not None:
            await self.before_reply()
        lines = [
            f"HTTP/1.1 {reply.status} Reply",
            f"content-length: {len(reply.body.encode())}",
            "connection: close",
            *(f"{name}: {value}" for name, value in reply.headers.items()),
        ]
        writer.write("\r\n".join(lines).encode() + _LINE_END * 2 + reply.body.encode())
        await writer.drain()


@dataclass
class MailReceiver:
    """A running SMTP server without TLS: ``refusals`` of the next messages are given in turn."""

    port: int = 0
    refusals: list[str] = field(default_factory=list)
    mails: list[MailMessage] = field(default_factory=list)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one session."""

        def say(line: str) -> None:
            writer.write(line.encode() + _LINE_END)

        say("220 loopback")
        while line := (await reader.readline()).decode().strip():
            command = line[:4].upper()
            if command == "DATA":
                say("354 go on")
                data = (await reader.readuntil(b"\r\n.\r\n"))[:-5]
                if self.refusals:
                    say(self.refusals.pop(0))
                else:
                    self.mails.append(email.message_from_bytes(data))
                    say("250 accepted")
            elif command == "QUIT":
                say("221 bye")
                break
            else:
                say("250 ok")
            await writer.drain()
        await writer.drain()


@asynccontextmanager
async def http_receiver() -> AsyncIterator[HttpReceiver]:
    """Runs an HTTP receiver on a free loopback port."""
    receiver = HttpReceiver()
    async with _serving(receiver.handle) as receiver.port:
        yield receiver


@asynccontextmanager
async def mail_receiver() -> AsyncIterator[MailReceiver]:
    """Runs an SMTP server on a free loopback port."""
    receiver = MailReceiver()
    async with _serving(receiver.handle) as receiver.port:
        yield receiver


@asynccontextmanager
async def _serving(
    handle: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await handle(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
