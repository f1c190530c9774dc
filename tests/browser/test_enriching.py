"""Enrichment from the findings page: one finding, all, and a cancelled run."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenWindow, an_admin_token
from tests.browser.product import Product

pytestmark = pytest.mark.asyncio(loop_scope="session")

COUNT = 150


async def test_one_then_some_then_all(unexplained: Product, window: OpenWindow) -> None:
    await unexplained.pipeline.push(
        *(an_admin_token(f"user-{n}@example.com", token_id=f"tok-{n}") for n in range(COUNT))
    )
    await unexplained.settled(enriched=False)
    page = await (await window(unexplained)).go("findings")
    rows = page.get_by_role("table", name="Findings").get_by_role("row")

    one = rows.nth(1)
    await one.get_by_role("button", name="Enrich with AI").click()
    await expect(one.get_by_text("Enriching…")).to_be_visible()
    await expect(one.get_by_title(re.compile("Enriched by"))).to_be_visible()

    await page.get_by_role("button", name="Enrich All with AI").click()
    await expect(page.get_by_role("progressbar", name="Enriching all findings")).to_be_visible()
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_text(re.compile(r"Cancelled after \d+ findings?\."))).to_be_visible()
    left = (await unexplained.get("/stats/overview"))["unenriched"]
    assert 0 < left < COUNT, "the job was cancelled too late, or had done nothing"

    await page.get_by_role("button", name="Enrich All with AI").click()
    await expect(page.get_by_text(f"Enriched {left} findings.")).to_be_visible()
    await expect(page.get_by_role("button", name="Enrich with AI", exact=True)).to_have_count(0)
    assert (await unexplained.get("/stats/overview"))["unenriched"] == 0
