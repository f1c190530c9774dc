"""Limits of connections and requests: those who hold them open keep no others out."""

import asyncio
import contextlib
import json
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from starlette.types import Message, Receive, Scope, Send
from uvicorn.server import ServerState

from mcm_api.http import protocol
from mcm_api.http.client_network import client_network
from mcm_api.http.connections import ConnectionLimits, connection_limits
from mcm_api.http.load_shedding import LoadShedding
from mcm_api.http.problems import MAX_RETRY_AFTER_S
from mcm_api.http.protocol import BoundedProtocol
from mcm_api.http.start_pacing import StartPacing


class AConnection:
    """A connection that notes its end."""

    def __init__(self, limits: ConnectionLimits, address: str = "192.0.2.1") -> None:
        self.address = address
        self.aborted = False
        self.admitted = limits.admit(self)

    def abort(self) -> None:
        """Notes the end."""
        self.aborted = True


def test_idle_connections_make_way_for_new_ones_the_oldest_first() -> None:
    limits = ConnectionLimits(3, 3)
    first, second, third = (AConnection(limits) for _ in range(3))
    limits.begin(first)
    limits.begin(third)
    limits.finish(third)

    newcomers = [AConnection(limits, f"192.0.2.{number}") for number in range(2, 5)]

    assert [one.aborted for one in (first, second, third)] == [False, True, True]
    assert [one.admitted for one in newcomers] == [True, True, True]
    assert [one.aborted for one in newcomers] == [True, False, False]


def test_connections_with_requests_are_not_closed_for_new_ones() -> None:
    limits = ConnectionLimits(2, 1)
    busy = [AConnection(limits, "192.0.2.1"), AConnection(limits, "192.0.2.2")]
    for one in busy:
        limits.begin(one)

    assert not AConnection(limits, "192.0.2.1").admitted
    assert not AConnection(limits, "192.0.2.3").admitted
    limits.remove(busy[0])
    limits.remove(busy[0])
    assert AConnection(limits, "192.0.2.1").admitted
    assert not any(one.aborted for one in busy)


def test_an_address_at_its_limit_keeps_out_itself_only() -> None:
    limits = ConnectionLimits(100, 2)
    hoarded = [AConnection(limits, "192.0.2.66") for _ in range(50)]

    assert sum(not one.aborted for one in hoarded) == 2
    assert not hoarded[-1].aborted
    other = AConnection(limits, "192.0.2.1")
    assert other.admitted
    assert not other.aborted


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"),
        ("2001:DB8::1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_a_client_is_known_by_its_network(address: str, network: str) -> None:
    assert client_network(address) == network


def test_a_process_that_may_open_few_files_takes_fewer_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 256))
    limits = connection_limits(2000, None)

    held = [AConnection(limits, f"192.0.2.{number % 200}") for number in range(300)]

    assert sum(not one.aborted for one in held) == 128


@asynccontextmanager
async def serving(max_connections: int = 10) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """Serves responses without end over our protocol, in this process; the event is set when one has ended."""
    ended = asyncio.Event()

    async def disconnected(receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if scope["path"] == "/headers":
            while (await receive()).get("more_body"):
                pass
            await send({"type": "http.response.body", "body": b"%d headers" % len(scope["headers"])})
            return
        gone = asyncio.create_task(disconnected(receive))
        while scope["path"] == "/endless" and not gone.done():
            await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
        gone.cancel()
        await send({"type": "http.response.body", "body": b"done"})
        ended.set()

    limits = ConnectionLimits(max_connections, max_connections)
    config = uvicorn.Config(app, port=0, lifespan="off", log_config=None, http=partial(BoundedProtocol, limits))  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn offers nothing to wait on)
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}", ended
    finally:
        server.should_exit = server.force_exit = True
        await running


@asynccontextmanager
async def half_open(
    url: str, number: int = 1, sent: bytes = b"GET / HTTP/1.1\r\nHost:"
) -> AsyncIterator[list[asyncio.StreamReader]]:
    """Opens connections that send this and no more."""
    opened = [await asyncio.open_connection(urlsplit(url).hostname, urlsplit(url).port) for _ in range(number)]
    for _, writer in opened:
        writer.write(sent)
    try:
        yield [reader for reader, _ in opened]
    finally:
        for _, writer in opened:
            writer.transport.abort()


async def test_half_open_connections_keep_no_others_out() -> None:
    async with serving(max_connections=40) as (url, _), half_open(url, 200), httpx.AsyncClient() as client:
        assert [(await client.get(url)).text for _ in range(5)] == ["done"] * 5


