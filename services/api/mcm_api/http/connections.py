"""Connection limits: overall and by address; idle connections make way for new ones."""

import resource
from collections import Counter
from typing import Final, Protocol

import structlog

log = structlog.get_logger()

_OTHER_DESCRIPTORS: Final = 128
_MIN_CONNECTIONS: Final = 32
_MAX_DESCRIPTORS: Final = 65_536


class Connection(Protocol):
    """A connection as the limits see it."""

    address: str

    def abort(self) -> None:
        """Closes it at once, whatever waits to be sent."""


class ConnectionLimits:
    """Admits connections up to a limit overall and one for each address.

    A connection without a request in progress is idle: one that has not sent its headers, or waits for the next
    request. At a limit the connection that has been idle longest is closed for the new one.
    """

    def __init__(self, max_total: int, max_per_address: int) -> None:
        self._max_total = max_total
        self._max_per_address = max_per_address
        self._addresses: Counter[str] = Counter()
        self._idle: dict[Connection, None] = {}
        self._busy: set[Connection] = set()

    def admit(self, connection: Connection) -> bool:
        """Takes in a connection, idle at first; False when it is too many."""
        address = connection.address
        if self._addresses[address] >= self._max_per_address and not self._evict(address):
            return False
        if self._addresses.total() >= self._max_total and not self._evict(None):
            return False
        self._addresses[address] += 1
        self._idle[connection] = None
        return True

    def begin(self, connection: Connection) -> None:
        """Marks a connection as busy with a request."""
        if connection in self._idle:
            del self._idle[connection]
            self._busy.add(connection)

    def finish(self, connection: Connection) -> None:
        """Marks a connection as idle again."""
        if connection in self._busy:
            self._busy.discard(connection)
            self._idle[connection] = None

    def remove(self, connection: Connection) -> None:
        """Takes out a connection that has ended."""
        if connection in self._busy or connection in self._idle:
            self._busy.discard(connection)
            self._idle.pop(connection, None)
            self._addresses[connection.address] -= 1
            if not self._addresses[connection.address]:
                del self._addresses[connection.address]

    def _evict(self, address: str | None) -> bool:
        for connection in self._idle:
            if address is None or connection.address == address:
                self.remove(connection)
                connection.abort()
                return True
        return False


def connection_limits(max_total: int, max_per_address: int | None) -> ConnectionLimits:
    """Makes the limits, lower where the process may open too few files; raises its own limit as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    raised = _MAX_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MAX_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < raised:
        resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
        soft = raised
    allowed = max_total
    if soft != resource.RLIM_INFINITY:
        allowed = max(_MIN_CONNECTIONS, min(max_total, soft - _OTHER_DESCRIPTORS))
    if allowed < max_total:
        log.warning("fewer connections than configured: the process may open too few files", connections=allowed)
    return ConnectionLimits(allowed, min(allowed, max_per_address or max(1, allowed // 2)))
