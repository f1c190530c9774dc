"""What a transaction's failures mean to the caller: try again, change a setting, or give up this data."""

import asyncio
import re
import time
import traceback
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from pydantic import SecretStr
from sqlalchemy import insert, select, text

from mcm_shared.db.engine import AsyncEngine, create_engine, fetch, transaction
from mcm_shared.db.tables import EVENT_ROLLUPS
from mcm_shared.errors import ConfigurationError, DatabaseDownError, DataRefusedError
from mcm_shared.settings import DatabaseSettings
from mcm_shared.testing.builders import NOON

ROLLUP = {"hour": NOON, "source": "test-app", "shard": 0, "count": 1}


def engine_for(url: str, statement_timeout_s: float | None = None) -> AsyncEngine:
    settings = DatabaseSettings(DATABASE_URL=SecretStr(url))
    return create_engine(settings, pooled=False, statement_timeout_s=statement_timeout_s)


async def ask(engine: AsyncEngine, statement: str) -> object:
    async with transaction(engine) as connection:
        result = await connection.execute(text(statement))
        return result.scalar() if result.returns_rows else None


async def add(engine: AsyncEngine, **said: object) -> None:
    async with transaction(engine) as connection:
        await connection.execute(insert(EVENT_ROLLUPS).values({**ROLLUP, **said}))


async def sources(engine: AsyncEngine) -> list[str]:
    async with transaction(engine, read_only=True) as connection:
        return list((await connection.execute(select(EVENT_ROLLUPS.c.source))).scalars())


async def test_a_transaction_is_all_or_nothing(engine: AsyncEngine) -> None:
    async def die_after_adding() -> None:
        async with transaction(engine) as connection:
            await connection.execute(insert(EVENT_ROLLUPS).values(ROLLUP))
            raise ZeroDivisionError

    await add(engine, source="kept")
    with pytest.raises(ZeroDivisionError):
        await die_after_adding()

    assert await sources(engine) == ["kept"]


async def test_what_a_constraint_forbids_is_refused_data(engine: AsyncEngine) -> None:
    await add(engine)
    with pytest.raises(DataRefusedError, match=r"(?i)unique"):
        await add(engine)
    with pytest.raises(DataRefusedError, match=r"(?i)null"):
        await add(engine, count=None)


async def test_parameters_are_not_in_a_traceback(engine: AsyncEngine) -> None:
    secret = token_hex()
    statement = text("SELECT :secret FROM event_rollups WHERE count = nothing_of_this_name")
    with pytest.raises(DatabaseDownError) as raised:
        async with transaction(engine) as connection:
            await connection.execute(statement, {"secret": secret})

    shown = "".join(traceback.format_exception(raised.value))
    assert "nothing_of_this_name" in shown
    assert secret not in shown


@pytest.mark.parametrize(
    "said",
    [{"source": "a\x00b"}, {"count": 2**63}, {"shard": 2**15}, {"source": "".join(map(str, range(5_000)))}],
    ids=["a NUL", "over 64 bits", "over 16 bits", "over what an index holds"],
)
async def test_what_postgresql_cannot_hold_is_refused_data(database_url: str, said: dict[str, object]) -> None:
    engine = engine_for(database_url)

    with pytest.raises(DataRefusedError):
        await add(engine, **said)

    await engine.dispose()


async def test_the_reason_of_refused_data_is_one_line_without_the_statement(database_url: str) -> None:
    engine = engine_for(database_url)
    await add(engine)

    with pytest.raises(DataRefusedError) as refused:
        await add(engine)

    assert re.fullmatch(r"[^\n]*duplicate key value violates unique constraint[^\n]*", str(refused.value))
    assert "INSERT" not in str(refused.value)
    await engine.dispose()


@pytest.mark.parametrize("url", ["postgresql://mcm:secret@127.0.0.1:1/mcm", "sqlite:////no/such/folder/test.db"])
async def test_a_database_out_of_reach_is_down(url: str) -> None:
    engine = engine_for(url)
    with pytest.raises(DatabaseDownError, match="the database does not answer") as down:
        await ask(engine, "SELECT 1")
    assert "secret" not in str(down.value)


async def test_a_connection_that_is_cut_means_down(database_url: str) -> None:
    engine, other = engine_for(database_url), engine_for(database_url)

    async def be_cut() -> None:
        async with transaction(engine) as connection:
            pid = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            await ask(other, f"SELECT pg_terminate_backend({pid}, 5000)")
            await connection.execute(text("SELECT 1"))

    with pytest.raises(DatabaseDownError, match="the database does not answer"):
        await be_cut()
    await engine.dispose()
    await other.dispose()


