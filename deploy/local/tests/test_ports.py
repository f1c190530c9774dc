"""Ports of supervised servers: a different program on a port is neither fought nor mistaken for our server."""

import os
import socket
import sys
from contextlib import ExitStack
from pathlib import Path

from mcm_local.child import Backoff, Child, Spec
from mcm_local.folder import Folder
from mcm_local.ports import LOOPBACK, ServerPort, free_port
from mcm_local.processes import Command, poll_until

LISTEN = "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(600)"


def _accepts(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True


def test_a_port_taken_between_check_and_start_is_replaced_and_reported(tmp_path: Path) -> None:
    said: list[str] = []
    first = free_port()
    port = ServerPort("the server", first, said.append)
    with ExitStack() as another_program:

        def command() -> Command:
            if port.number == first:
                # the moment between the check and the start
                another_program.enter_context(socket.create_server((LOOPBACK, first)))
            return Command((sys.executable, "-c", LISTEN, str(port.number)))

        spec = Spec("server", command, is_ready=lambda: _accepts(port.number), port=port)
        child = Child(spec, tmp_path, Backoff(first_s=0.01), said.append, lambda _pid: None)

        def is_ready() -> bool:
            child.look(set())
            return child.ready

        try:
            assert poll_until(is_ready, seconds=30)
        finally:
            child.kill()

    assert port.number != first
    about_ports = [line for line in said if line.startswith("port")]
    assert about_ports == [f"port {first} is in use; the server uses {port.number}"]


def test_a_port_that_clients_know_is_reported_but_not_replaced() -> None:
    said: list[str] = []
    port = ServerPort("Kafka", free_port(), said.append)
    port.keep()
    known = port.number

    with socket.create_server((LOOPBACK, known)):
        port.secure()

    assert port.number == known
    assert said == [f"port {known} of Kafka is in use by another program; stop that program"]


def test_only_the_process_that_listens_serves_the_port() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = ServerPort("this test", server.getsockname()[1], lambda _message: None)

        assert port.is_served_by(os.getpid())
        assert not ServerPort("this test", free_port(), lambda _message: None).is_served_by(os.getpid())


def test_the_ports_of_the_last_start_are_kept_in_the_folder(tmp_path: Path) -> None:
    folder = Folder(tmp_path)

    assert folder.saved_ports() == {}
    folder.save_ports({"kafka": 19092, "api": 18000})
    assert Folder(tmp_path).saved_ports() == {"kafka": 19092, "api": 18000}
    (tmp_path / "ports.json").write_text("[")
    assert folder.saved_ports() == {}
