"""Databases for the tests of the engine."""

from collections.abc import AsyncIterator

import pytest

from mcm_rules_engine.testing.deliveries import engine_for
from mcm_shared.db.engine import AsyncEngine


@pytest.fixture(params=["postgresql", "sqlite"])
async def engines(request: pytest.FixtureRequest) -> AsyncIterator[list[AsyncEngine]]:
    """Three workers' engines on one empty database, once of each kind."""
    url = request.getfixturevalue("database_url" if request.param == "postgresql" else "sqlite_url")
    engines = [engine_for(url) for _ in range(3)]
    yield engines
    for engine in engines:
        await engine.dispose()


@pytest.fixture
def engine(engines: list[AsyncEngine]) -> AsyncEngine:
    """The first worker's engine."""
    return engines[0]
