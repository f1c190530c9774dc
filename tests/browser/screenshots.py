"""``python -m tests.browser.screenshots FOLDER``: screenshots of every page, light, dark and narrow.

Taken of the real product with much data (a generated month), with little, and with none.
"""

import asyncio
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from playwright.async_api import async_playwright

from tests.browser.chromium import HOW_TO_GET_IT, find_chromium
from tests.browser.product import Product, start_product
from tests.browser.window import open_window
from tests.disposable_stack import DisposableStack
from tests.pipeline import Pipeline
from tests.services import ServiceRunner

EVENTS: Final = {"much": 40_000, "little": 60, "none": 0}
VARIANTS: Final[dict[str, dict[str, Any]]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1440, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1440, "height": 900}},
    "narrow": {"color_scheme": "light", "viewport": {"width": 380, "height": 800}},
}
_SERVICES: Final = ("mcm-rules-engine", "mcm-enricher", "mcm-api")
_SETTLE_MS: Final = 1500


def main(folder: Path, chromium: str) -> None:
    """Takes all screenshots."""
    with tempfile.TemporaryDirectory() as work:
        # Postgres may run as another user than ours
        Path(work).chmod(0o755)
        stack = DisposableStack(Path(work))
        stack.start()
        try:
            for amount, events in EVENTS.items():
                (folder / amount).mkdir(parents=True, exist_ok=True)
                runner = ServiceRunner(Path(work) / amount, dict, lambda _: None)
                asyncio.run(_take(stack, runner, events, folder / amount, chromium))
        finally:
            stack.kill()


async def _take(stack: DisposableStack, runner: ServiceRunner, events: int, folder: Path, chromium: str) -> None:
    product = await start_product(runner.run, Pipeline(stack.new_topics(), stack.new_database()), *_SERVICES)
    try:
        await _feed(runner, product, events)
        await _take_screenshots(product, folder, chromium)
    finally:
        for service in product.services.values():
            service.kill()


async def _feed(runner: ServiceRunner, product: Product, events: int) -> None:
    if events == 0:
        return
    environment = product.pipeline.environment
    fed = runner.run("mcm-ingestor", "generate", "--count", str(events), "--seed", "1", env=environment)
    fed.wait(120)
    await product.pipeline.push(b'{"source": "my-app", "event_type": "login_failed", "user": "mona@example.com"}')
    await product.settled()


async def _pages(product: Product) -> dict[str, str]:
    pages = {name: name for name in ("findings", "events", "users", "rules", "notifications", "pipeline")} | {
        "overview": ""
    }
    found = (await product.get("/findings", sort="risk_score", page_size=1))["items"]
    for finding in found:
        pages |= {
            "finding": f"findings/{finding['id']}",
            "finding-drawer": f"findings?finding={finding['id']}",
            "event-drawer": f"events?event={finding['event_id']}",
            "user": f"users/{quote(finding['user'] or '', safe='')}",
            "rule": f"rules/{finding['rule_name']}",
        }
    return pages


async def _take_screenshots(product: Product, folder: Path, chromium: str) -> None:
    pages = await _pages(product)
    async with async_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = await playwright.chromium.launch(executable_path=chromium, args=arguments)
        for variant, options in VARIANTS.items():
            window = await open_window(browser, product.url, **options)
            for name, path in pages.items():
                page = await window.go(path)
                await page.wait_for_timeout(_SETTLE_MS)
                await page.screenshot(path=folder / f"{name}-{variant}.png")
            await window.page.context.close()
        await browser.close()
    sys.stderr.write(f"{len(pages) * len(VARIANTS)} screenshots in {folder}\n")


if __name__ == "__main__":
    found_chromium = find_chromium()
    if len(sys.argv) != 2 or found_chromium is None:
        sys.exit(__doc__ if found_chromium else HOW_TO_GET_IT)
    main(Path(sys.argv[1]), found_chromium)
