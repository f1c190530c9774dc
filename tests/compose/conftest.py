"""The whole composed system, for the tests that need a Docker engine: ``make test-compose`` runs them."""

from collections.abc import Iterator

import pytest

from tests.compose.feed import Feed
from tests.compose_project import ComposeProject
from tests.stack import is_compose

collect_ignore = [] if is_compose() else ["test_compose.py", "test_all_in_one.py"]


@pytest.fixture(scope="module")
def composed() -> Iterator[ComposeProject]:
    """All services of docker-compose.yml but the demo's, running."""
    # small batches: enough of them for a crash to fall into the middle of a load
    project = ComposeProject("mcm-test", MCM_BATCH_SIZE="100", MCM_ENRICHER_BATCH_SIZE="20")
    try:
        project.up()
        yield project
    finally:
        print(project.compose("ps", "--all"), project.compose("logs", "--tail", "40"))
        project.down(volumes=True)


@pytest.fixture(scope="module")
def feed(composed: ComposeProject) -> Feed:
    """What has been pushed so far, and what must have come of it."""
    return Feed(composed)
