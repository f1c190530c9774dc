"""The pipeline of a test: on the run's servers, or on some of its own that it may break."""

from collections.abc import Iterator

import pytest

from mcm_shared.settings import KafkaSettings
from tests.disposable_stack import DisposableStack
from tests.pipeline import Pipeline


@pytest.fixture
def pipeline(database_url: str, bootstrap_servers: str, topic_prefix: str) -> Pipeline:
    """Topics and a database of the test's own."""
    kafka = KafkaSettings(
        KAFKA_BOOTSTRAP_SERVERS=bootstrap_servers, MCM_TOPIC_PREFIX=topic_prefix, MCM_TOPIC_PARTITIONS=3
    )
    return Pipeline(kafka, database_url)


@pytest.fixture(scope="session")
def disposable_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DisposableStack]:
    """The servers that tests may break, not started yet."""
    stack = DisposableStack(tmp_path_factory.mktemp("disposable"))
    yield stack
    stack.kill()


@pytest.fixture
def disposable_stack(disposable_folder: DisposableStack) -> DisposableStack:
    """Servers that the test may kill and restart."""
    disposable_folder.start()
    return disposable_folder


@pytest.fixture
def disposable_pipeline(disposable_stack: DisposableStack) -> Pipeline:
    """Topics and a database of the test's own on servers that it may break."""
    return Pipeline(disposable_stack.new_topics(), disposable_stack.new_database())
