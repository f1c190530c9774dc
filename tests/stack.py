"""Real Kafka and Postgres for the tests, started once for the run when the first test asks for them.

They are the local stack's, on free ports with their data in a temporary folder; with ``MCM_TEST_STACK=containers``
they are containers; with ``MCM_TEST_STACK=compose`` they are those of docker-compose.yml, and our commands run in the
images it builds. ``MCM_TEST_KAFKA`` and ``MCM_TEST_POSTGRES`` (a URL) name servers that run already. A test has a
migrated database and a prefix for topics and groups of its own:

- ``database_url``, ``sqlite_url``: an empty, migrated database
- ``bootstrap_servers``, ``topic_prefix``: a broker, and what the test's topics and groups begin with
- ``service_env``: the environment for our commands; ``run_service``: runs one, ends it after the test
- ``private_stack``: a Kafka and a Postgres of the test's own, to stop and kill
"""

import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from mcm_local.checkout import COMMANDS, JARS
from mcm_local.kafka import Kafka
from mcm_local.postgres import Postgres
from mcm_shared.db.migrate import upgrade
from mcm_shared.settings import KafkaSettings
from tests.compose_project import ComposeProject
from tests.container_services import run_in_container
from tests.containers import KafkaContainer, PostgresContainer
from tests.databases import Databases
from tests.services import Service, ServiceRunner, start_here
from tests.threads import call, run

StartPrivateStack = Callable[[], "PrivateStack"]
"""The type of the ``private_stack`` fixture."""

GIVEN_KAFKA = "MCM_TEST_KAFKA"
GIVEN_POSTGRES = "MCM_TEST_POSTGRES"

# nothing here must survive a power cut; a killed server still finds all its data, so commits are not put off
FAST = {"fsync": "off", "full_page_writes": "off"}

_PARTITIONS = 3


@dataclass(frozen=True, slots=True)
class Stack:
    """Where the run's Kafka and Postgres answer."""

    bootstrap_servers: str
    server_url: str
    """A database of the server to log in to; tests get their own by ``database_url``."""


@dataclass(frozen=True, slots=True)
class PrivateStack:
    """A Kafka and a Postgres of one test's own: ``stop()``, ``kill()`` and ``start()`` them at will."""

    kafka: Kafka
    postgres: Postgres
    database_url: str
    """A migrated database."""
    environment: dict[str, str]
    """For ``run_service(…, env=…)``."""


@pytest.fixture(scope="session")
def composed_servers() -> Iterator[ComposeProject]:
    """Kafka and Postgres of docker-compose.yml."""
    project = ComposeProject("mcm-test-servers")
    try:
        project.up("kafka", "postgres")
        yield project
    finally:
        project.down(volumes=True)


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[str]:
    """A PostgreSQL server for the run."""
    if GIVEN_POSTGRES in os.environ:
        yield os.environ[GIVEN_POSTGRES]
        return
    if is_compose():
        yield request.getfixturevalue("composed_servers").postgres_url
        return
    if _in_containers():
        with PostgresContainer() as container:
            yield container.url
        return
    server = Postgres(tmp_path_factory.mktemp("postgres"), settings=FAST)
    server.start()
    try:
        yield server.url
    finally:
        server.kill()


