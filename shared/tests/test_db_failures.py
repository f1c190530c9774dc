"""A connection that dies, at whatever moment: the database is down, the connection is discarded, the next one works."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from mcm_shared.db.engine import AsyncConnection, AsyncEngine, create_engine, fetch, transaction
from mcm_shared.errors import DatabaseDownError, DataRefusedError
from mcm_shared.settings import DatabaseSettings

Statement = Callable[[AsyncConnection], Awaitable[Any]]


def pooled(url: str, size: int = 1) -> AsyncEngine:
    return create_engine(DatabaseSettings(DATABASE_URL=SecretStr(url), MCM_DATABASE_POOL_SIZE=size))


async def by_driver(connection: AsyncConnection) -> Any:
    return await fetch(connection, "SELECT pg_backend_pid()")


async def by_sqlalchemy(connection: AsyncConnection) -> Any:
    return (await connection.execute(text("SELECT pg_backend_pid()"))).all()


async def nothing_but_commit(_connection: AsyncConnection) -> None:
    pass


@pytest.fixture
async def admin(database_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection of the test's own."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


class Tunnel:
    """Forwards connections and passes on what the server says, but not that it has gone until ``may_tell``."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self.server_has_gone = asyncio.Event()
        self.may_tell = asyncio.Event()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as server:
            host = self._parts.netloc.rpartition(":")[0]
            port = server.sockets[0].getsockname()[1]
            yield urlunsplit(self._parts._replace(netloc=f"{host}:{port}"))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(self._parts.hostname, self._parts.port)
        with contextlib.suppress(OSError):
            await asyncio.gather(self._up(reader, there_writer), self._down(there_reader, writer))
        for one in (writer, there_writer):
            one.close()

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            with contextlib.suppress(OSError):
                writer.write(data)
        writer.close()

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        self.server_has_gone.set()
        await self.may_tell.wait()
        writer.close()


@pytest.mark.parametrize("then", [nothing_but_commit, by_driver, by_sqlalchemy])
async def test_a_farewell_of_the_server_between_two_statements_means_down(
    database_url: str, admin: "asyncpg.Connection[asyncpg.Record]", then: Statement
) -> None:
    # The server's FATAL is read before the end of the stream. The driver has no state for an error that answers no
    # statement: until the stream ends it waits for the rest of the answer and refuses to send anything.
    tunnel = Tunnel(database_url)
    async with tunnel.open() as url:
        engine = pooled(url)

        async def outlive_the_server() -> None:
            async with transaction(engine) as connection:
                (pid,) = (await by_driver(connection))[0]
                await admin.execute("SELECT pg_terminate_backend($1, 5000)", pid)
                await tunnel.server_has_gone.wait()
                await admin.execute("SELECT 1")
                await then(connection)

        with pytest.raises(DatabaseDownError) as down:
            await outlive_the_server()
        assert "cannot switch to state" in str(down.value.__cause__)

        tunnel.may_tell.set()
        async with transaction(engine) as connection:
            assert await by_driver(connection)
        await engine.dispose()


@pytest.mark.parametrize("first", [by_driver, by_sqlalchemy])
@pytest.mark.parametrize("read_only", [True, False])
async def test_a_farewell_to_a_connection_in_the_pool_means_down_once(
    database_url: str, admin: "asyncpg.Connection[asyncpg.Record]", first: Statement, read_only: bool
) -> None:
    tunnel = Tunnel(database_url)
    async with tunnel.open() as url:
        engine = pooled(url)

        async def run() -> int:
            async with transaction(engine, read_only=read_only) as connection:
                return int((await first(connection))[0][0])

        pid = await run()
        await admin.execute("SELECT pg_terminate_backend($1, 5000)", pid)
        await tunnel.server_has_gone.wait()
        await admin.execute("SELECT 1")

        with pytest.raises(DatabaseDownError):
            await run()
        tunnel.may_tell.set()
        assert await run() != pid
        await engine.dispose()


