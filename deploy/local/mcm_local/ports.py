"""Ports on the loopback address."""

import secrets
import socket
from collections.abc import Callable
from typing import Final

import psutil

from mcm_shared.errors import ConfigurationError

LOOPBACK: Final = "127.0.0.1"

# Below the ephemeral range: a server's port stays free for it while it restarts.
_LOWEST: Final = 15_000
_HIGHEST: Final = 32_000
_TRIES: Final = 200

_given: Final[set[int]] = set()


class ServerPort:
    """Port of a server: checked before each start, and replaced by a free one until the server has used it.

    Clients are configured with the port once the server was ready, so it stays the same from then on. Without a
    ``preferred`` port any free one is picked.
    """

    def __init__(
        self, owner: str, preferred: int | None = None, say: Callable[[str], None] = lambda _message: None
    ) -> None:
        self.owner = owner
        self.number = free_port() if preferred is None else preferred
        self._say = say
        self._in_use = False

    def secure(self) -> None:
        """Picks another port if a different program listens on this one; only reports it once clients know the port."""
        if self._in_use:
            if not is_free(self.number):
                self._say(f"port {self.number} of {self.owner} is in use by another program; stop that program")
            return
        port = free_port(self.number)
        if port != self.number:
            self._say(f"port {self.number} is in use; {self.owner} uses {port}")
            self.number = port

    def is_served_by(self, pid: int) -> bool:
        """Returns whether the process or one of its children listens on the port."""
        return listens(pid, self.number)

    def keep(self) -> None:
        """Fixes the port, since clients use it from now on."""
        self._in_use = True


def free_port(preferred: int | None = None) -> int:
    """Picks a free port: the preferred one if possible, otherwise one that this process did not pick before.

    Raises ConfigurationError when none is found.
    """
    if preferred is not None and is_free(preferred):
        return preferred
    for _ in range(_TRIES):
        port = _LOWEST + secrets.randbelow(_HIGHEST - _LOWEST)
        # two servers may pick their ports before either listens
        if port not in _given and is_free(port):
            _given.add(port)
            return port
    raise ConfigurationError(
        f"no free port between {_LOWEST} and {_HIGHEST} on {LOOPBACK}; stop the programs that listen there"
    )


def is_free(port: int) -> bool:
    """Returns whether a server could listen on the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def listens(pid: int, port: int) -> bool:
    """Returns whether a process or one of its children listens on a port, and not a different program."""
    try:
        process = psutil.Process(pid)
        return any(_listens(each, port) for each in (process, *process.children(recursive=True)))
    except psutil.AccessDenied:
        # some systems show the connections of a process to root only
        return True
    except psutil.NoSuchProcess:
        return False


def _listens(process: psutil.Process, port: int) -> bool:
    try:
        connections = process.net_connections(kind="tcp")
    except psutil.NoSuchProcess:
        # a child that ended since it was listed
        return False
    return any(connection.status == psutil.CONN_LISTEN and connection.laddr.port == port for connection in connections)
