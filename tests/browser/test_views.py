"""A saved view in the browser: saved in one window, opened by its link in another, renamed and deleted."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenWindow, an_admin_token
from tests.browser.product import Product
from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_view_is_saved_and_its_link_opens_it(busy: Product, window: OpenWindow) -> None:
    user = "saved.view@example.com"
    await busy.pipeline.push(an_admin_token(user))
    await busy.settled()
    page = await (await window(busy)).go(f"findings?view=all&user={user}&sort=last_seen")
    await page.get_by_role("button", name="Columns").click()
    await page.get_by_role("menuitemcheckbox", name="Source").click()
    assert await violations(page, "menu of columns") == []
    await page.keyboard.press("Escape")

    await choose(page, "Views", "Save as a new view…")
    await page.get_by_role("textbox", name="Name").fill("Tokens of one user")
    assert await violations(page, "save a view") == []
    await page.keyboard.press("Enter")

    await choose(page, "Tokens of one user", "Copy link…")
    link = await page.get_by_role("textbox", name="Link").input_value()
    assert await violations(page, "link of a view") == []
    opened = await (await window(busy)).go(f"findings?{link.partition('?')[2]}")
    await expect(opened.get_by_role("columnheader", name="Source")).to_be_visible()
    await expect(opened.get_by_role("columnheader", name="Last seen")).to_have_attribute("aria-sort", "descending")
    # the header and the one finding
    await expect(opened.get_by_role("row")).to_have_count(2)
    await expect(opened.get_by_role("row").filter(has_text=user)).to_be_visible()
    await opened.get_by_role("button", name="Tokens of one user").click()
    assert await violations(opened, "menu of views") == []
    await opened.keyboard.press("Escape")

    await choose(opened, "Tokens of one user", "Rename…")
    await opened.get_by_role("textbox", name="Name").fill("Tokens")
    await opened.keyboard.press("Enter")
    await choose(opened, "Tokens", "Delete…")
    await opened.get_by_role("button", name="Delete view").click()

    await expect(opened.get_by_role("button", name="Views", exact=True)).to_be_visible()
    assert await busy.get("/views") == []


async def choose(page: Page, menu: str, item: str) -> None:
    """Chooses an item of the menu of views."""
    await page.get_by_role("button", name=menu, exact=True).click()
    await page.get_by_role("menuitem", name=item).click()
