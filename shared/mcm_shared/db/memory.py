"""A database in memory with all the tables, for evaluating events without a server."""

import sqlite3
from asyncio import Future
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import aiosqlite
from sqlalchemy import make_url
from sqlalchemy.pool import StaticPool

from mcm_shared.db.engine import AsyncEngine, transaction
from mcm_shared.db.sqlite import create_sqlite_engine
from mcm_shared.db.tables import METADATA


@asynccontextmanager
async def memory_database() -> AsyncIterator[AsyncEngine]:
    """Opens an empty database with all the tables; at the end it is gone. One transaction at a time."""
    engine = create_sqlite_engine(
        make_url("sqlite+aiosqlite://"), poolclass=StaticPool, async_creator=lambda *_, **__: _DirectConnection()
    )
    try:
        async with transaction(engine) as connection:
            await connection.run_sync(METADATA.create_all)
        yield engine
    finally:
        await engine.dispose()


async def empty_tables(engine: AsyncEngine) -> None:
    """Deletes every row of every table of a database of ``memory_database``."""
    async with transaction(engine) as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        # by the driver: through SQLAlchemy this takes as long as the evaluation of a few events
        driver.execute_all(f"DELETE FROM {table.name}" for table in reversed(METADATA.sorted_tables))  # noqa: S608


class _DirectConnection(aiosqlite.Connection):
    """Runs each statement where it is called, not in a thread: in memory the way there and back is what costs."""

    def __init__(self) -> None:
        super().__init__(lambda: sqlite3.connect(":memory:"), iter_chunk_size=64)
        self._tx = _AtOnce()  # type: ignore[assignment] # all that is used of the queue
        self._thread = _NoThread()  # type: ignore[assignment] # all that is used of the thread

    def execute_all(self, statements: Iterable[str]) -> None:
        """Executes statements in the open transaction."""
        for statement in statements:
            self._conn.execute(statement)


class _AtOnce:
    def put_nowait(self, item: tuple[Future[Any] | None, Callable[[], Any]]) -> None:
        future, function = item
        try:
            result = function()
        except Exception as error:  # noqa: BLE001 (the awaiting caller handles it)
            if future is not None:
                future.set_exception(error)
        else:
            if future is not None:
                future.set_result(result)


class _NoThread:
    def start(self) -> None:
        pass
