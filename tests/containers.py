"""Kafka and Postgres from their images, for machines with a Docker engine."""

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, cast

from testcontainers.core.container import DockerContainer

from mcm_local import kafka, postgres
from mcm_local.ports import LOOPBACK, free_port
from mcm_local.processes import poll_until

KAFKA_IMAGE = "apache/kafka:4.3.1"
POSTGRES_IMAGE = "postgres:17"

_START_TIMEOUT_S = 120


class PostgresContainer:
    """PostgreSQL in a container, reachable on loopback only."""

    def __init__(self) -> None:
        self._port = free_port()
        self._container = (
            DockerContainer(POSTGRES_IMAGE)
            .with_env("POSTGRES_USER", postgres.USER)
            .with_env("POSTGRES_PASSWORD", "only-for-tests")
            .with_env("POSTGRES_DB", postgres.DATABASE)
            .with_command("postgres -c fsync=off -c max_connections=200")
        )
        _publish(self._container, 5432, self._port)

    @property
    def url(self) -> str:
        """A database to log in to."""
        return f"postgresql://{postgres.USER}:only-for-tests@{LOOPBACK}:{self._port}/{postgres.DATABASE}"

    def __enter__(self) -> Self:
        _start(self._container, lambda: postgres.answers_at(self._port))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._container.stop()


class KafkaContainer:
    """A Kafka broker in a container, reachable on loopback only."""

    def __init__(self) -> None:
        self._port = free_port()
        settings = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": "1@localhost:9093",
            "controller.listener.names": "CONTROLLER",
            "listeners": "PLAINTEXT://:9092,CONTROLLER://:9093",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap_servers}",
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "auto.create.topics.enable": "false",
            "message.max.bytes": str(kafka.MAX_MESSAGE_BYTES),
            "replica.fetch.max.bytes": str(kafka.MAX_MESSAGE_BYTES),
        }
        self._container = DockerContainer(KAFKA_IMAGE)
        _publish(self._container, 9092, self._port)
        for name, value in settings.items():
            # the image turns these names back into settings
            self._container.with_env(f"KAFKA_{name.upper().replace('.', '_')}", value)

    @property
    def bootstrap_servers(self) -> str:
        """The broker's address."""
        return f"{LOOPBACK}:{self._port}"

    def __enter__(self) -> Self:
        _start(self._container, lambda: kafka.answers_at(self._port))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._container.stop()


def _publish(container: DockerContainer, inside: int, outside: int) -> None:
    # with_bind_ports has no word for the address and would open the port to the network
    ports = cast("dict[str, Any]", container.ports)
    ports[str(inside)] = (LOOPBACK, outside)


def _start(container: DockerContainer, answers: Callable[[], bool]) -> None:
    container.start()
    if not poll_until(answers, seconds=_START_TIMEOUT_S):
        stdout, stderr = container.get_logs()
        container.stop()
        raise RuntimeError(f"{container.image} does not answer:\n{stdout.decode()}{stderr.decode()}")
