"""Migrations make what the code expects, on both databases, run by any number of programs at once."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import select, text

from mcm_shared.db.engine import AsyncEngine, create_engine, transaction
from mcm_shared.db.migrate import is_up_to_date, upgrade, wait_for_schema
from mcm_shared.db.tables import EVENT_DAYS, METADATA, SOURCE_EVENTS
from mcm_shared.settings import DatabaseSettings
from mcm_shared.testing.builders import NOON
from tests.databases import execute, upgrade_to
from tests.services import Service

RunService = Callable[..., Service]


@pytest.mark.parametrize("empty_url", ["postgresql", "sqlite"], indirect=True)
async def test_the_migrations_make_the_tables_of_the_code(empty_url: str) -> None:
    settings = DatabaseSettings(DATABASE_URL=SecretStr(empty_url))
    engine = create_engine(settings, pooled=False)
    async with transaction(engine) as connection:
        await connection.run_sync(METADATA.create_all)
    expected = await _schema(engine)
    async with transaction(engine) as connection:
        await connection.run_sync(METADATA.drop_all)
    assert await _schema(engine) == {}

    await asyncio.to_thread(upgrade, empty_url)

    made = await _schema(engine)
    await engine.dispose()
    assert len(expected) > 50
    assert made == expected


async def test_a_schema_that_is_there_is_left_alone(engine: AsyncEngine) -> None:
    url = engine.url.set(drivername=engine.url.get_backend_name()).render_as_string(hide_password=False)

    await asyncio.to_thread(upgrade, url)

    assert await is_up_to_date(engine)


async def test_a_sqlite_file_is_brought_up_by_whoever_opens_it_also_by_two_at_once(tmp_path: Path) -> None:
    url = SecretStr(f"sqlite:///{tmp_path / 'dev.db'}")
    engines = [create_engine(DatabaseSettings(DATABASE_URL=url)) for _ in range(2)]

    await asyncio.wait_for(asyncio.gather(*map(wait_for_schema, engines)), 20)

    assert await is_up_to_date(engines[0])
    for engine in engines:
        await engine.dispose()


async def test_an_older_schema_is_waited_for_and_a_newer_one_is_good_enough(database_url: str) -> None:
    engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(database_url)), pooled=False)

    async def stamp(version: str) -> None:
        async with transaction(engine) as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})

    await stamp("0001")
    waiting = asyncio.create_task(wait_for_schema(engine, every_s=0.05))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    assert not await is_up_to_date(engine)

    await stamp("9999")
    await asyncio.wait_for(waiting, 5)
    await engine.dispose()


_POSTGRESQL_SCHEMA = """
SELECT 'column ' || table_name || '.' || column_name, concat_ws(' ', data_type, collation_name, column_default,
    is_nullable, is_identity, generation_expression) FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'index ' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'constraint ' || conname, conrelid::regclass || ' ' || pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
"""
_SQLITE_SCHEMA = """
SELECT 'column ' || t.name || '.' || c.name, printf('%s %s %s %s %s', c.type, c.dflt_value, c."notnull", c.pk, c.hidden)
    FROM sqlite_master t, pragma_table_xinfo(t.name) c WHERE t.type = 'table'
UNION ALL SELECT 'index ' || name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL
"""


async def _schema(engine: AsyncEngine) -> dict[str, str]:
    """Reads every column, index and constraint by name, but those of Alembic and of the database itself."""
    query = _POSTGRESQL_SCHEMA if engine.dialect.name == "postgresql" else _SQLITE_SCHEMA
    async with transaction(engine) as connection:
        found = {row[0]: row[1] for row in (await connection.execute(text(query))).all()}
    # SQLite knows false as 0, and keeps whichever was written
    found = {name: re.sub(r"\bfalse\b", "0", how) for name, how in found.items()}
    return {name: how for name, how in found.items() if "alembic" not in f"{name} {how}" and "sqlite_" not in name}


@pytest.fixture
async def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """A database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server = request.getfixturevalue("postgres_url")
    url = f"{server.rpartition('/')[0]}/empty"
    for statement in ("DROP DATABASE IF EXISTS empty WITH (FORCE)", "CREATE DATABASE empty"):
        await execute(server, statement)
    yield url
    await execute(server, "DROP DATABASE empty WITH (FORCE)")


