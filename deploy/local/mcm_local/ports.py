"""Ports on the loopback address."""

import secrets
import socket
from typing import Final

from mcm_shared.errors import ConfigurationError

LOOPBACK: Final = "127.0.0.1"

# Below the ephemeral range: a server's port stays free for it while it restarts.
_LOWEST: Final = 15_000
_HIGHEST: Final = 32_000
_TRIES: Final = 200

_given: Final[set[int]] = set()


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
