"""Cache of results computed from findings, valid until a finding changes.

Every transaction that changes findings increments a counter in the database. A result is stored with the counter read
before it: while the counter is the same, the findings are the same. Exceptions also begin and end with time alone, so
the active ones are part of every key.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, TypeVar

import structlog

from mcm_api.exclusions import current_state, problem_of
from mcm_api.identity.restriction import current_restriction
from mcm_shared.contracts.exceptions import ExceptionState, StoredException
from mcm_shared.db.engine import AsyncConnection
from mcm_shared.db.exceptions import read_unexpired
from mcm_shared.db.finding_changes import read_changes
from mcm_shared.db.suppression import ActiveExceptions

log = structlog.get_logger()

ValueT = TypeVar("ValueT")

Load = Callable[[AsyncConnection, ActiveExceptions], Awaitable[ValueT]]
"""Computes a result from findings, given the exceptions that suppress some of them."""

_MAX_ENTRIES: Final = 200
_MAX_BYTES: Final = 64 * 1024 * 1024


def _now() -> datetime:
    return datetime.now(UTC)


class FindingsCache:
    """LRU cache of results by key, each valid for one value of the change counter; ``now`` is the clock."""

    def __init__(self, now: Callable[[], datetime] = _now) -> None:
        self._now = now
        self._exceptions: tuple[int, datetime, Sequence[StoredException]] | None = None
        self._entries: OrderedDict[Hashable, tuple[int, Any, int]] = OrderedDict()
        self._bytes = 0
        self._loading: dict[tuple[Hashable, int], asyncio.Lock] = {}

    async def read(
        self,
        connection: AsyncConnection,
        key: Hashable,
        load: Load[ValueT],
        size_of: Callable[[ValueT], int] = lambda _: 1024,
    ) -> ValueT:
        """Returns the cached result, or loads and caches it; concurrent callers of one key share one load.

        Identities with different restrictions never share a result.
        """
        found, _ = await self.read_with_exceptions(connection, key, load, size_of)
        return found

    async def read_with_exceptions(
        self, connection: AsyncConnection, key: Hashable, load: Load[ValueT], size_of: Callable[[ValueT], int]
    ) -> tuple[ValueT, ActiveExceptions]:
        """Does what ``read`` does, and returns the active exceptions that the result was computed with too."""
        changes = await read_changes(connection)
        active = await self._read_active(connection, changes)
        key = (current_restriction(), active.numbers, key)
        return await self._read(key, changes, partial(load, connection, active), size_of), active

    async def _read(
        self,
        key: Hashable,
        changes: int,
        load: Callable[[], Awaitable[ValueT]],
        size_of: Callable[[ValueT], int],
    ) -> ValueT:
        found: ValueT | None = self.cached(key, changes)
        if found is not None:
            return found
        lock = self._loading.setdefault((key, changes), asyncio.Lock())
        async with lock:
            try:
                found = self.cached(key, changes)
                if found is None:
                    found = await load()
                    self._store(key, changes, found, size_of(found))
            finally:
                self._loading.pop((key, changes), None)
        return found

    async def active_exceptions(self, connection: AsyncConnection) -> ActiveExceptions:
        """Returns the exceptions that are active now, which begin and end with time alone."""
        return await self._read_active(connection, await read_changes(connection))

    async def _read_active(self, connection: AsyncConnection, changes: int) -> ActiveExceptions:
        now = self._now()
        known = self._exceptions
        # what had expired by the time of reading was left out
        if known is None or known[0] != changes or known[1] > now:
            unexpired = await read_unexpired(connection, now)
            invalid = [each for each in unexpired if current_state(each, now) is ExceptionState.INVALID]
            for each in invalid:
                log.warning(
                    "exception hides nothing, its matcher is invalid", exception=each.name, reason=problem_of(each)
                )
            known = changes, now, [each for each in unexpired if each not in invalid]
            self._exceptions = known
        return ActiveExceptions.at(now, known[2])

    def cached(self, key: Hashable, changes: int) -> Any:
        """Returns the result cached for this value of the change counter, or None."""
        entry = self._entries.get(key)
        if entry is None or entry[0] != changes:
            return None
        self._entries.move_to_end(key)
        return entry[1]

    def _store(self, key: Hashable, changes: int, value: Any, size: int) -> None:
        replaced = self._entries.pop(key, None)
        self._bytes += size - (replaced[2] if replaced else 0)
        self._entries[key] = (changes, value, size)
        while len(self._entries) > 1 and (len(self._entries) > _MAX_ENTRIES or self._bytes > _MAX_BYTES):
            self._bytes -= self._entries.popitem(last=False)[1][2]
