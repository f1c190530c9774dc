"""PgBouncer in front of Postgres, from the system's package; tests that need it are skipped where it is missing."""

import os
import shutil
import socket
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit, urlunsplit

from mcm_local.ports import LOOPBACK
from mcm_local.privileges import unprivileged_ids
from mcm_local.processes import Command
from mcm_local.server import Server

PoolMode = Literal["session", "transaction"]

# Debian installs it where a normal user's PATH does not look
PROGRAM: Final = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
MISSING: Final = "PgBouncer is not installed (Debian, Ubuntu: apt-get install pgbouncer)"


class PgBouncer(Server):
    """PgBouncer in front of the server of ``database_url``, with as many server connections as ``pool_size``."""

    name = "pgbouncer"

    def __init__(self, folder: Path, database_url: str, mode: PoolMode, pool_size: int = 3) -> None:
        super().__init__(folder, None, None)
        self._target = urlsplit(database_url)
        self._mode = mode
        self._pool_size = pool_size

    @property
    def url(self) -> str:
        """The URL of the database through the pooler."""
        host = f"{self._target.username}:{self._target.password}@{LOOPBACK}:{self.port.number}"
        return urlunsplit(self._target._replace(netloc=host))

    def prepare(self) -> None:
        """Writes its configuration."""
        self.folder.mkdir(parents=True, exist_ok=True)
        users = self.folder / "users.txt"
        users.write_text(f'"{self._target.username}" "{self._target.password}"\n')
        settings = {
            "listen_addr": LOOPBACK,
            "listen_port": self.port.number,
            "unix_socket_dir": "",
            "auth_type": "scram-sha-256",
            "auth_file": users,
            "pool_mode": self._mode,
            "default_pool_size": self._pool_size,
            "server_lifetime": 3600,
        }
        server = f"host={self._target.hostname} port={self._target.port}"
        lines = [
            "[databases]",
            f"* = {server}",
            "[pgbouncer]",
            *(f"{key} = {value}" for key, value in settings.items()),
        ]
        self._configuration.write_text("\n".join(lines) + "\n")

    def command(self) -> Command:
        """Says how it is run; it refuses root."""
        assert PROGRAM is not None
        return Command((PROGRAM, str(self._configuration)), ids=unprivileged_ids())

    def answers(self) -> bool:
        """Says whether it takes connections."""
        try:
            with socket.create_connection((LOOPBACK, self.port.number), timeout=1):
                return True
        except OSError:
            return False

    @property
    def _configuration(self) -> Path:
        return self.folder / "pgbouncer.ini"
