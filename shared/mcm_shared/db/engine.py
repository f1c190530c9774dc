"""Connections to the database, and what its errors mean."""

import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import orjson
from sqlalchemy import event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection as AsyncConnection
from sqlalchemy.ext.asyncio import AsyncEngine as AsyncEngine
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from mcm_shared.errors import ConfigurationError, DatabaseDownError, DataRefusedError, McmError
from mcm_shared.settings import DatabaseSettings

_WAL_TRIES = 100
_WAL_AGAIN_S = 0.02
CONNECT_TIMEOUT_S = 10
COMMAND_TIMEOUT_S = 60

# SQLSTATE classes and codes after which the same transaction may well succeed: connection, resources, operator
# intervention, rollback for a deadlock, object in use, system error.
_TRANSIENT_CLASSES = ("08", "40", "53", "55", "57", "58")
_WRONG_LOGIN = {"28000", "28P01", "3D000"}
_SCHEMA_MISSING = {"42P01", "42703"}
_READ_ONLY = "mcm_read_only"
_JSON: dict[str, Any] = {
    "json_serializer": lambda value: orjson.dumps(value).decode(),
    "json_deserializer": orjson.loads,
}


def create_engine(
    settings: DatabaseSettings,
    *,
    pooled: bool = True,
    statement_timeout_s: float | None = None,
) -> AsyncEngine:
    """Makes the engine for DATABASE_URL; connects to nothing yet.

    PostgreSQL cancels a statement after ``statement_timeout_s`` by itself, whatever became of the client; then
    ``transaction`` raises DatabaseDownError. Raises ConfigurationError when the URL cannot be read.
    """
    url = driver_url(settings.url.get_secret_value())
    if url.get_backend_name() == "sqlite":
        return create_sqlite_engine(url)
    # none beyond those that are kept: to open one for a request and close it again costs more than to wait
    pool: dict[str, Any] = (
        {"pool_size": settings.pool_size, "max_overflow": 0, "pool_timeout": 30} if pooled else {"poolclass": NullPool}
    )
    server_settings = {"application_name": "mini-compliance-monitor", "jit": "off"}
    if statement_timeout_s is not None:
        server_settings["statement_timeout"] = str(int(statement_timeout_s * 1000))
    engine = create_async_engine(
        url,
        connect_args={
            "timeout": CONNECT_TIMEOUT_S,
            "command_timeout": COMMAND_TIMEOUT_S,
            "server_settings": server_settings,
        },
        # `transaction` has the driver begin and commit
        isolation_level="AUTOCOMMIT",
        **pool,
        **_JSON,
    )
    event.listen(engine.sync_engine, "checkout", _require_open)
    return engine


def create_sqlite_engine(url: URL, **options: Any) -> AsyncEngine:
    """Makes the engine of a SQLite database; connects to nothing yet."""
    engine = create_async_engine(url, connect_args={"timeout": 30}, **options, **_JSON)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def driver_url(database_url: str) -> URL:
    """Turns the URL people write into the one SQLAlchemy's async drivers take.

    Accepts ``postgres://`` and libpq's ``sslmode`` as managed databases print them.
    """
    try:
        url = make_url(database_url)
    except (ArgumentError, ValueError):
        raise ConfigurationError("DATABASE_URL cannot be read; write postgresql://user:password@host/name") from None
    if url.get_backend_name() == "sqlite":
        return url.set(drivername="sqlite+aiosqlite")
    query = {key: value for key, value in url.query.items() if key not in {"sslmode", "channel_binding"}}
    if "sslmode" in url.query:
        query["ssl"] = url.query["sslmode"]
    return url.set(drivername="postgresql+asyncpg", query=query)


@asynccontextmanager
async def transaction(engine: AsyncEngine, *, read_only: bool = False) -> AsyncIterator[AsyncConnection]:
    """Opens a transaction and commits it at the end; ``read_only`` promises that it writes nothing.

    Raises DatabaseDownError when the database is out of reach or asks to try again, ConfigurationError when it
    refuses the login, DataRefusedError when it refuses the data.
    """
    try:
        async with engine.connect() as connection, _begun(connection, read_only=read_only):
            yield connection
    except (DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise _meaning_of(error) from error
    except (DisconnectionError, PoolTimeoutError, OSError, TimeoutError) as error:
        raise DatabaseDownError(f"the database does not answer: {error or type(error).__name__}") from error


async def fetch(connection: AsyncConnection, sql: str, *parameters: Any) -> list[Any]:
    """Runs a statement on PostgreSQL by its driver, in the connection's transaction; parameters are ``$1`` and so on.

    For what runs with every batch of the engine: to go through SQLAlchemy costs three times as much.
    """
    found: list[Any] = await _driver_of(connection).fetch(sql, *parameters)
    return found


@asynccontextmanager
async def _begun(connection: AsyncConnection, *, read_only: bool) -> AsyncIterator[None]:
    if connection.dialect.name == "sqlite":
        await connection.execution_options(**{_READ_ONLY: read_only})
        async with connection.begin():
            yield
    elif read_only:
        # each statement sees what is committed when it begins, in a transaction too: without one, two round trips less
        yield
    else:
        async with _driver_of(connection).transaction():
            yield


def _driver_of(connection: AsyncConnection) -> Any:
    # not by `get_raw_connection`, which only awaits: a connection in use has one
    return connection.sync_connection.connection.driver_connection  # type: ignore[union-attr]


def _meaning_of(error: DBAPIError | asyncpg.PostgresError | asyncpg.InterfaceError) -> McmError:
    said: Any = error.orig if isinstance(error, DBAPIError) else error
    state = str(getattr(said, "sqlstate", None) or "")
    if state in _WRONG_LOGIN:
        return ConfigurationError(f"the database refuses the login in DATABASE_URL: {said}")
    if state in _SCHEMA_MISSING or "no such table" in str(said):
        return DatabaseDownError(f"the database's schema is not up to date; run mcm-migrate ({said})")
    # what the driver had prepared before a migration it prepares again the next time
    outdated = isinstance(said, asyncpg.InvalidCachedStatementError)
    if state.startswith(_TRANSIENT_CLASSES) or outdated or getattr(error, "connection_invalidated", False):
        return DatabaseDownError(f"the database does not answer: {said}")
    # a driver that cannot encode a value says so with a ValueError, and without a code
    unencodable = isinstance(said, ValueError) or isinstance(said.__cause__, ValueError)
    if not state and not unencodable and isinstance(error, InterfaceError | OperationalError | asyncpg.InterfaceError):
        return DatabaseDownError(f"the database does not answer: {said}")
    return DataRefusedError(str(said).splitlines()[0])


def _require_open(connection: Any, _record: Any, _proxy: Any) -> None:
    # the driver knows when the server has gone: to ask the server each time would cost three round trips
    if connection.driver_connection.is_closed():
        raise DisconnectionError("the server has closed the connection")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own BEGIN is lazy and deferred, which makes two writers fail instead of wait; ours is explicit.
    connection.isolation_level = None
    cursor = connection.cursor()
    _keep_a_log_ahead(cursor)
    for pragma in ("synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _keep_a_log_ahead(cursor: Any) -> None:
    # of two that open a new file at once SQLite turns one away here, however long it may wait elsewhere
    for left in reversed(range(_WAL_TRIES)):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if not left:
                raise
            time.sleep(_WAL_AGAIN_S)
        else:
            return


def _begin_sqlite(connection: Any) -> None:
    # a writer takes the lock at once: one that read first and then wants to write would fail instead of wait
    reading = connection.get_execution_options().get(_READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
