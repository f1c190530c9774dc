"""Token usage by day, and the tokens that workers took from the budget."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import bindparam, select, text

from mcm_shared.db.engine import AsyncEngine, transaction
from mcm_shared.db.tables import AI_USAGE


@dataclass(frozen=True, slots=True)
class DayUsage:
    """Usage of a day (UTC): requests that were processed or may have been, and their tokens."""

    day: date
    requests: int
    tokens: int


_ADD: Final = text(
    """INSERT INTO ai_usage (day, requests, used) VALUES (:day, :requests, :used)
    ON CONFLICT (day) DO UPDATE SET requests = ai_usage.requests + excluded.requests,
        used = ai_usage.used + excluded.used"""
).bindparams(bindparam("day", type_=AI_USAGE.c.day.type))

_BEGIN_DAY: Final = text("INSERT INTO ai_usage (day) VALUES (:day) ON CONFLICT (day) DO NOTHING").bindparams(
    bindparam("day", type_=AI_USAGE.c.day.type)
)


async def add_usage(engine: AsyncEngine, usage: DayUsage) -> None:
    """Adds to the usage of a day."""
    async with transaction(engine) as connection:
        await connection.execute(_ADD, {"day": usage.day, "requests": usage.requests, "used": usage.tokens})


async def take_tokens(engine: AsyncEngine, day: date, *, minimum: int, requested: int, budget: int) -> int:
    """Takes tokens from a day's budget: as many as requested or are left; none when fewer than ``minimum`` are left."""
    async with transaction(engine) as connection:
        await connection.execute(_BEGIN_DAY, {"day": day})
        query = select(AI_USAGE.c.taken).where(AI_USAGE.c.day == day).with_for_update()
        taken = (await connection.execute(query)).scalar_one()
        got: int = min(requested, budget - taken)
        if got < minimum:
            return 0
        await connection.execute(AI_USAGE.update().where(AI_USAGE.c.day == day).values(taken=taken + got))
    return got


async def return_tokens(engine: AsyncEngine, day: date, tokens: int) -> None:
    """Returns unused tokens to the budget."""
    async with transaction(engine) as connection:
        change = {"taken": AI_USAGE.c.taken - tokens}
        await connection.execute(AI_USAGE.update().where(AI_USAGE.c.day == day).values(change))


async def read_usage(engine: AsyncEngine, days: int) -> list[DayUsage]:
    """Reads the usage of the latest days with requests, newest first."""
    columns = AI_USAGE.c.day, AI_USAGE.c.requests, AI_USAGE.c.used
    async with transaction(engine, read_only=True) as connection:
        rows = (await connection.execute(select(*columns).order_by(AI_USAGE.c.day.desc()).limit(days))).all()
    return [DayUsage(*row) for row in rows]
