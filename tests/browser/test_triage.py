"""Triage in the browser: actions appear in other windows, and of two people who act at once one is refused."""

import re
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenWindow, an_admin_token
from tests.browser.product import Product
from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_finding_closed_in_one_of_two_windows(busy: Product, window: OpenWindow) -> None:
    user = "closed.elsewhere@example.com"
    await busy.pipeline.push(an_admin_token(user))
    await busy.settled()
    (finding,) = (await busy.get("/findings", user=user))["items"]
    listed = await (await window(busy)).go("findings")
    row = listed.get_by_role("row").filter(has_text=user)
    await expect(row.get_by_text("Open", exact=True)).to_be_visible()
    page = await (await window(busy)).go(f"findings/{finding['id']}")
    for shown in (listed, page):
        await expect(shown.get_by_text("Live", exact=True)).to_be_visible()

    await close_by_keyboard(page, "Agreed with the owner")

    await expect(row.get_by_text("False positive")).to_be_visible()
    timeline = page.get_by_role("list", name="Timeline")
    await expect(timeline.get_by_text("Agreed with the owner")).to_be_visible()
    assert (await busy.get(f"/findings/{finding['id']}"))["status"] == "false_positive"
    assert await violations(page, "a closed finding") == []


async def test_who_was_faster_is_named_and_nothing_is_overwritten(busy: Product, window: OpenWindow) -> None:
    user = "two.at.once@example.com"
    await busy.pipeline.push(an_admin_token(user))
    await busy.settled()
    (finding,) = (await busy.get("/findings", user=user))["items"]
    page = await (await window(busy)).go(f"findings/{finding['id']}")
    # this window hears nothing of the other, and has seen the version before
    await page.route("**/stream*", lambda route: route.abort())
    await page.reload()
    await expect(page.get_by_role("button", name="Assign to me")).to_be_visible()
    await act(busy, finding["id"], kind="status", value="resolved", reason="Revoked")

    await page.get_by_role("button", name="Assign to me").click()

    alert = page.get_by_role("alert").filter(has_text="changed this finding")
    await expect(alert).to_contain_text(re.compile("local changed this finding just now"))
    await expect(page.get_by_role("region", name="Triage").get_by_text("Resolved")).to_be_visible()
    stored = await busy.get(f"/findings/{finding['id']}")
    assert (stored["status"], stored["assignee"]) == ("resolved", None)


async def close_by_keyboard(page: Page, reason: str) -> None:
    """Closes the open finding as a false positive, without the pointer."""
    await page.keyboard.press("s")
    dialog = page.get_by_role("dialog", name="Change status")
    await expect(dialog.get_by_role("radio", name="Open")).to_be_focused()
    for _ in range(4):
        await page.keyboard.press("ArrowDown")
    await expect(dialog.get_by_role("radio", name="False positive")).to_be_checked()
    assert await violations(page, "change status") == []
    await page.keyboard.press("Tab")
    await page.keyboard.type(reason)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(dialog).to_have_count(0)


async def act(product: Product, finding_id: int, **action: Any) -> None:
    """Acts on a finding over the API."""
    async with httpx.AsyncClient(base_url=product.url) as client:
        (await client.post(f"/findings/{finding_id}/actions", json=action)).raise_for_status()