@pytest.mark.parametrize("part", ["password", "user", "database"])
async def test_a_refused_login_is_a_wrong_setting(database_url: str, part: str) -> None:
    parts = urlsplit(database_url)
    user, password, host = parts.username, parts.password, f"{parts.hostname}:{parts.port}"
    wrong = {
        "password": parts._replace(netloc=f"{user}:not-the-secret@{host}"),
        "user": parts._replace(netloc=f"nobody:{password}@{host}"),
        "database": parts._replace(path="/nowhere"),
    }
    engine = engine_for(urlunsplit(wrong[part]))

    with pytest.raises(ConfigurationError, match="the database refuses the login in DATABASE_URL") as refused:
        await ask(engine, "SELECT 1")

    assert "not-the-secret" not in str(refused.value)
    assert str(password) not in str(refused.value)


async def test_a_table_that_is_missing_means_migrate_first(engine: AsyncEngine) -> None:
    with pytest.raises(DatabaseDownError, match="the database's schema is not up to date; run mcm-migrate"):
        await ask(engine, "SELECT * FROM not_there_yet")


async def test_what_was_prepared_before_a_migration_means_try_again(database_url: str) -> None:
    engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(database_url), MCM_DATABASE_POOL_SIZE=1))

    async def sources_of() -> list[Any]:
        async with transaction(engine) as connection:
            return await fetch(connection, "SELECT shard FROM event_rollups")

    assert await sources_of() == []
    other = engine_for(database_url)
    await ask(other, "ALTER TABLE event_rollups ALTER COLUMN shard TYPE bigint")
    with pytest.raises(DatabaseDownError):
        await sources_of()
    assert await sources_of() == []
    await engine.dispose()


async def test_a_deadlock_means_try_again(database_url: str) -> None:
    engine = engine_for(database_url)
    for source in ("a", "b"):
        await add(engine, source=source)
    both_hold_one = asyncio.Barrier(2)

    async def lock(first: str, second: str) -> None:
        async with transaction(engine) as connection:
            update = "UPDATE event_rollups SET count = count + 1 WHERE source = :source"
            await connection.execute(text(update), {"source": first})
            await both_hold_one.wait()
            await connection.execute(text(update), {"source": second})

    failures = await asyncio.gather(lock("a", "b"), lock("b", "a"), return_exceptions=True)

    assert sorted(type(failure).__name__ for failure in failures) == ["DatabaseDownError", "NoneType"]
    await engine.dispose()


async def test_a_statement_that_takes_too_long_is_cancelled_by_the_server(database_url: str) -> None:
    engine = engine_for(database_url, statement_timeout_s=0.2)
    with pytest.raises(DatabaseDownError, match="timeout"):
        await ask(engine, "SELECT pg_sleep(20)")
    assert await ask(engine, "SELECT 1") == 1
    await engine.dispose()


async def test_writers_of_sqlite_wait_for_each_other(sqlite_url: str) -> None:
    engines = [engine_for(sqlite_url) for _ in range(4)]

    async def write(engine: AsyncEngine, name: int) -> None:
        for number in range(10):
            async with transaction(engine) as connection:
                # reads before it writes, as the engine does
                await connection.execute(select(EVENT_ROLLUPS.c.source))
                await connection.execute(insert(EVENT_ROLLUPS).values({**ROLLUP, "source": f"{name}-{number}"}))

    began = time.monotonic()
    await asyncio.gather(*(write(engine, name) for name, engine in enumerate(engines)))

    assert len(await sources(engines[0])) == 40
    assert time.monotonic() - began < 20
    for engine in engines:
        await engine.dispose()


async def test_connections_are_given_out_in_the_order_of_the_callers(database_url: str) -> None:
    engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(database_url), MCM_DATABASE_POOL_SIZE=1))
    served: list[int] = []

    async def call(number: int) -> None:
        async with transaction(engine, read_only=True) as connection:
            await fetch(connection, "SELECT 1")
            served.append(number)

    calls = []
    for number in range(300):
        # callers arrive at every moment of a transaction, also when its connection is on the way to the next one
        calls.append(asyncio.create_task(call(number)))
        await asyncio.sleep(0)
        while number - len(served) > 20:  # noqa: ASYNC110 (they arrive at every moment, not at one of an event)
            await asyncio.sleep(0)
    await asyncio.gather(*calls)
    await engine.dispose()

    assert served == list(range(300))
