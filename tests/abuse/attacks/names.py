"""Requests of foreign pages, many names, and addresses that no client sends by mistake."""

import asyncio
from typing import Final

import httpx
import orjson

from tests.abuse.product import JSON, Product, counted, event_of_attacker

_PAGES: Final = (
    "/pipeline",
    "/events/facets",
    "/findings",
    "/findings/facets",
    "/sources",
    "/users",
    "/stats/overview",
)
_MAX_PAGE_BYTES: Final = 1024 * 1024
_PATHS: Final = (
    "/users/%00",
    "/rules/%00",
    "/sources/%00",
    "/events/1%00",
    "/findings?before=%00",
    "/findings?before=" + "A" * 5_000,
    "/events?before=eyJ2IjoxfQ",
    "/users?before=bnVsbA",
    "/findings?page=1_000",
    "/findings?page=%2B1",
    "/findings?page=99999999999999999999",
    "/findings?q=%00",
    "/events?fact=" + "a" * 3_000 + ":x",
    "/events/9223372036854775808",
    "/enrichments/%00",
    "/dead-letters?before=~~~",
    "/audit?before=%ff",
)


async def foreign_pages(product: Product) -> str:
    """Requests by a name that was bound to this address again, and by pages of other sites."""
    port = product.address[1]
    hosts = ("rebound.example.com", f"rebound.example.com:{port}", "127.0.0.1.example.com", "localhost:1", "")
    statuses = []
    async with product.client() as client:
        for host in hosts:
            for method, path in (("GET", "/findings"), ("POST", "/events"), ("GET", "/stream")):
                response = await client.request(method, path, headers={"Host": host, **JSON})
                assert response.status_code in {400, 421}, (host, response.text)
                statuses.append(response.status_code)
        event = orjson.dumps(event_of_attacker(id="foreign"))
        for origin in ("http://rebound.example.com", f"http://127.0.0.1:{port + 1}", "null", "https://localhost"):
            response = await client.post("/events", content=event, headers={"Origin": origin, **JSON})
            assert response.status_code == 403, (origin, response.text)
            statuses.append(response.status_code)
        response = await client.get("/findings", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"})
        assert response.status_code == 403
    return counted([*statuses, response.status_code])


async def many_names(product: Product) -> str:
    """16,000 sources over HTTP and as many through Kafka, then 16 readers of every page at once."""
    number = product.many(16_000, 1_200)
    statuses = []
    async with product.client() as client:
        for start in range(0, number, 1_000):
            events = [event_of_attacker(source=f"abuse-{each}") for each in range(start, min(start + 1_000, number))]
            response = await client.post("/events", content=orjson.dumps(events), headers=JSON)
            assert response.status_code in {202, 422}, response.text
            statuses.append(response.status_code)
        records = [orjson.dumps(event_of_attacker(source=f"kafka-{each}", id="1")) for each in range(number)]
        await product.pipeline.push(*records)
        await product.settled()
        pages = await asyncio.gather(*(client.get(path) for path in _PAGES for _ in range(product.many(16, 2))))
        ready = await client.get("/ready")
    largest = max(len(page.content) for page in pages)
    refused = {f"{page.request.url.path}: {page.status_code} {page.text[:200]}" for page in pages if page.is_error}
    assert not refused, refused
    assert largest < _MAX_PAGE_BYTES, f"a page has {largest:,} bytes"
    assert ready.status_code == 200, ready.text
    assert 422 in statuses, counted(statuses)
    slowest = max(page.elapsed.total_seconds() for page in pages)
    return f"{counted(statuses)}; largest page {largest // 1024} kB, slowest {slowest:.2f} s"


async def crafted_addresses(product: Product) -> str:
    """NUL, crafted cursors, numbers that only Python reads, and what exceeds 64 bits."""
    statuses = []
    async with product.client() as client:
        for path in _PATHS:
            response = await client.get(path)
            assert 400 <= response.status_code < 500, (path, response.status_code)
            assert response.headers["content-type"] == "application/problem+json", path
            statuses.append(response.status_code)
    return counted(statuses)


async def extreme_requests(product: Product) -> str:
    """Events over HTTP with times, ids and sources that no sender may use."""
    events = (
        event_of_attacker(timestamp="0001-01-01T00:00:00Z"),
        event_of_attacker(timestamp="9999-01-01T00:00:00Z"),
        event_of_attacker(id="mcm:events.raw/0/7"),
        event_of_attacker(source="github.audit"),
        event_of_attacker(source="mcm.engine"),
        event_of_attacker(user="a\x00b"),
    )
    statuses = []
    async with product.client() as client:
        for event in events:
            response: httpx.Response = await client.post("/events", content=orjson.dumps(event), headers=JSON)
            assert response.status_code == 422, response.text
            statuses.append(response.status_code)
    return counted(statuses)
