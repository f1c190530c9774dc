"""Transactions on SQLite that are interrupted while they run."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import event, text

from mcm_shared.db.engine import AsyncEngine, create_engine, transaction
from mcm_shared.settings import DatabaseSettings

TURNS_OF_A_TRANSACTION = 14


@pytest.mark.parametrize("second_after", range(1, 8))
async def test_a_transaction_that_is_cancelled_twice_gives_up_its_lock(tmp_path: Path, second_after: int) -> None:
    for first_after in range(1, TURNS_OF_A_TRANSACTION):
        engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(f"sqlite:///{tmp_path}/test.db")))
        left = await cancel_twice(engine, first_after, second_after)
        assert await still_running(left) == set(), f"cancelled after {first_after} and {second_after} turns of the loop"
        await select_one(engine)
        await engine.dispose()


async def test_a_cancelled_transaction_ends_when_its_connection_is_back_in_the_pool(tmp_path: Path) -> None:
    engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(f"sqlite:///{tmp_path}/test.db")))
    task = asyncio.create_task(select_one(engine))
    event.listen(engine.sync_engine, "reset", lambda *_: task.cancel())

    await asyncio.wait([task])

    assert task.cancelled()
    assert tasks_left() == set()
    await engine.dispose()


@pytest.mark.parametrize("second_after", range(1, 8))
async def test_what_a_cancelled_transaction_left_ends_when_the_loop_does(tmp_path: Path, second_after: int) -> None:
    for first_after in range(1, TURNS_OF_A_TRANSACTION):
        url = f"sqlite:///{tmp_path}/{first_after}.db"
        engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(url)))
        left = await cancel_twice(engine, first_after, second_after)
        # as asyncio.run does
        for task in left:
            task.cancel()
        assert await still_running(left) == set(), f"cancelled after {first_after} and {second_after} turns of the loop"
        await engine.dispose()


async def cancel_twice(engine: AsyncEngine, first_after: int, second_after: int) -> set[asyncio.Task[Any]]:
    """Cancels a transaction twice, so many turns of the event loop apart; returns the tasks that it left."""
    await select_one(engine)
    task = asyncio.create_task(select_one(engine))
    for turns in (first_after, second_after):
        await loop_turns(turns)
        task.cancel()
    await asyncio.wait([task])
    return tasks_left()


def tasks_left() -> set[asyncio.Task[Any]]:
    """Returns the tasks of this event loop, without the current one."""
    current: set[asyncio.Task[Any] | None] = {asyncio.current_task()}
    return asyncio.all_tasks() - current


async def still_running(tasks: set[asyncio.Task[Any]]) -> set[asyncio.Task[Any]]:
    """Waits for tasks; returns those that do not end."""
    return (await asyncio.wait(tasks, timeout=30))[1] if tasks else set()


async def select_one(engine: AsyncEngine) -> None:
    """Runs a transaction of two statements."""
    async with transaction(engine) as connection:
        await connection.execute(text("SELECT 1"))
        await connection.execute(text("SELECT 1"))


async def loop_turns(count: int) -> None:
    """Lets the event loop run its ready callbacks ``count`` times."""
    for _ in range(count):
        await asyncio.sleep(0)
