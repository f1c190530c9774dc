"""Connections to the database, and transactions on them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection as AsyncConnection
from sqlalchemy.ext.asyncio import AsyncEngine as AsyncEngine
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from mcm_shared.db.failures import Discard, connect_failure, failure_of
from mcm_shared.db.pooler import PoolerDetection
from mcm_shared.db.postgres_url import PostgresUrl, parse_postgres_url
from mcm_shared.db.sqlite import READ_ONLY, create_sqlite_engine, sqlite_url
from mcm_shared.db.types import JSON_CODEC
from mcm_shared.settings import DatabaseSettings

COMMAND_TIMEOUT_S = 60
_POOL_TIMEOUT_S = 30
_CLOSE_TIMEOUT_S = 1.0

InTransaction = Callable[[AsyncConnection], Awaitable[None]]
"""Work that a caller adds to the transaction of a change, such as recording it."""

_EPOCH = "mcm_epoch"


def create_engine(
    settings: DatabaseSettings,
    *,
    pooled: bool = True,
    statement_timeout_s: float | None = None,
) -> AsyncEngine:
    """Creates the engine for DATABASE_URL, without connecting.

    PostgreSQL cancels a statement after ``statement_timeout_s`` by itself, whatever became of the client; then
    ``transaction`` raises DatabaseDownError. Raises ConfigurationError when the URL cannot be read.
    """
    written = settings.url.get_secret_value()
    if written.startswith("sqlite:"):
        return create_sqlite_engine(sqlite_url(written))
    url = parse_postgres_url(written)
    # no overflow: opening and closing a connection for one request costs more than waiting
    limits = {"pool_size": settings.pool_size, "max_overflow": 0, "pool_timeout": _POOL_TIMEOUT_S}
    pool: dict[str, Any] = limits if pooled else {"poolclass": NullPool}
    # `transaction` has the driver begin and commit
    engine = create_async_engine(url.shown, isolation_level="AUTOCOMMIT", hide_parameters=True, **pool, **JSON_CODEC)
    event.listen(engine.sync_engine, "do_connect", _connector(url, statement_timeout_s).connect)
    history = _history_of(engine)
    event.listen(engine.sync_engine, "connect", history.connect)
    event.listen(engine.sync_engine, "checkout", history.checkout)
    if pooled:
        history.turns = asyncio.Semaphore(settings.pool_size)
    return engine


def _connector(url: PostgresUrl, statement_timeout_s: float | None) -> PoolerDetection:
    settings = {"jit": "off"}
    command_timeout_s: float = COMMAND_TIMEOUT_S
    if statement_timeout_s is not None:
        settings["statement_timeout"] = str(int(statement_timeout_s * 1000))
        command_timeout_s = min(command_timeout_s, statement_timeout_s)
    shared = url.connect_options
    return PoolerDetection(
        {**shared, "command_timeout": COMMAND_TIMEOUT_S, "server_settings": {**settings, **url.server_settings}},
        # the driver cancels in the server's place: settings do not reach it through a pooler
        {**shared, "command_timeout": command_timeout_s, "server_settings": dict(url.server_settings)},
    )


async def close_engine(engine: AsyncEngine) -> None:
    """Closes all connections; does not wait for a server that does not respond."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_CLOSE_TIMEOUT_S):
            await engine.dispose()


@asynccontextmanager
async def transaction(engine: AsyncEngine, *, read_only: bool = False) -> AsyncIterator[AsyncConnection]:
    """Opens a transaction and commits it at the end; ``read_only`` promises that it writes nothing.

    Raises DatabaseDownError when the database is out of reach or cannot do it now, ConfigurationError when it refuses
    the login, DataRefusedError when it refuses the data. A connection that an error may have spoiled is discarded.
    """
    async with _checked_out(engine) as connection:
        driver = None if connection.dialect.name == "sqlite" else _driver_of(connection)
        try:
            async with _begun(connection, driver, read_only=read_only):
                yield connection
        except BaseException as error:
            lost = driver is not None and driver.is_closed() and _is_failure(error)
            failure = failure_of(error, connection_lost=lost)
            discard = failure.discard if failure else Discard.NONE
            await _discard(connection, driver, discard, error, read_only=read_only)
            if failure is None:
                raise
            raise failure.error from error


