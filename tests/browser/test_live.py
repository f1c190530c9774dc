"""Live updates: what is pushed to Kafka appears in every open window, and never moves a list that is being read."""

import asyncio
import re

import pytest
from playwright.async_api import Route, expect

from mcm_shared.testing.builders import an_event_payload
from tests.browser.conftest import OpenWindow, an_admin_token
from tests.browser.product import Product

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_event_appears_in_two_open_windows_and_its_score_after(busy: Product, window: OpenWindow) -> None:
    findings = await (await window(busy)).go("findings")
    overview = await (await window(busy)).go()
    for page in (findings, overview):
        await expect(page.get_by_text("Live", exact=True)).to_be_visible()
        await page.evaluate("window.unloaded = false")

    await busy.pipeline.push(an_admin_token("two.windows@example.com"))

    row = findings.get_by_role("row").filter(has_text="two.windows@example.com")
    await expect(row).to_have_count(1)
    await expect(row.get_by_text("Critical")).to_be_visible()
    line = overview.get_by_role("list", name="Newest findings").get_by_role("listitem")
    await expect(line.filter(has_text="two.windows@example.com")).to_have_count(1)
    # the score arrives live as well
    await expect(row.get_by_title(re.compile("Enriched by"))).to_be_visible()
    for page in (findings, overview):
        assert await page.evaluate("window.unloaded") is False, "the page was reloaded"


async def test_a_list_under_the_pointer_does_not_move(busy: Product, window: OpenWindow) -> None:
    page = await (await window(busy)).go("findings")
    rows = page.get_by_role("table", name="Findings").get_by_role("row")
    await expect(rows.nth(5)).to_be_visible()
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    await rows.nth(3).hover()
    read = await rows.nth(3).inner_text()
    place = await rows.nth(3).bounding_box()

    await busy.pipeline.push(an_admin_token("waits.outside@example.com"))

    pill = page.get_by_role("button", name="1 new")
    await expect(pill).to_be_visible()
    assert await rows.nth(3).inner_text() == read
    assert await rows.nth(3).bounding_box() == place
    await pill.click()
    await expect(rows.nth(1)).to_contain_text("waits.outside@example.com")


async def test_events_arrive_live_and_a_pause_holds_them_back(busy: Product, window: OpenWindow) -> None:
    page = await (await window(busy)).go("events?source=tail")
    await expect(page.get_by_text("No matching events")).to_be_visible()
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()

    await busy.pipeline.push(an_event_payload(source="tail", user="first@example.com"))
    await expect(page.get_by_role("link", name="first@example.com")).to_be_visible()

    await page.get_by_role("button", name="Pause").click()
    await busy.pipeline.push(an_event_payload(source="tail", user="second@example.com"))
    await page.get_by_role("button", name="1 new").click()
    await expect(page.get_by_role("link", name="second@example.com")).to_be_visible()


async def test_the_url_of_a_view_opens_the_same_view(busy: Product, window: OpenWindow) -> None:
    page = await (await window(busy)).go("findings")
    await page.get_by_role("checkbox", name="Medium").check()
    await page.get_by_role("searchbox", name="Search findings").fill("pull request")
    await page.get_by_role("button", name="Last seen").click()
    await expect(page).to_have_url(re.compile(r"(?=.*severity=medium)(?=.*q=pull)(?=.*sort=last_seen)"))
    rows = page.get_by_role("table", name="Findings").get_by_role("row")
    await expect(rows.filter(has_not_text="pull request merged")).to_have_count(1)
    shown = await rows.all_inner_texts()
    assert len(shown) > 2

    again = (await window(busy)).page
    await again.goto(page.url)

    await expect(again.get_by_role("checkbox", name="Medium")).to_be_checked()
    await expect(again.get_by_role("searchbox", name="Search findings")).to_have_value("pull request")
    await expect(again.get_by_role("columnheader", name="Last seen")).to_have_attribute("aria-sort", "descending")
    await expect(again.get_by_role("table", name="Findings").get_by_role("row")).to_have_text(
        await rows.all_text_contents()
    )


async def test_a_list_with_a_row_selected_by_the_keyboard_does_not_move(busy: Product, window: OpenWindow) -> None:
    page = await (await window(busy, viewport={"width": 1440, "height": 900})).go("findings")
    rows = page.get_by_role("table", name="Findings").get_by_role("row")
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    await page.mouse.move(5, 5)
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    selected = rows.nth(2).get_by_role("link").first
    await expect(selected).to_be_focused()
    before = await rows.nth(2).inner_text()

    await busy.pipeline.push(an_admin_token("held.by.the.keyboard@example.com"))

    pill = page.get_by_role("button", name="1 new")
    await expect(pill).to_be_visible()
    assert await rows.nth(2).inner_text() == before

    await page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog")
    await expect(drawer).to_be_visible()
    pill_box, drawer_box = await pill.bounding_box(), await drawer.bounding_box()
    assert pill_box is not None
    assert drawer_box is not None
    assert pill_box["x"] + pill_box["width"] <= drawer_box["x"], "the drawer covers the pill"
    await pill.click()
    await expect(rows.nth(1)).to_contain_text("held.by.the.keyboard@example.com")


async def test_rows_of_the_query_before_are_busy(busy: Product, window: OpenWindow) -> None:
    page = await (await window(busy)).go("findings")
    table = page.get_by_role("table", name="Findings")
    await expect(table).to_have_attribute("aria-busy", "false")
    slow = asyncio.Event()

    async def delay(route: Route) -> None:
        await slow.wait()
        await route.continue_()

    await page.route(re.compile(r"/findings\?"), delay)
    await page.get_by_role("button", name="Last seen").click()
    await expect(table).to_have_attribute("aria-busy", "true")
    slow.set()
    await expect(table).to_have_attribute("aria-busy", "false")


async def test_the_focus_stays_in_the_page_when_its_element_disappears(busy: Product, window: OpenWindow) -> None:
    page = await (await window(busy)).go("findings?severity=critical")
    await page.get_by_role("button", name="Clear all").press("Enter")
    await expect(page).not_to_have_url(re.compile("severity"))
    await expect(page.get_by_role("button", name="Clear all")).to_have_count(0)
    await page.wait_for_function("document.activeElement !== document.body")
