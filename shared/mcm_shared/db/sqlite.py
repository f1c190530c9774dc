"""Connections to SQLite: explicit transactions, writers that wait, and a driver that can be stopped twice."""

import asyncio
import contextlib
import sqlite3
import time
from functools import partial
from typing import Any

import aiosqlite
from sqlalchemy import event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from mcm_shared.db.types import JSON_CODEC
from mcm_shared.errors import ConfigurationError

READ_ONLY = "mcm_read_only"
"""Execution option of a connection whose next transaction only reads."""

_WAL_TRIES = 100
_WAL_AGAIN_S = 0.02
_LOCK_TIMEOUT_S = 30
_ITER_CHUNK_SIZE = 64


def create_sqlite_engine(url: URL, **options: Any) -> AsyncEngine:
    """Creates the engine of a SQLite database, without connecting; ``options`` are those of SQLAlchemy."""
    connect_args = {"timeout": _LOCK_TIMEOUT_S, "async_creator_fn": _connection}
    engine = create_async_engine(url, connect_args=connect_args, hide_parameters=True, **options, **JSON_CODEC)
    event.listen(engine.sync_engine, "connect", _prepare)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def sqlite_url(database_url: str) -> URL:
    """Converts the URL of a SQLite file to that of SQLAlchemy's async driver; raises ConfigurationError."""
    try:
        return make_url(database_url).set(drivername="sqlite+aiosqlite")
    except (ArgumentError, ValueError):
        raise ConfigurationError("DATABASE_URL cannot be read; write sqlite:///file") from None


class _Database(sqlite3.Connection):
    """Connection of SQLite that gives up its lock when it is closed.

    While a cursor has rows left, a closed connection lives on, and with it the lock of its transaction.
    """

    def close(self) -> None:
        """Rolls back an open transaction and closes the connection."""
        with contextlib.suppress(sqlite3.Error):
            self.rollback()
        super().close()


class _Connection(aiosqlite.Connection):
    """Driver connection whose thread is stopped once, however often it is closed.

    The pool closes a connection gracefully and, when that is cancelled, by force. The driver queues a second stop for
    a thread that has ended, and the first caller waits for it for ever.
    """

    _stopped: asyncio.Future[Any] | None = None

    def stop(self) -> asyncio.Future[Any] | None:
        """Stops the driver's thread; returns the future of the first call."""
        if self._stopped is None:
            if self._connection is not None:
                # a graceful close that comes later forgets the connection, which would keep its lock
                self._tx.put_nowait((None, self._connection.close))
            self._stopped = super().stop()
        return self._stopped


def _connection(database: str, **options: Any) -> _Connection:
    connection = _Connection(partial(sqlite3.connect, database, factory=_Database, **options), _ITER_CHUNK_SIZE)
    # an interrupted program ends without waiting for a statement
    connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does for connections that it creates
    return connection


def _prepare(connection: Any, _record: Any) -> None:
    # The driver's own BEGIN is lazy and deferred, which makes two writers fail instead of wait; ours is explicit.
    connection.isolation_level = None
    cursor = connection.cursor()
    _use_write_ahead_log(cursor)
    for pragma in ("synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={_LOCK_TIMEOUT_S * 1000}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _use_write_ahead_log(cursor: Any) -> None:
    # of two connections that open a new file at once SQLite refuses one here, whatever its time-out
    for left in reversed(range(_WAL_TRIES)):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if not left:
                raise
            time.sleep(_WAL_AGAIN_S)
        else:
            return


def _begin(connection: Any) -> None:
    # a writer takes the lock at once: one that read first and then wants to write would fail instead of wait
    reading = connection.get_execution_options().get(READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