async def fetch(connection: AsyncConnection, sql: str, *parameters: Any) -> list[Any]:
    """Runs a statement on PostgreSQL by its driver, in the connection's transaction; parameters are ``$1`` and so on.

    For what runs with every batch of the engine: to go through SQLAlchemy costs three times as much.
    """
    found: list[Any] = await _driver_of(connection).fetch(sql, *parameters)
    return found


@asynccontextmanager
async def _checked_out(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    history = _history_of(engine)
    async with contextlib.AsyncExitStack() as turn:
        try:
            if history.turns is not None:
                async with asyncio.timeout(_POOL_TIMEOUT_S):
                    await turn.enter_async_context(history.turns)
            connection = await engine.connect()
        except Exception as error:
            raise connect_failure(error, connected_before=history.connected) from error
        try:
            yield connection
        finally:
            await _give_back(connection)


async def _give_back(connection: AsyncConnection) -> None:
    """Returns a connection to the pool, also for a caller that is cancelled meanwhile."""
    closing = asyncio.ensure_future(connection.close())
    try:
        await asyncio.shield(closing)
    except asyncio.CancelledError:
        # what the caller leaves behind would be interrupted at the end of the event loop, and reported as an error
        await asyncio.wait({closing}, timeout=_CLOSE_TIMEOUT_S)
        raise


@asynccontextmanager
async def _begun(connection: AsyncConnection, driver: Any, *, read_only: bool) -> AsyncIterator[None]:
    if driver is None:
        await connection.execution_options(**{READ_ONLY: read_only})
        async with connection.begin():
            yield
    elif read_only:
        # each statement sees what is committed when it begins, in a transaction too: without one, two round trips less
        yield
    else:
        begun = driver.transaction()
        await begun.start()
        try:
            yield
        except BaseException:
            # the cause of the rollback matters, not its own failure; `_discard` detects the open transaction
            with contextlib.suppress(Exception):
                await begun.rollback()
            raise
        await begun.commit()


async def _discard(
    connection: AsyncConnection, driver: Any, discard: Discard, error: BaseException, *, read_only: bool
) -> None:
    """Closes the connection where it must not be reused, and earlier ones at their next checkout."""
    if driver is None:
        return
    if discard is Discard.ALL_OPEN:
        _history_of(connection.engine).epoch += 1
    interrupted = isinstance(error, TimeoutError | asyncio.CancelledError)
    # an interrupted BEGIN may have reached the server without the driver's knowledge: later writes would join that
    # transaction and never be committed. A closed connection, such as that of a disposed engine, has no such state
    spoiled = driver.is_closed() or driver.is_in_transaction() or (interrupted and not read_only)
    if discard is not Discard.NONE or spoiled:
        # immediately when the server is gone; after a time-out or a cancellation the driver still has to cancel the
        # statement on the server, for which it gets two seconds
        if not interrupted:
            driver.terminate()
        await connection.invalidate()


def _driver_of(connection: AsyncConnection) -> Any:
    # not by `get_raw_connection`, which only awaits: a connection in use has one
    return connection.sync_connection.connection.driver_connection  # type: ignore[union-attr]


def _is_failure(error: BaseException) -> bool:
    """Distinguishes an error from a cancellation; a driver that loses its connection may cancel its waiters."""
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is None or not task.cancelling()
    return isinstance(error, Exception)


class _History:
    """History of an engine: whether a login was ever accepted, and how often all connections were lost."""

    def __init__(self) -> None:
        self.connected = False
        self.epoch = 0
        self.turns: asyncio.Semaphore | None = None
        """Gives out the connections of the pool in the order of the callers, which the pool itself does not keep.

        A caller that arrives while the pool wakes another one would take its connection, and the other would wait at
        the end of the line again: under load some would wait for ever.
        """

    def connect(self, _connection: Any, record: Any) -> None:
        """Records the epoch in which a connection was opened."""
        self.connected = True
        record.info[_EPOCH] = self.epoch

    def checkout(self, connection: Any, record: Any, _proxy: Any) -> None:
        """Rejects a connection that is closed or of an earlier epoch; the pool opens another one."""
        # the driver knows when the server is gone: a ping would cost three round trips
        if connection.driver_connection.is_closed() or record.info[_EPOCH] != self.epoch:
            raise DisconnectionError("the server has closed the connection")


_HISTORIES: "WeakKeyDictionary[Engine, _History]" = WeakKeyDictionary()


def _history_of(engine: AsyncEngine) -> _History:
    return _HISTORIES.setdefault(engine.sync_engine, _History())
