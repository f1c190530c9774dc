"""Clients of the live stream that ask for much and do not read."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Final

from mcm_api.testing.announced import announce, publish
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.testing.builders import a_finding
from tests.abuse.product import ATTACKER, Product, counted

_PUBLISHED_AT_ONCE: Final = 500
_POSITIONS: Final = (
    "0~0",
    "0.0.0.0.0.0.0.0~0.0.0.0.0.0.0.0",
    "999999999999999999.9.9~9.9.9",
    "-1.0.0~0.0.0",
    "0.0~0.0",
    "~",
    "%00",
    "0" * 19_000,
)


async def old_positions(product: Product) -> str:
    """100 clients that ask for an old position and do not read."""
    findings = await _published(product, product.many(8_000, 300))
    position = ".".join("0" * product.pipeline.kafka.topic_partitions)
    async with AsyncExitStack() as held:
        for _ in range(product.many(100, 10)):
            await _deaf(held, product, f"/stream?after={position}~{position}")
        await asyncio.sleep(product.seconds(15))
    return f"{len(findings)} findings replayed to none that read"


async def slow_readers(product: Product) -> str:
    """1,000 clients at two addresses that listen and do not read while findings are published."""
    async with AsyncExitStack() as held:
        number = product.many(1_000, 10)
        for each in range(number):
            await _deaf(held, product, "/stream", f"127.0.0.{2 + each % 2}")
        findings = await _published(product, product.many(4_000, 100))
        await asyncio.sleep(product.seconds(5))
    return f"{len(findings)} findings streamed to {number} clients"


async def more_streams_than_allowed(product: Product) -> str:
    """700 streams from one address."""
    number = product.many(700, 20)
    async with product.client() as client, AsyncExitStack() as held:

        async def listen() -> int:
            response = await held.enter_async_context(client.stream("GET", "/stream"))
            return response.status_code

        statuses = await asyncio.gather(*(listen() for _ in range(number)))
    assert set(statuses) <= {200, 503}
    assert statuses.count(200) <= 500
    return counted(statuses)


async def positions_that_never_were(product: Product) -> str:
    """Positions that the API did not make, or that are from before partitions were added."""
    statuses = []
    async with product.client() as client:
        for position in _POSITIONS:
            async with client.stream("GET", f"/stream?after={position}") as response:
                assert response.status_code in {200, 422}, position
                statuses.append(response.status_code)
    return counted(statuses)


async def forged_findings(product: Product) -> str:
    """A finding written to the topic that no rule raised, while a client listens."""
    forged = a_finding(user=ATTACKER, event_id=None)
    stored = a_finding(user=ATTACKER, event_id=None)
    async with product.client() as client, client.stream("GET", "/stream") as response:
        lines = response.aiter_lines()
        await anext(lines)
        await announce(product.pipeline.kafka, [forged])
        await publish(product.pipeline.database_url, product.pipeline.kafka, [stored])
        shown = await _until(lines, str(stored.uid))
    assert str(forged.uid) not in shown
    return "the forged one was not shown"


async def _until(lines: AsyncIterator[str], text: str) -> str:
    seen = ""
    async with asyncio.timeout(60):
        async for line in lines:
            seen += line
            if text in line:
                break
    return seen


async def _published(product: Product, number: int) -> list[FindingMessage]:
    findings = [a_finding(user=ATTACKER, event_id=None, description="x" * 2_000) for _ in range(number)]
    for start in range(0, number, _PUBLISHED_AT_ONCE):
        part = findings[start : start + _PUBLISHED_AT_ONCE]
        await publish(product.pipeline.database_url, product.pipeline.kafka, part)
    return findings


async def _deaf(held: AsyncExitStack, product: Product, path: str, address: str = "127.0.0.1") -> None:
    """Opens a connection that asks and does not read; the kernel buffers little for it."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setblocking(False)
    client.bind((address, 0))
    held.callback(client.close)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, product.address)
    await loop.sock_sendall(client, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{product.address[1]}\r\n\r\n".encode())
