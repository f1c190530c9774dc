"""Browser window that records everything a page must not do."""

from typing import Any
from urllib.parse import urljoin

from playwright.async_api import Browser, ConsoleMessage, Page, expect

# generous, since the machine may be busy; benchmarks/browser.py measures the speed
TIMEOUT_MS = 20_000
expect.set_options(timeout=TIMEOUT_MS)

# violations of the content security policy, also those while the page loads
_RECORD_VIOLATIONS = """
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
        page.on("pageerror", lambda error: self.problems.append(f"exception: {error}"))
        page.on("console", self._on_console)

    async def go(self, path: str = "") -> Page:
        """Opens a page of the dashboard and waits for its heading."""
        await self.page.goto(urljoin(self.url, f"/app/{path}"))
        await expect(self.page.get_by_role("heading", level=1).first).to_be_visible()
        return self.page

    async def is_sound(self) -> None:
        """Asserts that there was no exception, console error or policy violation so far."""
        refused = await self.page.evaluate("window.refused")
        assert (refused, self.problems) == ([], [])

    def _on_console(self, message: ConsoleMessage) -> None:
        # the page shows responses that are not 200; the browser logs them to the console as well
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.problems.append(message.text)


async def open_window(browser: Browser, url: str, **options: Any) -> Window:
    """Opens an empty window on a product."""
    context = await browser.new_context(**{"viewport": {"width": 1720, "height": 900}, **options})
    context.set_default_timeout(TIMEOUT_MS)
    await context.add_init_script(_RECORD_VIOLATIONS)
    return Window(await context.new_page(), url)