@pytest.fixture(scope="session")
def kafka_servers(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[str]:
    """A Kafka broker for the run."""
    if GIVEN_KAFKA in os.environ:
        yield os.environ[GIVEN_KAFKA]
        return
    if is_compose():
        yield request.getfixturevalue("composed_servers").kafka_servers
        return
    if _in_containers():
        with KafkaContainer() as container:
            yield container.bootstrap_servers
        return
    broker = Kafka(tmp_path_factory.mktemp("kafka"), jars=JARS)
    broker.start()
    try:
        yield broker.bootstrap_servers
    finally:
        broker.kill()


@pytest.fixture(scope="session")
def stack(kafka_servers: str, postgres_url: str) -> Stack:
    """Both of them."""
    return Stack(kafka_servers, postgres_url)


@pytest.fixture(scope="session")
def databases(postgres_url: str) -> Databases:
    """The databases that tests take and give back."""
    return Databases(postgres_url)


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """A database of the test's own in PostgreSQL, migrated and empty."""
    url = databases.take()
    yield url
    databases.give_back(url)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A database of the test's own in SQLite, migrated and empty."""
    url = f"sqlite:///{tmp_path / 'test.db'}"
    call(lambda: upgrade(url))
    return url


@pytest.fixture
def bootstrap_servers(kafka_servers: str) -> str:
    """The broker's address."""
    return kafka_servers


@pytest.fixture
def topic_prefix(kafka_servers: str) -> Iterator[str]:
    """What the topics and groups of this test begin with; such topics are deleted after it."""
    prefix = f"test-{secrets.token_hex(6)}-"
    yield prefix
    run(_delete_topics(kafka_servers, prefix))


@pytest.fixture
def kafka(bootstrap_servers: str, topic_prefix: str) -> KafkaSettings:
    """The broker, with topics of this test's own."""
    return KafkaSettings(
        KAFKA_BOOTSTRAP_SERVERS=bootstrap_servers, MCM_TOPIC_PREFIX=topic_prefix, MCM_TOPIC_PARTITIONS=3
    )


@pytest.fixture
def service_env(database_url: str, bootstrap_servers: str, topic_prefix: str) -> dict[str, str]:
    """The environment for our commands: this test's database, the broker, its topics."""
    return environment_for(database_url, bootstrap_servers, topic_prefix)


@pytest.fixture
def run_service(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[..., Service]:
    """Runs one of our commands in the background: ``run_service("mcm-rules-engine", "run")``.

    It gets ``service_env`` unless ``env`` says otherwise; ``settings`` are added to it. What still runs after the
    test is killed, and of a failed test the logs are shown.
    """

    def environment() -> dict[str, str]:
        settings: dict[str, str] = request.getfixturevalue("service_env")
        return settings

    # ended by the test, not by this fixture: before the databases and topics it uses are taken away
    return service_runner(tmp_path / "services", environment, request.node.addfinalizer).run


@pytest.fixture
def private_stack(tmp_path: Path) -> Iterator[StartPrivateStack]:
    """Starts a Kafka and a Postgres of the test's own (always local processes), killed after the test."""
    started: list[Kafka | Postgres] = []

    def start() -> PrivateStack:
        number = len(started) // 2
        kafka = Kafka(tmp_path / f"kafka-{number}", jars=JARS)
        postgres = Postgres(tmp_path / f"postgres-{number}", settings=FAST)
        started.extend((kafka, postgres))
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda server: server.start(), (kafka, postgres)))
        call(lambda: upgrade(postgres.url))
        environment = environment_for(postgres.url, kafka.bootstrap_servers, "")
        return PrivateStack(kafka, postgres, postgres.url, environment)

    yield start
    for server in started:
        server.kill()


def environment_for(database_url: str, bootstrap_servers: str, topic_prefix: str) -> dict[str, str]:
    """Builds the environment our commands run with: nothing of the person's settings, metrics on any free port."""
    saved = {name: value for name, value in os.environ.items() if not name.startswith("MCM_")}
    return {
        **saved,
        "PATH": f"{COMMANDS}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "DATABASE_URL": database_url,
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap_servers,
        "MCM_TOPIC_PREFIX": topic_prefix,
        "MCM_TOPIC_PARTITIONS": str(_PARTITIONS),
        "MCM_METRICS_PORT": "0",
        "MCM_AUTH": "off",
    }


def service_runner(
    folder: Path, environment: Callable[[], Mapping[str, str]], after_test: Callable[[Callable[[], None]], None]
) -> ServiceRunner:
    """Makes what runs our commands: as processes, or in their images when the system is composed."""
    return ServiceRunner(folder, environment, after_test, run_in_container if is_compose() else start_here)


def is_compose() -> bool:
    """Says whether the tests run against the composed system."""
    return os.environ.get("MCM_TEST_STACK") == "compose"


def _in_containers() -> bool:
    return os.environ.get("MCM_TEST_STACK") == "containers"


async def _delete_topics(servers: str, prefix: str) -> None:
    client = AIOKafkaAdminClient(bootstrap_servers=servers)
    await client.start()
    try:
        topics = [name for name in await client.list_topics() if name.startswith(prefix)]
        if topics:
            await client.delete_topics(topics)
    finally:
        await client.close()
