"""The day's budget of tokens, shared by all workers through the database.

A worker takes tokens from the day's row a portion at a time and gives out of it itself: one row that every request of
every worker had to wait for would set the pace. It never gives out what it has not taken, so the budget holds; a
worker that is killed takes the rest of its portion with it, a twentieth of the budget at most.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import structlog

from mcm_enricher.store.usage import DayUsage, add_usage, return_tokens, take_tokens
from mcm_shared.db.engine import AsyncEngine

log = structlog.get_logger()

_PORTIONS: Final = 20
_LARGEST_PORTION: Final = 100_000
_BOOK_EVERY: Final = timedelta(seconds=1)
_ASK_AGAIN_AFTER: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Reservation:
    """Tokens that a request may use."""

    day: date
    tokens: int


class TokenBudget:
    """Gives out the tokens of the day and books what was used; ``limit`` None is no limit."""

    def __init__(self, engine: AsyncEngine, limit: int | None, now: Callable[[], datetime]) -> None:
        self.limit = limit
        self._engine = engine
        self._now = now
        self._portion = min(_LARGEST_PORTION, (limit or 0) // _PORTIONS)
        self._taking = asyncio.Lock()
        self._day = now().date()
        self._left = 0
        self._under_way = 0
        self._settled = asyncio.Event()
        self._unbooked: dict[date, DayUsage] = {}
        self._book_at = now() + _BOOK_EVERY
        self._used_up_on: date | None = None
        self._used_up_until = now()

    @property
    def used_up(self) -> bool:
        """Says whether the budget did not suffice when it was last asked; after a while that is not certain."""
        return self._used_up_on == self._now().date() and self._now() < self._used_up_until

    async def reserve(self, tokens: int) -> Reservation | None:
        """Reserves tokens for a request; None when the day's budget does not suffice."""
        if self._now() >= self._book_at:
            await self.book()
        day = self._now().date()
        if self.limit is None:
            return Reservation(day, tokens)
        async with self._taking:
            if day != self._day:
                self._day, self._left = day, 0
            while self._left < tokens:
                least = tokens - self._left
                requested = max(least, self._portion)
                got = await take_tokens(self._engine, day, least=least, requested=requested, budget=self.limit)
                self._left += got
                if not got and not self._under_way:
                    self._note_used_up(day)
                    return None
                if not got:
                    # what is under way used less than it reserved, as a rule
                    self._settled.clear()
                    await self._settled.wait()
            self._left -= tokens
            self._under_way += 1
        return Reservation(day, tokens)

    def settle(self, reservation: Reservation, used: int, *, requests: int = 1) -> None:
        """Notes what a request really used, and has the rest to give out again."""
        if self.limit is not None:
            self._under_way -= 1
            self._settled.set()
            if reservation.day == self._day:
                self._left += reservation.tokens - used
        before = self._unbooked.get(reservation.day, DayUsage(reservation.day, 0, 0))
        self._unbooked[reservation.day] = DayUsage(before.day, before.requests + requests, before.tokens + used)

    async def book(self) -> None:
        """Writes what was used since the last time."""
        self._book_at = self._now() + _BOOK_EVERY
        unbooked, self._unbooked = self._unbooked, {}
        for usage in unbooked.values():
            if usage.requests:
                await add_usage(self._engine, usage)

    async def close(self) -> None:
        """Books what was used and puts back what is left of the portion."""
        await self.book()
        left, self._left = self._left, 0
        if left > 0:
            await return_tokens(self._engine, self._day, left)

    def _note_used_up(self, day: date) -> None:
        if self._used_up_on != day:
            log.warning("the day's budget of tokens is used up; the heuristic takes over", budget=self.limit)
        self._used_up_on, self._used_up_until = day, self._now() + _ASK_AGAIN_AFTER
