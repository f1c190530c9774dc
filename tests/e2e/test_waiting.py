"""Programs that wait for the database or for Kafka say so, and end at once when they are asked to."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator

import psutil
import pytest

from mcm_local.checkout import COMMANDS
from mcm_shared.cli import EXIT_INTERRUPTED, EXIT_TERMINATED
from tests.pipeline import Pipeline
from tests.services import Service

_UNSHARE = shutil.which("unshare")
_ABSENT = "postgresql://mcm:secret@127.0.0.1:1/mcm"
_NO_KAFKA = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
_ENDS_WITHIN_S = 20
"""Seconds on a busy machine; the supervisor of a container waits 10 s by default."""

RunService = Callable[..., Service]


class SilentDatabase:
    """A database that takes connections and never answers."""

    def __init__(self, listener: socket.socket) -> None:
        self.url = f"postgresql://mcm:secret@127.0.0.1:{listener.getsockname()[1]}/mcm?connect_timeout=120"
        self._listener = listener
        self._taken: list[socket.socket] = []

    def wait_for_connection(self) -> None:
        """Waits until a program has connected, wherever it runs."""
        self._listener.settimeout(60)
        self._taken.append(self._listener.accept()[0])

    def close(self) -> None:
        """Ends the connections."""
        for connection in self._taken:
            connection.close()


@pytest.fixture
def silent_database() -> Iterator[SilentDatabase]:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        silent = SilentDatabase(listener)
        yield silent
        silent.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_programs_that_wait_end_when_they_are_asked_to(
    pipeline: Pipeline, run_service: RunService, silent_database: SilentDatabase, number: signal.Signals
) -> None:
    waiting_for_database = [
        run_service(program, *arguments, env=pipeline.environment, DATABASE_URL=_ABSENT)
        for program, *arguments in (("mcm-rules-engine", "run"), ("mcm-enricher", "run"), ("mcm-migrate",))
    ]
    waiting_for_kafka = [
        run_service(program, *arguments, env={**pipeline.environment, **_NO_KAFKA})
        for program, *arguments in (("mcm-rules-engine", "run"), ("mcm-enricher", "run"), ("mcm-topics",))
    ]
    for service in waiting_for_database:
        service.wait_for_log("waiting for the database", seconds=60)
        assert "the database does not answer: " in service.stderr()
        assert "Connect" in service.stderr()
    for service in waiting_for_kafka:
        service.wait_for_log("waiting for Kafka", seconds=60)
    connecting = []
    for program, *arguments in (("mcm-rules-engine", "run"), ("mcm-enricher", "run"), ("mcm-migrate",)):
        connecting.append(run_service(program, *arguments, env=pipeline.environment, DATABASE_URL=silent_database.url))
        silent_database.wait_for_connection()

    for enricher in (waiting_for_database[1], waiting_for_kafka[1]):
        enricher.process.send_signal(signal.SIGHUP)
        enricher.wait_for_log("SIGHUP ignored, nothing to reload")

    services = [*waiting_for_database, *waiting_for_kafka, *connecting]
    for service in services:
        service.process.send_signal(number)

    # a service ends its work and has succeeded; a command was broken off
    broken_off = {signal.SIGTERM: -signal.SIGTERM, signal.SIGINT: EXIT_INTERRUPTED}[number]
    assert [service.wait(_ENDS_WITHIN_S) for service in services] == [0, 0, broken_off] * 3


@pytest.mark.skipif(os.geteuid() != 0 or _UNSHARE is None, reason="only root may make process namespaces")
def test_the_first_process_of_a_container_ends_when_it_is_asked_to(pipeline: Pipeline) -> None:
    command = [str(_UNSHARE), "--pid", "--fork", "--kill-child", str(COMMANDS / "mcm-migrate")]
    environment = {**os.environ, **pipeline.environment, "DATABASE_URL": _ABSENT}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as outer:
        assert outer.stderr is not None
        assert b"waiting for the database" in outer.stderr.readline()
        (first,) = psutil.Process(outer.pid).children()
        first.send_signal(signal.SIGTERM)
        assert outer.wait(_ENDS_WITHIN_S) == EXIT_TERMINATED
