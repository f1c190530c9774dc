"""Read-only transactions with a time limit, restricted to what the identity of the request may see."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mcm_api.findings_cache import FindingsCache
from mcm_api.http.state import provided
from mcm_api.restricted_queries import restrict_statement
from mcm_shared.db.engine import transaction
from mcm_shared.errors import DatabaseDownError


@dataclass(frozen=True, slots=True)
class DatabaseReader:
    """Read access to the database, each transaction within ``timeout_s`` seconds, and the cache over findings.

    Every query of the engine sees only what the identity of the request may see.
    """

    engine: AsyncEngine
    timeout_s: float
    cache: FindingsCache = field(default_factory=FindingsCache)

    def __post_init__(self) -> None:
        event.listen(self.engine.sync_engine, "before_execute", restrict_statement, retval=True)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Opens a read-only transaction; the time limit includes connecting.

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


@dataclass(frozen=True, slots=True)
class DatabaseWriter:
    """Write access to the database, for the people's actions that the API stores."""

    engine: AsyncEngine


DatabaseDep = Annotated[DatabaseReader, Depends(provided(DatabaseReader))]
"""Gives a route read access to the database."""

DatabaseWriterDep = Annotated[DatabaseWriter, Depends(provided(DatabaseWriter))]
"""Gives a route write access to the database."""