async def test_a_transaction_that_is_cancelled_twice_leaves_no_open_transaction_in_the_pool(database_url: str) -> None:
    engine = pooled(database_url)
    asleep = asyncio.Event()

    async def sleep() -> None:
        async with transaction(engine) as connection:
            await by_driver(connection)
            asleep.set()
            await fetch(connection, "SELECT pg_sleep(30)")

    task = asyncio.create_task(sleep())
    await asleep.wait()
    while not task.done():
        task.cancel()
        await asyncio.sleep(0)

    async with transaction(engine) as connection:
        assert await by_driver(connection)
    await engine.dispose()


async def test_what_follows_a_cancelled_transaction_is_committed(
    database_url: str, admin: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await admin.execute("CREATE TABLE written (step int)")
    engine = pooled(database_url)

    async def add(step: int) -> None:
        async with transaction(engine) as connection:
            await fetch(connection, "INSERT INTO written VALUES ($1)", step)

    await add(0)
    for step in range(1, 40):
        # cancelled one turn of the event loop later each time: at BEGIN, inside, at COMMIT, and when it is over
        task = asyncio.create_task(add(-step))
        for _ in range(step):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await add(step)
    await engine.dispose()

    rows = await admin.fetch("SELECT step FROM written WHERE step >= 0 ORDER BY step")
    assert [row["step"] for row in rows] == list(range(40))


async def test_an_error_of_our_own_in_a_dying_connection_is_tried_again(
    database_url: str, admin: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    engine = pooled(database_url)

    async def trip_over_it() -> None:
        async with transaction(engine) as connection:
            (pid,) = (await by_driver(connection))[0]
            await admin.execute("SELECT pg_terminate_backend($1, 5000)", pid)
            with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
                while True:
                    await by_driver(connection)
            raise AttributeError

    with pytest.raises(DatabaseDownError):
        await trip_over_it()
    await engine.dispose()


@pytest.mark.parametrize("by", [by_driver, by_sqlalchemy])
@pytest.mark.parametrize(
    ("states", "meaning"),
    [
        ("22003 22021 22P02 22P05 23502 23503 23505 23514 23P01 54000 54001", DataRefusedError),
        (
            """0A000 08006 21000 25006 25P02 25P03 26000 28000 34000 40001 40P01 42501 42601 42883 42P01 42P05
            53100 53200 53300 55P03 57014 57P01 57P03 58000 58030 F0000 HV000 P0001 XX000 XX001 ZZ999""",
            DatabaseDownError,
        ),
    ],
    ids=["data", "anything else"],
)
async def test_only_errors_about_data_are_refused_data(
    database_url: str, states: str, meaning: type[Exception], by: Statement
) -> None:
    engine = pooled(database_url)

    async def run(statement: str) -> None:
        async with transaction(engine) as connection:
            if by is by_driver:
                await fetch(connection, statement)
            else:
                await connection.execute(text(statement))

    # put together by the server, since the statement itself may be shown
    detail = "concat('plan', 'ted', chr(10), 'line', ' 2')"
    for state in states.split():
        with pytest.raises(meaning, match="odd") as raised:
            await run(f"DO $$ BEGIN RAISE EXCEPTION 'odd' USING ERRCODE = '{state}', DETAIL = {detail}; END $$")
        # what a log shows of it has no values of rows
        chain = [raised.value, raised.value.__cause__, getattr(raised.value.__cause__, "orig", None)]
        assert [str(each) for each in chain if "planted" in str(each) or "line 2" in str(each)] == []
        await run("SELECT 1")
    await engine.dispose()


@pytest.mark.parametrize("by", [by_driver, by_sqlalchemy])
async def test_statements_that_the_server_has_forgotten_are_prepared_again(database_url: str, by: Statement) -> None:
    engine = pooled(database_url, size=2)
    async with transaction(engine) as one, transaction(engine) as other:
        for connection in (one, other):
            await by(connection)
            await connection.execute(text("DEALLOCATE ALL"))

    with pytest.raises(DatabaseDownError, match="SQLSTATE 26000"):
        async with transaction(engine) as connection:
            await by(connection)

    # what ails one connection ails the others of the pool: they are not tried
    async with transaction(engine) as connection:
        assert await by(connection)
    await engine.dispose()
