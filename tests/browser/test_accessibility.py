"""WCAG 2.2 AA as far as axe can check it, on every page and state, light and dark; and no page scrolls sideways."""

from typing import Any, Final
from urllib.parse import quote

import orjson
import pytest
from playwright.async_api import Page, Route, expect

from mcm_local.checkout import CHECKOUT
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product

pytestmark = pytest.mark.asyncio(loop_scope="session")

_AXE: Final = CHECKOUT / "frontend/node_modules/axe-core/axe.min.js"
_RULES: Final = orjson.dumps(
    {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
).decode()
LISTS: Final = ("", "findings", "exceptions", "events", "users", "rules", "notifications", "pipeline")
WIDTHS: Final = (380, 768, 1024, 1440, 2560)


async def pages_of(product: Product) -> list[str]:
    """Lists every page of a product with data, and the drawers."""
    finding = (await product.get("/findings", sort="risk_score", page_size=1))["items"][0]
    event = (await product.get("/events", limit=1))[0]
    return [
        *LISTS,
        f"findings?finding={finding['id']}",
        f"findings/{finding['id']}",
        f"events?event={event['id']}",
        f"users/{quote(finding['user'], safe='')}",
        f"rules/{finding['rule_name']}",
        "nowhere",
    ]


async def test_every_page_with_data(busy: Product, window: OpenWindow) -> None:
    shown = await window(busy)
    found = []
    for path in await pages_of(busy):
        page = await shown.go(path)
        await expect(page.get_by_role("status", name="Loading")).to_have_count(0)
        found += await violations(page, path)
    assert found == []


async def test_every_page_before_the_first_event(empty: Product, window: OpenWindow) -> None:
    shown = await window(empty)
    found = []
    for path in (*LISTS, "findings?q=nothing", "events?source=none", "users?q=nobody", "rules?q=nothing"):
        page = await shown.go(path)
        await expect(page.get_by_role("status", name="Loading")).to_have_count(0)
        found += await violations(page, f"{path} (empty)")
    assert found == []


async def test_every_page_while_the_api_fails(empty: Product, window: OpenWindow) -> None:
    shown = await window(empty)
    await shown.page.route("**/*", refuse)
    found = []
    for path in (*LISTS, "findings/1", "users/nobody", "rules/none"):
        page = await shown.go(path)
        await expect(page.get_by_text("request-of-test").first).to_be_visible()
        found += await violations(page, f"{path} (error)")
    assert found == []


async def test_what_opens_over_a_page(busy: Product, window: OpenWindow) -> None:
    page = await (await window(busy)).go("findings")
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("combobox")).to_be_visible()
    assert await violations(page, "command menu") == []
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    assert await violations(page, "keyboard shortcuts") == []


async def test_only_tables_scroll_sideways(busy: Product, window: OpenWindow) -> None:
    paths = await pages_of(busy)
    shown = await window(busy)
    too_wide = []
    for path in paths:
        page = await shown.go(path)
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 900})
            if await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                too_wide.append(f"{path} at {width}")
    assert too_wide == []


async def violations(page: Page, what: str) -> list[str]:
    """Lists the violations that axe finds in light and in dark."""
    found: list[str] = []
    # colours are measured without animations
    await page.emulate_media(reduced_motion="reduce")
    await page.evaluate(_AXE.read_text())
    for theme in ("light", "dark"):
        await page.emulate_media(color_scheme=theme)
        await page.wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=theme)
        result: Any = await page.evaluate(f"axe.run({_RULES})")
        found += [
            f"{what}, {theme}: {rule['id']}: {node['html'][:160]} ({node['failureSummary']})"
            for rule in result["violations"]
            for node in rule["nodes"][:3]
        ]
    return found


async def refuse(route: Route) -> None:
    """Fails every request to the API."""
    if route.request.resource_type != "fetch":
        await route.continue_()
        return
    problem = {"title": "Internal Server Error", "status": 500, "detail": "It broke.", "request_id": "request-of-test"}
    await route.fulfill(status=500, body=orjson.dumps(problem), content_type="application/problem+json")
