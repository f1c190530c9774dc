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
    seconds: list[float] = []
    left = iter(paths)
    host = urlsplit(url)

    async def one() -> None:
        reader, writer = await asyncio.open_connection(host.hostname, host.port)
        try:
            for path in left:
                began = time.perf_counter()
                writer.write(f"GET {path} HTTP/1.1\r\nHost: {host.netloc}\r\n\r\n".encode())
                head = await reader.readuntil(b"\r\n\r\n")
                assert b" 200 " in head.split(b"\r\n", 1)[0], (path, head)
                length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
                await reader.readexactly(int(length.split(b":")[1]))
                seconds.append(time.perf_counter() - began)
        finally:
            writer.close()

    await asyncio.gather(*(one() for _ in range(clients)))
    return seconds
