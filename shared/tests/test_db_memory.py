"""The database in memory: every table, nothing shared, emptied at will, errors as they are."""

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from mcm_shared.db.engine import AsyncEngine, transaction
from mcm_shared.db.memory import empty_tables, memory_database
from mcm_shared.db.tables import FINDINGS, METADATA, SOURCE_EVENTS
from mcm_shared.errors import McmError
from mcm_shared.testing.rows import Rows


async def count_of_events(engine: AsyncEngine) -> int:
    """Counts the events."""
    async with transaction(engine, read_only=True) as connection:
        return (await connection.execute(select(func.count()).select_from(SOURCE_EVENTS))).scalar_one()


async def insert_and_fail(engine: AsyncEngine) -> None:
    """Writes a row, then fails in the same transaction."""
    async with transaction(engine) as connection:
        await connection.execute(text("INSERT INTO event_rollups VALUES ('2026-01-01', 'a', 0, 1)"))
        raise ZeroDivisionError


async def test_all_tables_are_there_and_what_one_transaction_writes_the_next_one_reads() -> None:
    async with memory_database() as engine:
        event_id = await Rows(engine).event()
        await Rows(engine).finding(event_id=event_id)
        async with transaction(engine, read_only=True) as connection:
            for table in METADATA.tables.values():
                await connection.execute(select(table))
        assert await count_of_events(engine) == 1


async def test_two_of_them_know_nothing_of_each_other() -> None:
    async with memory_database() as one, memory_database() as other:
        await Rows(one).event()
        assert (await count_of_events(one), await count_of_events(other)) == (1, 0)


async def test_emptied_it_is_as_at_the_beginning() -> None:
    async with memory_database() as engine:
        rows = Rows(engine)
        await rows.finding(event_id=await rows.event())
        await empty_tables(engine)
        assert await count_of_events(engine) == 0
        async with transaction(engine, read_only=True) as connection:
            assert (await connection.execute(select(FINDINGS))).all() == []


async def test_a_transaction_that_fails_leaves_nothing() -> None:
    async with memory_database() as engine:
        with pytest.raises(ZeroDivisionError):
            await insert_and_fail(engine)
        async with transaction(engine, read_only=True) as connection:
            assert (await connection.execute(text("SELECT count(*) FROM event_rollups"))).scalar_one() == 0


async def test_what_the_database_refuses_is_an_error_like_any_other() -> None:
    async with memory_database() as engine:
        with pytest.raises((McmError, SQLAlchemyError), match="FOREIGN KEY"):
            await Rows(engine).finding(event_id=404)
        with pytest.raises(McmError, match="NOT NULL"):
            async with transaction(engine) as connection:
                await connection.execute(insert(SOURCE_EVENTS).values(source="a"))
        assert await count_of_events(engine) == 0
