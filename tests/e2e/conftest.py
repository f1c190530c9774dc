"""The pipeline of a test: on the run's servers, or on some of its own that it may break."""

from collections.abc import Iterator

import pytest

from mcm_shared.settings import KafkaSettings
from tests.disposable_stack import BreakableStack
from tests.pipeline import Pipeline


@pytest.fixture
def pipeline(database_url: str, bootstrap_servers: str, topic_prefix: str) -> Pipeline:
    """Topics and a database of the test's own."""
    kafka = KafkaSettings(
        KAFKA_BOOTSTRAP_SERVERS=bootstrap_servers, MCM_TOPIC_PREFIX=topic_prefix, MCM_TOPIC_PARTITIONS=3
    )
    return Pipeline(kafka, database_url)


@pytest.fixture(scope="session")
def breakable_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BreakableStack]:
    """The servers that tests may break, not started yet."""
    stack = BreakableStack(tmp_path_factory.mktemp("breakable"))
    yield stack
    stack.kill()


@pytest.fixture
def breakable(breakable_folder: BreakableStack) -> BreakableStack:
    """Servers that the test may kill and restart."""
    breakable_folder.start()
    return breakable_folder


@pytest.fixture
def breakable_pipeline(breakable: BreakableStack) -> Pipeline:
    """Topics and a database of the test's own on servers that it may break."""
    return Pipeline(breakable.new_topics(), breakable.new_database())
