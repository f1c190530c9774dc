"""An action on all findings that match a filter, in the browser: counted first, then taken request by request."""

import asyncio
from typing import Final

import pytest
from playwright.async_api import Page, Route, expect
from sqlalchemy import text

from mcm_shared.db.engine import create_engine, transaction
from mcm_shared.db.finding_changes import note_change
from mcm_shared.db.finding_tables import ENGINE, ENRICHER, finding_columns
from mcm_shared.settings import DatabaseSettings
from tests.browser.conftest import OpenWindow, an_admin_token
from tests.browser.product import Product

pytestmark = pytest.mark.asyncio(loop_scope="session")

# a large backlog: five requests
FINDINGS: Final = 5000
PER_REQUEST: Final = 1000


async def test_all_matching_findings_are_closed_with_progress(busy: Product, window: OpenWindow) -> None:
    user = "bulk@example.com"
    await busy.pipeline.push(an_admin_token("one.of.many@example.com"))
    await busy.settled()
    (finding,) = (await busy.get("/findings", user="one.of.many@example.com"))["items"]
    await copy_finding(busy, finding["id"], user, FINDINGS)
    page = await (await window(busy)).go(f"findings?view=all&user={user}")
    await page.get_by_role("row").nth(1).get_by_role("checkbox").check()
    await page.get_by_role("button", name=f"Select all {FINDINGS:,} matching findings").click()
    selected = page.get_by_role("region", name="Selected findings")
    await selected.get_by_role("button", name="Change status").click()
    dialog = page.get_by_role("dialog", name="Change status")
    await expect(dialog.get_by_text(f"Changes {FINDINGS:,} findings")).to_be_visible()
    await dialog.get_by_role("textbox", name="Reason").fill("The tokens of the migration were revoked")
    seen = await hold_second_request(page)

    await dialog.get_by_role("button", name="Save").click()

    await expect(dialog.get_by_role("progressbar")).to_be_visible()
    await expect(dialog.get_by_text(f"{PER_REQUEST:,} of {FINDINGS:,}")).to_be_visible()
    seen.set()
    await expect(page.get_by_text(f"Changed {FINDINGS:,} findings.")).to_be_visible(timeout=120_000)
    await expect(dialog).to_have_count(0)
    assert (await busy.get("/findings", user=user, status="resolved", page_size=1))["total"] == FINDINGS
    await expect(page.get_by_role("row").nth(1).get_by_text("Resolved")).to_be_visible()


async def hold_second_request(page: Page) -> asyncio.Event:
    """Holds the second request that changes findings until the event is set."""
    seen, requests = asyncio.Event(), 0

    async def hold(route: Route) -> None:
        nonlocal requests
        if '"dry_run":true' not in (route.request.post_data or ""):
            requests += 1
            if requests == 2:
                await seen.wait()
        await route.continue_()

    await page.route("**/findings/actions", hold)
    return seen


async def copy_finding(product: Product, finding_id: int, user: str, count: int) -> None:
    """Stores copies of a finding, of another user."""
    copied = [name for name in (*finding_columns(ENGINE), *finding_columns(ENRICHER)) if name not in {"uid", "user"}]
    columns = ", ".join(f'"{name}"' for name in copied)
    statement = text(
        f'INSERT INTO findings (uid, "user", {columns}) SELECT gen_random_uuid(), :user, {columns}'  # noqa: S608
        " FROM findings, generate_series(1, :count) WHERE id = :id"
    )
    engine = create_engine(DatabaseSettings(DATABASE_URL=product.pipeline.environment["DATABASE_URL"]))
    async with transaction(engine) as connection:
        await connection.execute(statement, {"user": user, "count": count, "id": finding_id})
        await note_change(connection, shard=0)
    await engine.dispose()
