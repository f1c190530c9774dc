"""The API over a real database, PostgreSQL and SQLite, and a model that never answers."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from mcm_api.app import create_app
from mcm_api.settings import ApiSettings
from mcm_api.testing.oidc_provider import OidcProviderUnderTest, running_oidc_provider
from mcm_api.testing.serving import SilentModel
from mcm_enricher import EnricherSettings
from mcm_shared.db.engine import AsyncEngine, create_engine
from mcm_shared.settings import DatabaseSettings
from mcm_shared.testing.rows import Rows

from .access_helpers import People
from .secret_sweep import running


@pytest.fixture(params=["postgresql", "sqlite"])
def stored_in(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database with the schema, once of each kind."""
    url: str = request.getfixturevalue("database_url" if request.param == "postgresql" else "sqlite_url")
    return url


@pytest.fixture
def app(stored_in: str, tmp_path: Path) -> FastAPI:
    """The API without Kafka, and without the dashboard that the checkout may hold."""
    # a machine that stands still for a moment fails no test
    settings = ApiSettings(MCM_DASHBOARD_PATH=tmp_path / "not-built", MCM_API_QUERY_TIMEOUT_S=60)
    return create_app(settings, DatabaseSettings(DATABASE_URL=SecretStr(stored_in)), None, EnricherSettings())


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the running API."""
    async with running(app) as client:
        yield client


@pytest.fixture
def people(app: FastAPI) -> People:
    """Makes users of the API with their sessions and tokens."""
    return People(app)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Connects to a PostgreSQL database with the schema, for tests of that database alone."""
    engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(database_url)))
    yield engine
    await engine.dispose()


@pytest.fixture
async def rows(stored_in: str) -> AsyncIterator[Rows]:
    """Puts rows into the API's database."""
    engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(stored_in)))
    yield Rows(engine)
    await engine.dispose()


@pytest.fixture
async def silent_model() -> AsyncIterator[SilentModel]:
    """A running server of a model that never answers."""
    model = SilentModel()
    taken: list[asyncio.StreamWriter] = []

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append(writer)
        if await reader.read(1):
            model.asked.set()

    server = await asyncio.start_server(say_nothing, "127.0.0.1")
    model.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    yield model
    server.close()
    for writer in taken:
        writer.close()


@pytest.fixture(scope="module")
def provider() -> Iterator[OidcProviderUnderTest]:
    """An OIDC provider on loopback."""
    with running_oidc_provider() as running:
        yield running
