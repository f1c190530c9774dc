"""Findings in a database, and topics to send them to."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_enricher.explainers.model import ModelExplainer
from mcm_enricher.model.client import ModelClient, RetryPolicy
from mcm_enricher.model.redact import Redaction
from mcm_enricher.testing.model_server import ModelServer, running_model_server
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.db.engine import create_engine
from mcm_shared.settings import DatabaseSettings
from mcm_shared.testing import stored_findings
from mcm_shared.testing.builders import a_finding

MakeModelExplainer = Callable[..., ModelExplainer]
StoreFindings = Callable[[AsyncEngine, Iterable[FindingMessage]], Awaitable[list[FindingMessage]]]


def engine_for(url: str) -> AsyncEngine:
    return create_engine(DatabaseSettings(DATABASE_URL=SecretStr(url)), pooled=False)


@pytest.fixture(params=["postgresql", "sqlite"])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[AsyncEngine]:
    """An empty database, once of each kind."""
    url = request.getfixturevalue("database_url" if request.param == "postgresql" else "sqlite_url")
    engine = engine_for(url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def postgres(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An empty PostgreSQL database."""
    engine = engine_for(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture
def model_server() -> Iterator[ModelServer]:
    """A server that speaks OpenAI's protocol."""
    with running_model_server() as server:
        yield server


@pytest.fixture
async def model_explainer(postgres: AsyncEngine, model_server: ModelServer) -> AsyncIterator[MakeModelExplainer]:
    """Makes explainers that ask the server and keep what they know in ``engine``."""
    made: list[ModelExplainer] = []

    def make(*, timeout_s: float = 30.0, redaction: Redaction = "all", **policy: Any) -> ModelExplainer:
        retry_policy = RetryPolicy(attempts=3, initial_wait_s=0.01, max_wait_s=0.05, poll_s=0.02)
        policy = {"retry_policy": retry_policy, "timeout_s": timeout_s, **policy}
        client = ModelClient(policy.pop("engine", postgres), model_server.chat(timeout_s=timeout_s), **policy)
        made.append(ModelExplainer(client, redaction))
        return made[-1]

    yield make
    for explainer in made:
        await explainer.close()


@pytest.fixture
def store_findings() -> StoreFindings:
    """Stores findings as the engine would; gives them back with the ids of their rows."""
    return stored_findings.store_findings


@pytest.fixture
def some_findings(store_findings: StoreFindings) -> Callable[[AsyncEngine, int], Awaitable[list[FindingMessage]]]:
    """Stores a number of findings."""

    async def store(engine: AsyncEngine, count: int) -> list[FindingMessage]:
        return await store_findings(engine, [a_finding(event_id=None) for _ in range(count)])

    return store
