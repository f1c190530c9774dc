"""Kafka and Postgres as parts: loopback only, back after any end, clear when they do not start."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from mcm_local.ports import free_port, is_free
from mcm_local.postgres import Postgres
from mcm_local.privileges import unprivileged_ids
from mcm_local.server import StartError
from tests.stack import StartPrivateStack


@pytest.fixture
def another_program() -> Iterator[subprocess.Popen[bytes]]:
    """A program of the user that PostgreSQL runs as, so that it may look at it."""
    ids = unprivileged_ids()
    as_user: dict[str, Any] = {} if ids is None else {"user": ids[0], "group": ids[1], "extra_groups": []}
    with subprocess.Popen(["/bin/sleep", "600"], **as_user) as process:
        yield process
        process.kill()


def _listening_addresses(pid: int) -> set[str]:
    process = psutil.Process(pid)
    every = [process, *process.children(recursive=True)]
    connections = [connection for each in every for connection in each.net_connections()]
    return {connection.laddr.ip for connection in connections if connection.status == psutil.CONN_LISTEN}


def test_a_taken_port_gives_way_to_another() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        assert not is_free(port)
        assert free_port(port) != port
    assert free_port(port) == port


def test_no_port_is_given_twice() -> None:
    ports = [free_port() for _ in range(1000)]

    assert len(set(ports)) == len(ports)


def test_both_listen_on_loopback_only(private_stack: StartPrivateStack) -> None:
    stack = private_stack()

    for server in (stack.kafka, stack.postgres):
        assert server.pid is not None
        addresses = _listening_addresses(server.pid)
        assert addresses
        assert all(address.removeprefix("::ffff:").startswith("127.") for address in addresses)


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Postgres]:
    server = Postgres(tmp_path / "postgres", settings={"fsync": "off"})
    server.start()
    yield server
    server.kill()


async def _answer(server: Postgres) -> object:
    connection = await asyncpg.connect(server.url)
    try:
        return await connection.fetchval("SELECT 42")
    finally:
        await connection.close()


async def test_postgres_asks_for_the_password_that_only_its_owner_reads(postgres: Postgres) -> None:
    assert await _answer(postgres) == 42
    assert (postgres.folder / "password").stat().st_mode & 0o777 == 0o600

    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.url.replace("mcm:", "mcm:wrong-"))


async def test_postgres_starts_though_another_program_got_the_number_of_the_killed_one(
    postgres: Postgres, another_program: subprocess.Popen[bytes]
) -> None:
    postgres.kill()
    pid_file = postgres.folder / "data" / "postmaster.pid"
    pid_file.write_text("\n".join([str(another_program.pid), *pid_file.read_text().split("\n")[1:]]))

    postgres.start()

    assert await _answer(postgres) == 42
    assert another_program.poll() is None


async def test_postgres_takes_over_from_one_that_a_killed_run_left_running(postgres: Postgres) -> None:
    same_folder = Postgres(postgres.folder)

    same_folder.start()

    assert postgres.pid is None
    assert await _answer(same_folder) == 42
    same_folder.kill()


def test_a_server_that_does_not_start_shows_the_end_of_its_log(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "postgres", settings={"shared_buffers": "nonsense"})

    with pytest.raises(StartError, match=r'postgres did not start(.|\n)*invalid value for parameter "shared_buffers"'):
        server.start()


async def test_a_port_that_another_program_takes_between_check_and_start_is_replaced(tmp_path: Path) -> None:
    with ExitStack() as another_program:

        class LatePostgres(Postgres):
            def prepare(self) -> None:
                super().prepare()
                if self.port.number == taken:
                    another_program.enter_context(socket.create_server(("127.0.0.1", taken)))

        server = LatePostgres(tmp_path / "postgres", settings={"fsync": "off"})
        taken = server.port.number
        server.start()

    assert server.port.number != taken
    assert await _answer(server) == 42
    server.kill()
