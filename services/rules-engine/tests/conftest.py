"""Databases and plug-ins for the tests of the engine."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from mcm_rules_engine.testing.deliveries import engine_for
from mcm_rules_engine.testing.distributions import Install, installing
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


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs distributions with plug-ins for one test."""
    with installing(tmp_path, monkeypatch) as install:
        yield install
