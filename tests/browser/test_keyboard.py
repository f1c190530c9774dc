"""Keyboard operation: everything can be reached and done without a mouse."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.product import Product

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_finding_is_selected_opened_and_closed_with_the_keyboard(busy: Product, window: OpenWindow) -> None:
    page = await (await window(busy)).go()
    keys = page.keyboard

    await keys.press("Tab")
    await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    await keys.press("g")
    await keys.press("f")
    rows = page.get_by_role("table", name="Findings").get_by_role("row")
    await expect(rows.nth(2).get_by_role("link").first).to_be_visible()

    await keys.press("j")
    await expect(rows.nth(1).get_by_role("link").first).to_be_focused()
    await keys.press("j")
    await expect(rows.nth(2).get_by_role("link").first).to_be_focused()
    await keys.press("Enter")
    drawer = page.get_by_role("dialog")
    await expect(drawer).to_be_visible()
    await expect(page).to_have_url(re.compile(r"finding=\d+"))
    await keys.press("Escape")
    await expect(drawer).to_have_count(0)
    await expect(rows.nth(2).get_by_role("link").first).to_be_focused()

    await keys.press("/")
    await expect(page.get_by_role("searchbox", name="Search findings")).to_be_focused()
    await keys.type("bucket")
    await expect(page).to_have_url(re.compile(r"q=bucket"))


async def test_the_command_menu_and_the_shortcut_list(busy: Product, window: OpenWindow) -> None:
    page = await (await window(busy)).go()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)

    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("combobox")).to_be_focused()
    await page.keyboard.type("pipeline")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("heading", name="Pipeline", level=1)).to_be_visible()
    await expect(page).to_have_title("Pipeline · Mini Compliance Monitor")


async def test_a_period_is_selected_on_the_chart_of_events(busy: Product, window: OpenWindow) -> None:
    page = await (await window(busy)).go("events")
    chart = page.get_by_role("group", name=re.compile("Events over time"))
    await chart.focus()
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("Shift+ArrowLeft")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(r"from=.*to="))

    await page.get_by_role("button", name="Clear all").press("Enter")
    await expect(page).not_to_have_url(re.compile("from="))


async def test_a_dead_letter_is_retried(busy: Product, window: OpenWindow) -> None:
    page = await (await window(busy)).go("pipeline")
    await page.get_by_role("button", name="Retry").first.press("Enter")
    dialog = page.get_by_role("dialog", name="Retry this event?")
    await dialog.get_by_role("button", name="Retry").press("Enter")
    await expect(page.get_by_text(re.compile(r"Sent to \S*events\.raw"))).to_be_visible()
    await page.keyboard.press("Escape")
    # it fails again, and replaces its earlier entry
    await expect(page.get_by_text(re.compile("failed 2 times")).first).to_be_visible()
