"""Connections held open, and more clients than can be served."""

import asyncio
import ssl
from collections import Counter
from itertools import product as product_of

import httpx

from tests.abuse.measure import now
from tests.abuse.product import Product, counted

_SLOW_S = 5.0
_KEPT_S = 60.0
_PAUSE_S = 6.0
_HEADERS = ("Cookie", "Accept", "Accept-Language", "Range", "If-None-Match", "Authorization", "Last-Event-ID")
_HOSTILE = ('a="' + "\\" * 60_000 + '"', "," * 60_000, "a=;" * 20_000, "bytes=" + "0-1," * 15_000, 'W/"' * 20_000)
_PATHS = ("/findings", "/events", "/users", "/stats/overview", "/pipeline")


async def half_open_headers(product: Product) -> str:
    """1,500 connections that never finish their headers."""
    return await _held(product, b"GET /findings HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow:", product.many(1_500, 60))


async def silent_connections(product: Product) -> str:
    """1,500 connections that send nothing."""
    return await _held(product, b"", product.many(1_500, 60))


async def long_headers(product: Product) -> str:
    """Headers without end."""
    return await _held(product, b"GET / HTTP/1.1\r\n" + b"".join(b"h%d: x\r\n" % n for n in range(20_000)), 20)


async def costly_headers(product: Product) -> str:
    """60 kB of quotes, separators and ranges in headers that have a grammar."""
    requests = product_of(("/findings", "/account", "/app/"), _HEADERS, _HOSTILE)
    async with product.client() as client:
        responses = [await client.get(path, headers={name: value}) for path, name, value in requests]
    statuses = [response.status_code for response in responses]
    assert max(statuses) < 500, counted(statuses)
    return counted(statuses)


async def more_clients_than_can_be_served(product: Product) -> str:
    """500 clients for a minute: load is shed with 503 and Retry-After, and what is accepted is served in time."""
    statuses: Counter[str] = Counter()
    slowest = 0.0
    ends = now() + product.seconds(60)
    # each has a pool of its own: one that all share would measure itself
    shared = ssl.create_default_context()

    async def read(number: int) -> None:
        nonlocal slowest
        async with product.client(verify=shared, limits=httpx.Limits(keepalive_expiry=_KEPT_S)) as client:
            while now() < ends:
                began = now()
                try:
                    response = await client.get(_PATHS[number % len(_PATHS)])
                except httpx.TransportError as error:
                    statuses[type(error).__name__] += 1
                    continue
                statuses[str(response.status_code)] += 1
                if response.status_code == 503:
                    assert "Retry-After" in response.headers
                    await asyncio.sleep(float(response.headers["Retry-After"]))
                else:
                    slowest = max(slowest, now() - began)
                    # some look at the page before they go on, on the same connection
                    await asyncio.sleep(_PAUSE_S if number % 10 == 0 else 0)

    await asyncio.gather(*map(read, range(product.many(500, 20))))
    assert set(statuses) <= {"200", "503"}, statuses
    total = statuses.total()
    return f"{total} requests, {statuses['503'] / total:.1%} refused, none failed, slowest {slowest:.1f} s"


async def _held(product: Product, sent: bytes, number: int) -> str:
    opened = []
    for _ in range(number):
        try:
            opened.append(await asyncio.open_connection(*product.address))
        except OSError:
            continue
        opened[-1][1].write(sent)
    async with product.client() as client:
        response = await client.get("/findings")
        assert response.status_code == 200, response.text
    await asyncio.sleep(product.seconds(_SLOW_S))
    closed = sum(reader.at_eof() or writer.is_closing() for reader, writer in opened)
    for _, writer in opened:
        writer.transport.abort()
    return f"{number} opened, {closed} closed so far, others served"
