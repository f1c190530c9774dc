"""An exception in the browser, by keyboard only: made from a finding, hiding it, and expiring."""

from datetime import UTC, datetime

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import update

from mcm_shared.db.engine import create_engine, transaction
from mcm_shared.db.finding_changes import note_change
from mcm_shared.db.tables import EXCEPTIONS
from mcm_shared.settings import DatabaseSettings
from tests.browser.conftest import OpenWindow, an_admin_token
from tests.browser.product import Product
from tests.browser.test_accessibility import violations
from tests.browser.test_triage import close_by_keyboard

pytestmark = pytest.mark.asyncio(loop_scope="session")

REASON = "The pipeline of releases makes such tokens"


async def test_a_false_positive_is_hidden_by_an_exception_and_returns_when_it_expires(
    busy: Product, window: OpenWindow
) -> None:
    user = "releases@example.com"
    await busy.pipeline.push(an_admin_token(user))
    await busy.settled()
    (finding,) = (await busy.get("/findings", user=user))["items"]
    page = await (await window(busy)).go(f"findings/{finding['id']}")
    await expect(page.get_by_role("button", name="Exclude user from rule…")).to_be_visible()
    await close_by_keyboard(page, "Agreed with the owner")

    name = await except_by_keyboard(page)

    await expect(page.get_by_role("note")).to_contain_text(f"Suppressed by {name}")
    assert await violations(page, "a suppressed finding") == []
    assert (await busy.get("/findings", user=user))["total"] == 0
    listed = await (await window(busy)).go(f"findings?view=all&user={user}")
    await expect(listed.get_by_text("No matching findings")).to_be_visible()
    greyed = await (await window(busy)).go(f"findings?view=all&suppressed=true&user={user}")
    await expect(greyed.get_by_role("row").filter(has_text=f"Suppressed by {name}")).to_be_visible()
    assert await violations(greyed, "suppressed findings in the list") == []
    await greyed.set_viewport_size({"width": 380, "height": 800})
    seen = await greyed.locator("main time").first.bounding_box()
    assert seen is not None
    assert seen["x"] + seen["width"] <= 380
    exceptions = await (await window(busy)).go("exceptions")
    item = exceptions.get_by_role("listitem", name=name)
    await expect(item.get_by_text("hides 1 finding")).to_be_visible()
    assert await violations(exceptions, "exceptions") == []

    await expire(busy, name)

    # the open pages learn of it from the stream, without a reload
    await expect(listed.get_by_role("row").filter(has_text=user)).to_be_visible()
    await expect(page.get_by_role("note")).to_have_count(0)
    await expect(item.get_by_text("Expired", exact=True).first).to_be_visible()
    assert (await busy.get("/findings", user=user))["total"] == 1


async def except_by_keyboard(page: Page) -> str:
    """Makes an exception for the open finding, without the pointer; returns its name."""
    await page.keyboard.press("n")
    dialog = page.get_by_role("dialog", name="New exception")
    await expect(dialog.get_by_role("textbox", name="Reason")).to_be_focused()
    await expect(dialog.get_by_text("Hides 1 finding now")).to_be_visible()
    await page.keyboard.type(REASON)
    assert await violations(page, "new exception") == []
    save = dialog.get_by_role("button", name="Save")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await expect(save).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(dialog).to_have_count(0)
    badge = page.get_by_text("Suppressed by EX-").first
    await expect(badge).to_be_visible()
    return (await badge.inner_text()).removeprefix("Suppressed by ")


async def expire(product: Product, name: str) -> None:
    """Moves the end of an exception to now, which stands for its time having passed."""
    engine = create_engine(DatabaseSettings(DATABASE_URL=product.pipeline.environment["DATABASE_URL"]))
    ended = update(EXCEPTIONS).where(EXCEPTIONS.c.id == int(name.removeprefix("EX-")))
    async with transaction(engine) as connection:
        await connection.execute(ended.values(expires_at=datetime.now(UTC)))
        await note_change(connection, shard=0)
    await engine.dispose()
