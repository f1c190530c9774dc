"""One browser for the run, and products for it: one with data, an empty one, one without an enricher."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from mcm_api.http.dashboard import BUILT
from mcm_shared.settings import KafkaSettings
from mcm_shared.testing.builders import an_event_payload
from tests.browser.chromium import HOW_TO_GET_IT, find_chromium
from tests.browser.product import Product, RunService, start_product
from tests.browser.slow_model import running_slow_model
from tests.browser.window import Window, open_window
from tests.databases import Databases
from tests.pipeline import Pipeline
from tests.services import ServiceRunner

OpenWindow = Callable[..., Any]

_EVENTS = 1500
_SERVICES = ("mcm-rules-engine", "mcm-enricher", "mcm-api")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The browser of the run; without Chromium these tests are skipped."""
    chromium = find_chromium()
    if chromium is None:
        pytest.skip(HOW_TO_GET_IT)
    if not (BUILT / "index.html").is_file():
        pytest.fail("the dashboard is not built: run `make dashboard` first")
    # Chromium's own sandbox does not work for root, as which containers run tests
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="session")
async def window(browser: Browser) -> AsyncIterator[OpenWindow]:
    """Opens windows on a product: ``await window(product)``; after the test each must be sound."""
    opened: list[Window] = []

    async def open_one(product: Product, **options: Any) -> Window:
        opened.append(await open_window(browser, product.url, **options))
        return opened[-1]

    yield open_one
    try:
        for each in opened:
            await each.is_sound()
    finally:
        for each in opened:
            await each.page.context.close()


@pytest.fixture(scope="session")
def run_for_session(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> RunService:
    """Runs services until the end of the run."""
    return ServiceRunner(tmp_path_factory.mktemp("products"), dict, request.session.addfinalizer).run


@pytest.fixture(scope="session")
def new_pipeline(databases: Databases, kafka_servers: str) -> Callable[[str], Pipeline]:
    """Makes pipelines with a database and topics of their own, for the run."""
    taken: list[str] = []

    def make(name: str) -> Pipeline:
        taken.append(databases.take())
        kafka = KafkaSettings(
            KAFKA_BOOTSTRAP_SERVERS=kafka_servers, MCM_TOPIC_PREFIX=f"browser-{name}-", MCM_TOPIC_PARTITIONS=3
        )
        return Pipeline(kafka, taken[-1])

    return make


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def busy(new_pipeline: Callable[[str], Pipeline], run_for_session: RunService) -> Product:
    """The whole product with a week of events, all evaluated and scored, and one dead letter."""
    pipeline = new_pipeline("busy")
    product = await start_product(run_for_session, pipeline, *_SERVICES)
    fed = run_for_session(
        "mcm-ingestor", "generate", "--count", str(_EVENTS), "--days", "7", "--seed", "1", env=pipeline.environment
    )
    assert await asyncio.to_thread(fed.wait, 60) == 0
    await pipeline.push(b'{"source": "my-app", "event_type": "login_failed"}', an_admin_token("ada@example.com"))
    await product.settled()
    return product


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def empty(new_pipeline: Callable[[str], Pipeline], run_for_session: RunService) -> Product:
    """The product before its first event."""
    return await start_product(run_for_session, new_pipeline("empty"), *_SERVICES)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def unexplained(
    new_pipeline: Callable[[str], Pipeline], run_for_session: RunService, request: pytest.FixtureRequest
) -> Product:
    """A product whose API and enricher ask a slow model; the enricher runs jobs only."""
    model = running_slow_model()
    request.session.addfinalizer(lambda: model.__exit__(None, None, None))
    pipeline = new_pipeline("unexplained")
    settings: dict[str, Any] = {
        "OPENAI_API_KEY": "test-key",
        "OPENAI_BASE_URL": model.__enter__(),
        "OPENAI_MODEL": "test-model",
        "MCM_AI_CONCURRENCY": "16",
    }
    without_kafka = {"DATABASE_URL": pipeline.environment["DATABASE_URL"]}
    run_for_session("mcm-enricher", "run", env=without_kafka, **settings)
    return await start_product(run_for_session, pipeline, "mcm-rules-engine", "mcm-api", **settings)


def an_admin_token(user: str, **fields: Any) -> bytes:
    """An event that raises one critical finding on its own."""
    now = datetime.now(UTC)
    facts = {"event_type": "api_token_created", "scopes": ["admin:*"], "expires_at": now + timedelta(days=1)}
    return an_event_payload(**{**facts, "user": user, "timestamp": now, **fields})