@pytest.mark.parametrize("empty_url", ["postgresql", "sqlite"], indirect=True)
async def test_times_beyond_those_of_events_move_to_the_nearest_end(empty_url: str) -> None:
    engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(empty_url)), pooled=False)
    times = [datetime(1, 1, 1, tzinfo=UTC), NOON, datetime.max.replace(tzinfo=UTC)]
    days = [date(1, 1, 1), date(1970, 1, 1), date(2026, 11, 20)]
    async with transaction(engine) as connection:
        await connection.run_sync(upgrade_to, "0005")
        for number, time in enumerate(times):
            event = {"event_uid": uuid4(), "source": "app", "source_event_id": str(number), "event_type": "login"}
            await connection.execute(SOURCE_EVENTS.insert().values(**event, timestamp=time, raw_data={}))
        for day in days:
            counted = {"source": "app", "event_type": "login", "shard": 0, "count": 2}
            await connection.execute(EVENT_DAYS.insert().values(**counted, day=day))

    await asyncio.to_thread(upgrade, empty_url)

    async with transaction(engine, read_only=True) as connection:
        stored = (await connection.scalars(select(SOURCE_EVENTS.c.timestamp).order_by(SOURCE_EVENTS.c.id))).all()
        counts = (await connection.execute(select(EVENT_DAYS.c.day, EVENT_DAYS.c["count"]).order_by("day"))).all()
    await engine.dispose()
    assert stored == [datetime(1970, 1, 1, tzinfo=UTC), NOON, datetime(2999, 12, 31, 23, tzinfo=UTC)]
    assert [tuple(row) for row in counts] == [(date(1970, 1, 1), 4), (date(2026, 11, 20), 2)]


@pytest.mark.parametrize("empty_url", ["postgresql", "sqlite"], indirect=True)
async def test_three_migrations_at_once_take_turns(empty_url: str, run_service: RunService) -> None:
    migrations = [run_service("mcm-migrate", DATABASE_URL=empty_url) for _ in range(3)]

    codes = [await asyncio.to_thread(migration.wait, 60) for migration in migrations]

    assert codes == [0, 0, 0], "\n".join(migration.stderr() for migration in migrations)
    assert all("schema up to date" in migration.stderr() for migration in migrations)
    assert await _versions(empty_url) == 1


async def test_a_migration_waits_for_its_database(tmp_path: Path, run_service: RunService) -> None:
    folder = tmp_path / "later"
    migration = run_service("mcm-migrate", DATABASE_URL=f"sqlite:///{folder / 'late.db'}")
    migration.wait_for_log("waiting for the database")

    folder.mkdir()

    assert await asyncio.to_thread(migration.wait, 30) == 0


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://example.com/mcm", "DATABASE_URL: it must begin with postgresql:// or sqlite:///"),
        ("", "DATABASE_URL: it must begin with postgresql:// or sqlite:///"),
        ("postgresql://u:secret@db.example.com:port/mcm", "DATABASE_URL cannot be read; write postgresql://"),
    ],
)
async def test_a_wrong_url_ends_the_migration_at_once(url: str, words: str, run_service: RunService) -> None:
    migration = run_service("mcm-migrate", DATABASE_URL=url)

    assert await asyncio.to_thread(migration.wait) == 2
    assert words in migration.stderr()
    assert "secret" not in migration.stderr()


async def _versions(url: str) -> int:
    engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(url)), pooled=False)
    async with transaction(engine, read_only=True) as connection:
        rows = (await connection.execute(text("SELECT version_num FROM alembic_version"))).all()
    await engine.dispose()
    return len(rows)