@pytest.mark.parametrize(
    ("sent", "status", "reason"),
    [
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nno colon\r\n\r\n", 400, "Invalid HTTP request"),
        (b"\x16\x03\x01\x02\x00\x01\x00", 400, "Invalid HTTP request"),
        (b"GET / HTTP/1.1\r\n" + b"".join(b"h%d: x\r\n" % number for number in range(20_000)), 431, "than 64 KiB"),
        (b"GET / HTTP/1.1\r\n" + b"h: x\r\n" * 40_000 + b"\r\n", 431, "than 64 KiB"),
        (b"GET / HTTP/1.1\r\nh: " + b"x" * 100_000, 431, "more than 64 KiB"),
        (b"GET /" + b"x" * 100_000, 431, "more than 64 KiB"),
    ],
    ids=["no header", "TLS", "many headers", "all at once", "long header", "long path"],
)
async def test_errors_of_the_server_itself_are_problems(sent: bytes, status: int, reason: str) -> None:
    async with serving() as (url, _), half_open(url, 1, sent) as [reader]:
        head, _, body = (await asyncio.wait_for(reader.read(), 20)).partition(b"\r\n\r\n")

    problem = json.loads(body)
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"application/problem+json" in head
    assert reason in problem["detail"]
    assert problem["request_id"].encode() in head


async def test_headers_after_a_body_are_not_kept() -> None:
    sent = (
        b"POST /headers HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nxx\r\n0\r\n"
    )
    async with serving() as (url, _), half_open(url, 1, sent + b"h: x\r\n" * 50_000 + b"\r\n") as [reader]:
        response = await asyncio.wait_for(reader.read(), 30)

    assert response.startswith(b"HTTP/1.1 200 ")
    assert b"3 headers" in response


async def test_headers_that_do_not_arrive_end_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEADER_TIMEOUT_S", 0.05)
    async with serving() as (url, _):
        async with half_open(url) as [reader]:
            late = await asyncio.wait_for(reader.read(), 20)
        async with half_open(url, 1, b"") as [reader]:
            silent = await asyncio.wait_for(reader.read(), 20)

    assert late.startswith(b"HTTP/1.1 408 ")
    assert silent == b""


async def test_a_connection_between_requests_outlasts_those_of_clients_and_proxies() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError

    made = BoundedProtocol(ConnectionLimits(1, 1), config=uvicorn.Config(app), server_state=ServerState(), app_state={})

    assert made.timeout_keep_alive > 60


async def test_a_client_that_does_not_read_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "WRITE_TIMEOUT_S", 0.05)
    async with serving() as (url, ended), half_open(url, 1, b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n"):
        await asyncio.wait_for(ended.wait(), 20)


async def test_a_body_that_never_ends_after_its_response_ends_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "LINGER_S", 0.05)
    unfinished = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nx"
    async with serving() as (url, _), half_open(url, 1, unfinished) as [reader]:
        with contextlib.suppress(ConnectionResetError):
            assert b"done" in await asyncio.wait_for(reader.read(), 20)


async def test_requests_beyond_those_in_progress_are_refused_at_once() -> None:
    release = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await release.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {"request_id": "r"}
        await shedding(scope, receive, send)

    shedding = LoadShedding(slow, max_requests=2)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
        served = [asyncio.create_task(client.get(path)) for path in ("/findings", "/users", "/health", "/stream")]
        while shedding.has_room:  # noqa: ASYNC110 (until both requests have begun)
            await asyncio.sleep(0)
        refused = [await client.get("/findings") for _ in range(60)]
        release.set()
        assert {(await each).status_code for each in served} == {200}
        assert (await client.get("/findings")).status_code == 200

    assert {response.status_code for response in refused} == {503}
    # clients that obey it do not come back as one wave
    pauses = {int(response.headers["Retry-After"]) for response in refused}
    assert len(pauses) > 1
    assert pauses <= set(range(1, MAX_RETRY_AFTER_S + 1))


async def test_few_requests_of_a_burst_begin_at_once_and_health_checks_do_not_wait() -> None:
    began: list[str] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        began.append(scope["path"])

    async def receive() -> Message:
        raise AssertionError

    async def send(_message: Message) -> None:
        raise AssertionError

    pacing = StartPacing(app, max_starts=2)
    paths = [f"/findings/{number}" for number in range(7)]
    tasks = [asyncio.create_task(pacing({"type": "http", "path": path}, receive, send)) for path in [*paths, "/health"]]
    tasks[3].cancel()
    seen = []
    while len(began) < 7:
        already = len(began)
        await asyncio.sleep(0)
        seen.append(began[already:])

    assert "/health" in seen[0]
    assert [path for path in began if path != "/health"] == [path for path in paths if path != paths[3]]
    assert max(len([path for path in each if path != "/health"]) for each in seen) == 2
    await asyncio.gather(*tasks, return_exceptions=True)
