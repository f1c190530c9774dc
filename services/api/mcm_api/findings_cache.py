"""What was read of findings, kept for as long as no finding changes.

Every transaction that changes findings raises a counter in the database. Whoever reads it first and then the findings
may keep what was read under that number: while the counter says the same, the findings are the same.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Final, TypeVar

from mcm_shared.db.engine import AsyncConnection
from mcm_shared.db.finding_changes import read_changes

ValueT = TypeVar("ValueT")

_MAX_KEPT: Final = 200
_MAX_BYTES: Final = 64 * 1024 * 1024


class FindingsCache:
    """Answers by key, each with the number of changes it was read at; the ones used last are kept."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, tuple[int, Any, int]] = OrderedDict()
        self._bytes = 0
        self._loading: dict[tuple[Hashable, int], asyncio.Lock] = {}

    async def read(
        self,
        connection: AsyncConnection,
        key: Hashable,
        load: Callable[[AsyncConnection], Awaitable[ValueT]],
        size_of: Callable[[ValueT], int] = lambda _: 1024,
    ) -> ValueT:
        """Gives what ``load`` reads, or what it read before if no finding has changed since."""
        changes = await read_changes(connection)
        found: ValueT | None = self.kept(key, changes)
        if found is not None:
            return found
        # one reads, the others wait for it
        lock = self._loading.setdefault((key, changes), asyncio.Lock())
        async with lock:
            try:
                found = self.kept(key, changes)
                if found is None:
                    found = await load(connection)
                    self._keep(key, changes, found, size_of(found))
            finally:
                self._loading.pop((key, changes), None)
        return found

    def kept(self, key: Hashable, changes: int) -> Any:
        """Gives what is kept for this number of changes; None when there is nothing."""
        entry = self._kept.get(key)
        if entry is None or entry[0] != changes:
            return None
        self._kept.move_to_end(key)
        return entry[1]

    def _keep(self, key: Hashable, changes: int, value: Any, size: int) -> None:
        before = self._kept.pop(key, None)
        self._bytes += size - (before[2] if before else 0)
        self._kept[key] = (changes, value, size)
        while len(self._kept) > 1 and (len(self._kept) > _MAX_KEPT or self._bytes > _MAX_BYTES):
            self._bytes -= self._kept.popitem(last=False)[1][2]
