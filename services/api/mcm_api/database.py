"""How every query of the API reads: in one read-only transaction that ends in time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mcm_api.findings_cache import FindingsCache
from mcm_shared.db.engine import transaction
from mcm_shared.errors import DatabaseDownError


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads from the database, each time within ``timeout_s`` seconds; ``remembered`` is what was read of findings."""

    engine: AsyncEngine
    timeout_s: float
    remembered: FindingsCache = field(default_factory=FindingsCache)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Opens a read-only transaction; the time to connect counts.

        Raises DatabaseDownError when the database is out of reach or too slow.
        """
        try:
            async with asyncio.timeout(self.timeout_s), transaction(self.engine, read_only=True) as connection:
                yield connection
        except TimeoutError as error:
            raise DatabaseDownError(f"the database did not answer within {self.timeout_s:g} s") from error

    async def close(self) -> None:
        """Closes the connections."""
        await self.engine.dispose()
