"""The dashboard in a browser: from Kafka to the screen, scrolling 10,000 rows, typing while 1,000 findings arrive."""

import asyncio
import os
import re
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
from playwright.async_api import Browser, Page, async_playwright

from benchmarks._stack import running_stack
from mcm_shared.settings import KafkaSettings
from mcm_shared.testing.builders import an_event_payload
from tests.browser.chromium import HOW_TO_GET_IT, find_chromium
from tests.pipeline import Pipeline, until
from tests.services import Service, ServiceRunner

PUSHES: Final = 20
ROWS: Final = 10_000
BURST: Final = 1_000
FRAME_MS: Final = 1000 / 60
TARGETS: Final = "targets: on the screen within 2,000 ms; frames of 16.7 ms; typing never held up for 100 ms"

_SERVICES: Final = (("mcm-rules-engine", "consuming"), ("mcm-enricher", "consuming"), ("mcm-api", "listening"))

# resolves with the time at which the text was on the screen, the frame after it came into the document
_SEEN: Final = """(text) => new Promise((resolve) => {
  const look = () => document.querySelector('table')?.textContent.includes(text)
    ? requestAnimationFrame(() => resolve(Date.now())) : requestAnimationFrame(look);
  look();
})"""
# 6,000 pixels a second: as fast as a flick of the wheel
_SCROLL: Final = """async () => {
  const list = document.querySelector('table').parentElement;
  const frames = [];
  let before = performance.now();
  for (let frame = 0; frame < 600; frame += 1) {
    list.scrollTop += 100;
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - before);
    before = now;
  }
  return frames;
}"""
# how long after a key was pressed its letter was painted, as the browser itself says it
_WATCH_TYPING: Final = """() => {
  window.delays = [];
  new PerformanceObserver((list) => list.getEntries().forEach((entry) =>
    entry.name.startsWith('key') && window.delays.push(entry.duration)
  )).observe({ type: 'event', durationThreshold: 16, buffered: false });
}"""


def main() -> None:
    """Prints the three measurements."""
    chromium = find_chromium()
    if chromium is None:
        print(f"skipped: {HOW_TO_GET_IT}")
        return
    with running_stack() as stack, tempfile.TemporaryDirectory() as folder:
        kafka = KafkaSettings(KAFKA_BOOTSTRAP_SERVERS=stack.kafka.bootstrap_servers)
        asyncio.run(_measure(Pipeline(kafka, stack.new_database()), Path(folder), chromium))
    print(TARGETS)


async def _measure(pipeline: Pipeline, folder: Path, chromium: str) -> None:
    runner = ServiceRunner(folder, dict, lambda _: None)
    services = [runner.run(name, "run", env=pipeline.environment, MCM_API_PORT="0") for name, _ in _SERVICES]
    try:
        for service, (_, said) in zip(services, _SERVICES, strict=True):
            service.wait_for_log(said, 60)
        url = _address(services[-1])
        async with _browser(chromium) as browser:
            await _push_to_pixel(pipeline, browser, url)
            await _typing_in_a_burst(pipeline, browser, url)
            await _scrolling(pipeline, browser, url)
    finally:
        for service in services:
            service.kill()


async def _push_to_pixel(pipeline: Pipeline, browser: Browser, url: str) -> None:
    page = await _open(browser, url)
    taken = []
    for number in range(PUSHES + 1):
        user = f"pixel-{number}@example.com"
        seen = asyncio.ensure_future(page.evaluate(_SEEN, user))
        await asyncio.sleep(0.3)
        began = time.time() * 1000
        await pipeline.push(_a_token(user))
        taken.append(await seen - began)
    # the first one warms everything up
    print(f"{statistics.median(taken[1:]):9.0f} ms  from Kafka to the screen, median of {PUSHES}")
    print(f"{max(taken[1:]):9.0f} ms  the longest of them")
    await page.close()


async def _typing_in_a_burst(pipeline: Pipeline, browser: Browser, url: str) -> None:
    page = await _open(browser, url)
    await page.evaluate(_WATCH_TYPING)
    search = page.get_by_role("searchbox", name="Search findings")
    await search.focus()
    burst = asyncio.ensure_future(pipeline.push(*(_a_token(f"burst-{n}@example.com") for n in range(BURST))))
    for letter in "a burst of findings comes in while a person types this into the search field":
        await page.keyboard.press(letter if letter != " " else "Space")
        await asyncio.sleep(0.05)
    await burst
    delays: list[float] = await page.evaluate("window.delays")
    print(f"{max(delays, default=0):9.0f} ms  the longest that a key waited while {BURST:,} findings arrived")
    await page.close()


async def _scrolling(pipeline: Pipeline, browser: Browser, url: str) -> None:
    await pipeline.push(*(_a_token(f"row-{n}@example.com") for n in range(ROWS - BURST)))
    await until(pipeline.is_idle, 120, "all findings are there", every=0.5)
    async with httpx.AsyncClient(base_url=url) as client:
        total = (await client.get("/findings", params={"page_size": 1})).json()["total"]
    page = await _open(browser, url)
    # read the whole list first: it is the scrolling that is measured, not the API
    loaded = page.locator("table")
    while int(await loaded.locator("tr[aria-rowindex]").last.get_attribute("aria-rowindex") or 0) < min(total, ROWS):
        await page.evaluate("() => { const l = document.querySelector('table').parentElement; l.scrollTop = 1e9; }")
        await asyncio.sleep(0.2)
    await page.evaluate("() => { document.querySelector('table').parentElement.scrollTop = 0; }")
    await asyncio.sleep(1)
    frames: list[float] = sorted(await page.evaluate(_SCROLL))
    smooth = sum(frame < FRAME_MS * 1.5 for frame in frames) / len(frames)
    print(f"{statistics.median(frames):9.1f} ms  a frame while scrolling {total:,} rows, median")
    print(
        f"{frames[int(len(frames) * 0.99)]:9.1f} ms  the 99th of 100 frames; {smooth:.0%} were in time for 60 a second"
    )
    await page.close()


async def _open(browser: Browser, url: str) -> Page:
    page = await browser.new_page(viewport={"width": 1720, "height": 900})
    await page.goto(f"{url}/app/findings")
    await page.get_by_text("Live", exact=True).wait_for()
    return page


@asynccontextmanager
async def _browser(chromium: str) -> AsyncIterator[Browser]:
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield browser
        await browser.close()


def _address(api: Service) -> str:
    found = re.search(r'"url": "([^"]+)"', api.stderr())
    assert found is not None
    return found[1]


def _a_token(user: str) -> bytes:
    now = datetime.now(UTC)
    facts: dict[str, Any] = {"scopes": ["admin:*"], "expires_at": now + timedelta(days=1)}
    return an_event_payload(event_type="api_token_created", user=user, timestamp=now, **facts)
