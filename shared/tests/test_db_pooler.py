"""Through PgBouncer, in session and in transaction mode: transactions, prepared statements, migrations, time-outs."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import insert, select, text

from mcm_shared.db.engine import AsyncEngine, create_engine, fetch, transaction
from mcm_shared.db.events import insert_events
from mcm_shared.db.migrate import upgrade
from mcm_shared.db.tables import EVENT_ROLLUPS
from mcm_shared.errors import ConfigurationError, DatabaseDownError
from mcm_shared.settings import DatabaseSettings
from mcm_shared.testing.builders import NOON, an_event
from tests.pgbouncer import MISSING, PROGRAM, PgBouncer
from tests.threads import call

pytestmark = pytest.mark.skipif(PROGRAM is None, reason=MISSING)


@pytest.fixture(params=["session", "transaction"])
def pgbouncer(tmp_path: Path, database_url: str, request: pytest.FixtureRequest) -> Iterator[PgBouncer]:
    """PgBouncer before the test's database."""
    server = PgBouncer(tmp_path / "pgbouncer", database_url, request.param)
    server.start()
    yield server
    server.kill()


def engine_for(url: str, statement_timeout_s: float | None = None, size: int = 3) -> AsyncEngine:
    settings = DatabaseSettings(DATABASE_URL=SecretStr(url), MCM_DATABASE_POOL_SIZE=size)
    return create_engine(settings, statement_timeout_s=statement_timeout_s)


@pytest.fixture
async def through(pgbouncer: PgBouncer) -> AsyncIterator[AsyncEngine]:
    """An engine whose connections lead through PgBouncer."""
    engine = engine_for(pgbouncer.url)
    yield engine
    await engine.dispose()


async def prepared_statements(url: str) -> int:
    """Counts what is prepared in the one connection that an engine has."""
    engine = engine_for(url, size=1)
    for _ in range(3):
        async with transaction(engine) as connection:
            await fetch(connection, "SELECT $1::int", 1)
            await connection.execute(text("SELECT :one"), {"one": "1"})
    async with transaction(engine) as connection:
        count = (await fetch(connection, "SELECT count(*) FROM pg_prepared_statements WHERE name <> ''"))[0][0]
    await engine.dispose()
    return int(count)


async def test_statements_are_prepared_for_a_server_and_not_for_a_pooler(
    database_url: str, pgbouncer: PgBouncer
) -> None:
    assert await prepared_statements(pgbouncer.url) == 0
    assert await prepared_statements(database_url) >= 2


async def test_many_at_once_share_few_server_connections(through: AsyncEngine) -> None:
    async def count_up(number: int) -> None:
        for turn in range(10):
            async with transaction(through) as connection:
                row = {"hour": NOON, "source": f"{number}-{turn}", "shard": 0, "count": 1}
                await connection.execute(insert(EVENT_ROLLUPS).values(row))
                await insert_events(connection, [an_event(number=number, turn=turn)], processed=True)
            async with transaction(through, read_only=True) as connection:
                found = await fetch(connection, "SELECT count FROM event_rollups WHERE source = $1", row["source"])
                assert [tuple(one) for one in found] == [(1,)]
                await connection.execute(select(EVENT_ROLLUPS).where(EVENT_ROLLUPS.c.source == row["source"]))

    await asyncio.gather(*(count_up(number) for number in range(8)))

    async with transaction(through, read_only=True) as connection:
        assert (await fetch(connection, "SELECT count(*) FROM source_events"))[0][0] == 80


async def test_a_schema_is_brought_up_by_several_at_once(database_url: str, pgbouncer: PgBouncer) -> None:
    direct = engine_for(database_url)
    async with transaction(direct) as connection:
        await connection.execute(text("DROP SCHEMA public CASCADE"))
        await connection.execute(text("CREATE SCHEMA public"))
    await asyncio.gather(*(asyncio.to_thread(call, lambda: upgrade(pgbouncer.url)) for _ in range(3)))
    async with transaction(direct, read_only=True) as connection:
        assert await fetch(connection, "SELECT count(*) FROM findings")
    await direct.dispose()


async def test_a_statement_that_takes_too_long_is_cancelled(pgbouncer: PgBouncer) -> None:
    engine = engine_for(pgbouncer.url, statement_timeout_s=0.3)
    for read_only in (True, False):
        with pytest.raises(DatabaseDownError):
            async with transaction(engine, read_only=read_only) as connection:
                await fetch(connection, "SELECT pg_sleep(20)")
    async with transaction(engine) as connection:
        active = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(20)%' AND state = 'active'"
        assert (await fetch(connection, f"{active} AND pid <> pg_backend_pid()"))[0][0] == 0
    await engine.dispose()


async def test_a_pooler_that_restarts_is_down_for_a_moment(pgbouncer: PgBouncer, through: AsyncEngine) -> None:
    async def ask() -> None:
        async with transaction(through) as connection:
            await fetch(connection, "SELECT 1")

    await ask()
    await asyncio.to_thread(pgbouncer.kill)
    with pytest.raises(DatabaseDownError):
        await ask()
    await asyncio.to_thread(pgbouncer.start)
    await ask()


async def test_a_parameter_that_the_pooler_refuses_is_a_wrong_setting(pgbouncer: PgBouncer) -> None:
    engine = engine_for(f"{pgbouncer.url}?options=-c%20work_mem%3D9MB")
    with pytest.raises(ConfigurationError, match=r"the pooler in DATABASE_URL refuses a parameter.*options"):
        async with transaction(engine):
            pass
