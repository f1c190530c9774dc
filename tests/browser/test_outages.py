"""Outages under an open page: it reports them, and recovers when the service is back."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from playwright.async_api import expect

from mcm_local.ports import free_port
from tests.browser.conftest import OpenWindow, an_admin_token
from tests.browser.product import start_product
from tests.disposable_stack import DisposableStack
from tests.pipeline import Pipeline
from tests.services import Service

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def disposable_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DisposableStack]:
    """Servers that the test may kill."""
    stack = DisposableStack(tmp_path_factory.mktemp("disposable"))
    stack.start()
    yield stack
    stack.kill()


async def test_the_api_and_kafka_restart_under_an_open_page(
    disposable_stack: DisposableStack, run_service: Callable[..., Service], window: OpenWindow
) -> None:
    pipeline = Pipeline(disposable_stack.new_topics(), disposable_stack.new_database())
    port = free_port()
    product = await start_product(run_service, pipeline, "mcm-rules-engine", "mcm-enricher", "mcm-api", port=port)
    await product.pipeline.push(an_admin_token("before@example.com"))
    page = await (await window(product)).go("findings")
    lost = page.get_by_text("Can't reach the API.")
    await expect(page.get_by_role("link", name="before@example.com")).to_be_visible()
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()

    product.services["mcm-api"].kill()
    await expect(lost).to_be_visible()
    # findings raised during the outage arrive afterwards
    await product.pipeline.push(an_admin_token("meanwhile@example.com"))
    await start_product(run_service, pipeline, "mcm-api", port=port)
    await expect(lost).to_have_count(0)
    await expect(page.get_by_role("link", name="meanwhile@example.com")).to_be_visible()

    disposable_stack.kafka.kill()
    await expect(page.get_by_text("Delayed", exact=True)).to_be_visible()
    await expect(page.get_by_text("The API can't reach Kafka.")).to_be_visible()
    disposable_stack.kafka.start()
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    await product.pipeline.push(an_admin_token("after@example.com"))
    await expect(page.get_by_role("link", name="after@example.com")).to_be_visible()
    await expect(lost).to_have_count(0)


async def test_pages_opened_during_an_outage_heal_when_it_ends(
    disposable_stack: DisposableStack, run_service: Callable[..., Service], window: OpenWindow
) -> None:
    pipeline = Pipeline(disposable_stack.new_topics(), disposable_stack.new_database())
    port = free_port()
    product = await start_product(run_service, pipeline, "mcm-rules-engine", "mcm-api", port=port)
    shown = await window(product)
    page = await shown.go("pipeline")
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()

    product.services["mcm-api"].kill()
    await expect(page.get_by_text("Reconnecting", exact=True)).to_be_visible()
    # the code of this page was never loaded, and neither were its figures
    await page.get_by_role("link", name="Users", exact=True).click()
    await expect(page.get_by_text("This page could not be loaded")).to_be_visible()
    await start_product(run_service, pipeline, "mcm-api", port=port)

    await expect(page.get_by_role("heading", name="Users", level=1)).to_be_visible()
    await expect(page.get_by_text("No users yet")).to_be_visible()
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    await page.go_back()
    await expect(page.get_by_role("heading", name="Kafka", level=2)).to_be_visible()
    # the failed import of the page's code is what this test is about
    shown.problems.clear()

    # the command that an empty page suggests works as it is shown
    await page.get_by_role("link", name="Findings", exact=True).click()
    command = await page.get_by_test_id("command").inner_text()
    shell = await asyncio.create_subprocess_exec("sh", "-c", command, stdout=asyncio.subprocess.PIPE)
    await shell.communicate()
    assert shell.returncode == 0
    await expect(page.get_by_role("link", name="mona@example.com").first).to_be_visible()
