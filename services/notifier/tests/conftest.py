"""Databases, topics and receivers of the notifier's tests."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_notifier.testing.receivers import HttpReceiver, MailReceiver, http_receiver, mail_receiver
from mcm_shared.db.engine import create_engine
from mcm_shared.settings import DatabaseSettings


def _engine_for(url: str) -> AsyncEngine:
    return create_engine(DatabaseSettings(DATABASE_URL=SecretStr(url)))


@pytest.fixture(params=["postgresql", "sqlite"])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[AsyncEngine]:
    """An empty database, once of each kind."""
    engine = _engine_for(request.getfixturevalue("database_url" if request.param == "postgresql" else "sqlite_url"))
    yield engine
    await engine.dispose()


@pytest.fixture
async def postgres(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An empty PostgreSQL database."""
    engine = _engine_for(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def receiver() -> AsyncIterator[HttpReceiver]:
    """A webhook's receiver."""
    async with http_receiver() as running:
        yield running


@pytest.fixture
async def mail() -> AsyncIterator[MailReceiver]:
    """A mail server."""
    async with mail_receiver() as running:
        yield running
