"""Fixtures for every suite: real Kafka and Postgres (see ``tests/stack.py``), and an environment without surprises."""

import os
from collections.abc import Iterator

import pytest

pytest_plugins = ["tests.stack"]

_SETTINGS_OF_A_PERSON = ("MCM_", "KAFKA_", "OPENAI_", "DATABASE_URL", "PG")


@pytest.fixture(scope="session", autouse=True)
def environment_without_settings() -> Iterator[None]:
    """Takes out what the person's shell sets: a test says itself which settings it runs with."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(_SETTINGS_OF_A_PERSON) and not name.startswith("MCM_TEST_"):
                patch.delenv(name)
        # tests of access switch authentication on; all others ask the API without a login, on loopback
        patch.setenv("MCM_AUTH", "off")
        yield
