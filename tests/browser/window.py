"""A window of the browser that notes everything a page must not do."""

from typing import Any
from urllib.parse import urljoin

from playwright.async_api import Browser, ConsoleMessage, Page, expect

# the machine may be busy; how fast the dashboard is, benchmarks/browser.py measures
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)

# what the policy of the page refuses is told here, also while the page is still being read
_LISTEN = """
window.refused = [];
document.addEventListener('securitypolicyviolation', (event) =>
  window.refused.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));
"""


class Window:
    """A page of the dashboard, in a profile of its own."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(f"threw: {error}"))
        page.on("console", self._heard)

    async def go(self, path: str = "") -> Page:
        """Opens a page of the dashboard, and waits until its heading is there."""
        await self.page.goto(urljoin(self.url, f"/app/{path}"))
        await expect(self.page.get_by_role("heading", level=1).first).to_be_visible()
        return self.page

    async def is_sound(self) -> None:
        """Asserts that nothing was thrown, complained about or refused by the policy so far."""
        refused = await self.page.evaluate("window.refused")
        assert (refused, self.problems) == ([], [])

    def _heard(self, message: ConsoleMessage) -> None:
        # answers that are not 200 are shown by the page; the browser says them to the console as well
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.problems.append(message.text)


async def open_window(browser: Browser, url: str, **options: Any) -> Window:
    """Opens an empty window on a product."""
    context = await browser.new_context(**{"viewport": {"width": 1720, "height": 900}, **options})
    context.set_default_timeout(PATIENCE_MS)
    await context.add_init_script(_LISTEN)
    return Window(await context.new_page(), url)
