"""Setup, login, account, users and audit trail: by keyboard, accessible, and as far as the role permits."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from mcm_api.testing.oidc_provider import OidcProviderUnderTest, running_oidc_provider
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product, RunService, start_product
from tests.browser.test_accessibility import violations
from tests.pipeline import Pipeline

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

ADMIN = "ada@example.com"
VIEWER = "vera@example.com"
PASSWORD = "seven green lamps hum"
_SETUP = re.compile(r'"url": ?"(http[^"]+/app/setup#token=[^"]+)"')


@pytest.fixture(scope="module")
def provider() -> Iterator[OidcProviderUnderTest]:
    """An OIDC provider on loopback."""
    with running_oidc_provider() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def closed(
    new_pipeline: Callable[[str], Pipeline], run_for_session: RunService, provider: OidcProviderUnderTest
) -> Product:
    """The API with authentication, by its own passwords and at the provider."""
    settings: dict[str, Any] = {"MCM_AUTH": "on", **provider.settings()}
    return await start_product(run_for_session, new_pipeline("closed"), "mcm-api", **settings)


async def test_the_first_administrator_and_a_viewer(
    new_pipeline: Callable[[str], Pipeline], run_for_session: RunService, window: OpenWindow
) -> None:
    # without any user before it, whatever ran earlier
    first_start = await start_product(run_for_session, new_pipeline("first-start"), "mcm-api", MCM_AUTH="on")
    api = first_start.services["mcm-api"]
    api.wait_for_log("/app/setup#token=", 60)
    link = _SETUP.search(api.stderr())
    assert link is not None
    shown = await window(first_start)
    page: Page = shown.page
    keys = page.keyboard

    await page.goto(link[1])
    await expect(page.get_by_label("E-mail address")).to_be_focused()
    found = await violations(page, "setup")
    for text in (ADMIN, PASSWORD, PASSWORD):
        await keys.type(text)
        await keys.press("Tab")
    await keys.press("Enter")
    await expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()

    for path in ("account", "access", "audit"):
        await shown.go(path)
        await expect(page.get_by_role("status", name="Loading")).to_have_count(0)
        await expect(page.get_by_text(ADMIN).first).to_be_visible()
        found += await violations(page, path)

    await shown.go("access")
    await page.get_by_label("E-mail address").focus()
    await keys.type(VIEWER)
    await keys.press("Tab")
    await keys.type(PASSWORD)
    await keys.press("Enter")
    await expect(page.get_by_role("listitem").filter(has_text=VIEWER)).to_be_visible()
    await page.get_by_role("button", name=f"Edit {VIEWER}").press("Enter")
    form = page.get_by_role("form", name=f"Account {VIEWER}")
    await form.get_by_label("Sees nothing before").fill("2026-11-01")
    found += await violations(page, "edit")
    await form.get_by_role("button", name="Save").press("Enter")
    await expect(page.get_by_role("listitem").filter(has_text=VIEWER)).to_contain_text("sees from 01 Nov")

    await shown.go("account")
    await page.get_by_role("button", name="Log out").focus()
    await keys.press("Enter")
    await expect(page.get_by_role("heading", name="Log in", level=1)).to_be_visible()
    found += await violations(page, "login")
    await log_in(page, VIEWER, "not the password")
    await expect(page.get_by_text("The e-mail address or the password is wrong.")).to_be_visible()
    await log_in(page, VIEWER, PASSWORD)

    await expect(page.get_by_role("heading", name="Account", level=1)).to_be_visible()
    await expect(page.get_by_role("link", name="Findings")).to_be_visible()
    for name in ("Access", "Audit"):
        await expect(page.get_by_role("link", name=name, exact=True)).to_have_count(0)
    await shown.go("audit")
    await expect(page.get_by_text("audit:read").first).to_be_visible()
    await expect(page.get_by_role("link", name="Export CSV")).to_have_count(0)
    assert found == []


async def test_login_role_change_and_logout_at_a_provider(
    closed: Product, provider: OidcProviderUnderTest, window: OpenWindow
) -> None:
    provider.set_user("0815", email="mona@example.com", groups=["mcm-viewers"])
    shown = await window(closed)
    page = shown.page

    await shown.go("rules?q=aws")
    await log_in_at_provider(page, "0815")
    await expect(page.get_by_role("heading", name="Rules", level=1)).to_be_visible()
    await expect(page).to_have_url(re.compile(r"/app/rules\?q=aws$"))
    await expect_role(page, "viewer")

    provider.set_user("0815", email="mona@example.com", groups=["mcm-admins"])
    await log_out_at_provider(page)
    await log_in_at_provider(page, "0815")
    await expect_role(page, "admin")
    await expect(page.get_by_role("link", name="Audit", exact=True)).to_be_visible()

    provider.set_user("0815", email="mona@example.com", groups=["others"])
    await log_out_at_provider(page)
    await log_in_at_provider(page, "0815")
    await expect(page.get_by_role("heading", name="No access", level=1)).to_be_visible()
    await expect(page.get_by_role("alert").filter(has_text="“groups”")).to_be_visible()
    assert await violations(page, "no access") == []


async def test_the_documentation_keeps_the_content_security_policy(empty: Product, window: OpenWindow) -> None:
    shown = await window(empty)
    await shown.page.goto(f"{empty.url}/docs")
    operation = shown.page.get_by_role("button", name="GET /findings", exact=False).first
    await operation.click()
    await expect(shown.page.get_by_role("button", name="Try it out").first).to_be_visible()


async def log_in(page: Page, email: str, password: str) -> None:
    """Logs in with a password."""
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(password)
    await page.get_by_label("Password").press("Enter")


async def log_in_at_provider(page: Page, subject: str) -> None:
    """Logs in at the provider from the login page, by keyboard."""
    await page.get_by_role("link", name="Log in with Acme Login").focus()
    await page.keyboard.press("Enter")
    await page.get_by_placeholder("sub").fill(subject)
    await page.get_by_role("button", name="Authorize").click()


async def log_out_at_provider(page: Page) -> None:
    """Logs out, at the provider too, which leads back to the login page."""
    await page.get_by_role("button", name="Log out").click()
    await page.get_by_role("button", name="End session").click()
    await expect(page.get_by_role("heading", name="Log in", level=1)).to_be_visible()


async def expect_role(page: Page, role: str) -> None:
    """Opens the account, which shows the role."""
    await page.goto(re.sub(r"/app/.*", "/app/account", page.url))
    await expect(page.get_by_role("heading", name="mona@example.com")).to_be_visible()
    await expect(page.get_by_text(role, exact=True).first).to_be_visible()
