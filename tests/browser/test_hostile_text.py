"""Hostile event data: it is rendered as text on every page."""

from datetime import UTC, datetime
from urllib.parse import quote

import orjson
import pytest
from playwright.async_api import expect

from mcm_shared.testing.builders import an_event_payload
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product

pytestmark = pytest.mark.asyncio(loop_scope="session")

PLANTED = '<img src=x onerror="window.planted=1">'
FACTS = ("bucket", "region", "ip", "user_agent", "title", "repository", "service", "token_id", "target", "reason")


async def test_markup_in_every_field_is_text_on_every_page(busy: Product, window: OpenWindow) -> None:
    user = f"{PLANTED}@example.com"
    facts = {name: f"{name} {PLANTED}" for name in FACTS}
    await busy.pipeline.push(
        an_event_payload(
            **facts,
            id=f"id {PLANTED}",
            source="planted",
            user=user,
            event_type="storage_bucket_permission_changed",
            visibility="public",
            old_visibility="private",
            # among the newest findings of the overview, whatever other tests have raised
            timestamp=datetime.now(UTC),
        ),
        unreadable(PLANTED),
    )
    await busy.settled()
    (finding,) = (await busy.get("/findings", user=user))["items"]
    events = await busy.get("/events", source="planted")
    shown = await window(busy)
    for path in (
        "",
        f"findings?finding={finding['id']}",
        f"findings/{finding['id']}",
        *(f"events?source=planted&event={event['id']}" for event in events),
        f"users?q={quote('<img')}",
        f"users/{quote(user, safe='')}",
        f"rules/{quote(PLANTED, safe='')}",
        "pipeline",
        f"nowhere/{quote(PLANTED)}",
    ):
        page = await shown.go(path)
        await expect(page.get_by_text("onerror").first).to_be_attached()
        await expect(page.locator("img")).to_have_count(0)
        assert await page.evaluate("window.planted") is None, path


def unreadable(text: str) -> bytes:
    """A record that is refused, with the text in it and in the reason it is refused for."""
    return orjson.dumps({"source": "planted", "event_type": text, "timestamp": text})
