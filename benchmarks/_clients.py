"""Clients that cost next to nothing, so that the API is measured and not they."""

import asyncio
import time
from collections.abc import Sequence
from urllib.parse import urlsplit


async def get(url: str, path: str) -> float:
    """Asks once and returns the seconds it took; raises AssertionError for another answer than 200."""
    return (await ask(url, [path], clients=1))[0]


async def ask(url: str, paths: Sequence[str], *, clients: int) -> list[float]:
    """Asks for paths one after the other, on so many connections at once; returns the seconds of each."""
    host = urlsplit(url).netloc
    requests = [f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode() for path in paths]
    return await send(url, requests, clients=clients)


async def send(url: str, requests: Sequence[bytes], *, clients: int, status: bytes = b"200") -> list[float]:
    """Sends whole requests one after the other, on so many connections at once; returns the seconds of each."""
    seconds: list[float] = []
    left = iter(requests)
    host = urlsplit(url)

    async def one() -> None:
        reader, writer = await asyncio.open_connection(host.hostname, host.port)
        try:
            for request in left:
                began = time.perf_counter()
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.split(b" ", 2)[1] == status, (request[:200], head)
                length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
                await reader.readexactly(int(length.split(b":")[1]))
                seconds.append(time.perf_counter() - began)
        finally:
            writer.close()

    await asyncio.gather(*(one() for _ in range(clients)))
    return seconds
