"""Notifications in the browser, with a notifier and a receiver: set up, a channel tested, a failed message retried."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import expect

from mcm_notifier.testing.delivering import SECRET
from mcm_notifier.testing.receivers import HttpReply, http_receiver
from tests.browser.conftest import OpenWindow, an_admin_token
from tests.browser.product import Product
from tests.browser.test_accessibility import violations
from tests.services import Service

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]

_FILE = """
channels:
  soc: {{type: webhook, url: "{url}", secret: "${{HOOK_SECRET}}", allow: [127.0.0.1]}}
routes:
  criticals: {{channel: soc, filter: {{severity: critical, user: {user}}}}}
"""
_USER = "notified@example.com"
_WAIT_MS = 120_000


async def test_a_channel_is_tested_and_a_failed_message_is_retried(
    busy: Product, window: OpenWindow, run_service: Callable[..., Service], tmp_path: Path
) -> None:
    page = await (await window(busy)).go("notifications")
    await expect(page.get_by_text("Notifications are not set up")).to_be_visible()
    assert await violations(page, "setup guide of notifications") == []

    async with http_receiver() as receiver:
        path = tmp_path / "channels.yml"
        path.write_text(_FILE.format(url=receiver.url, user=_USER))
        settings = {"MCM_CHANNELS_PATH": str(path), "HOOK_SECRET": SECRET}
        notifier = run_service("mcm-notifier", "run", env=busy.pipeline.environment, **settings)
        channel = page.get_by_role("list", name="Channels").get_by_role("listitem", name="soc")
        await expect(channel.get_by_text("No messages yet")).to_be_visible(timeout=_WAIT_MS)
        receiver.replies = [HttpReply(403, "who are you?")]
        await channel.get_by_role("button", name="Test").click()
        await expect(channel.get_by_role("status")).to_have_text(
            "Not accepted: HTTP 403: who are you?", timeout=_WAIT_MS
        )

        receiver.replies = [HttpReply(404, "no such hook")]
        await busy.pipeline.push(an_admin_token(_USER))
        messages = page.get_by_role("list", name="Messages").get_by_role("listitem")
        await expect(messages.get_by_text("HTTP 404: no such hook")).to_be_visible(timeout=_WAIT_MS)
        await expect(channel.get_by_text("Failing")).to_be_visible(timeout=_WAIT_MS)
        assert await violations(page, "notifications") == []
        await page.set_viewport_size({"width": 380, "height": 900})
        assert not await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        await messages.get_by_role("button", name="Retry").click()
        await expect(messages.get_by_text("HTTP 200: ok")).to_be_visible(timeout=_WAIT_MS)
        await expect(channel.get_by_text("Healthy")).to_be_visible(timeout=_WAIT_MS)

        assert [request.json["type"] for request in receiver.requests] == ["test", "finding.new", "finding.new"]
        assert len(set(receiver.ids)) == 2
        notifier.terminate()
