"""Daily token budget, shared by all workers through the database.

A worker takes tokens from the day's row in portions and reserves from its portion in memory: a row that every request
of every worker had to lock would be a bottleneck. A worker reserves only tokens that it has taken, so the budget is
never exceeded; a killed worker loses the rest of its portion, at most a twentieth of the budget.
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
_RECORD_EVERY: Final = timedelta(seconds=1)
_RETRY_AFTER: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Reservation:
    """Tokens that a request may use."""

    day: date
    tokens: int


class TokenBudget:
    """Reserves tokens for requests and records their use; ``limit`` None is no limit."""

    def __init__(self, engine: AsyncEngine, limit: int | None, now: Callable[[], datetime]) -> None:
        self.limit = limit
        self._engine = engine
        self._now = now
        self._portion = min(_LARGEST_PORTION, (limit or 0) // _PORTIONS)
        self._taking = asyncio.Lock()
        self._day = now().date()
        self._left = 0
        self._in_flight = 0
        self._settled = asyncio.Event()
        self._unrecorded: dict[date, DayUsage] = {}
        self._record_at = now() + _RECORD_EVERY
        self._used_up_on: date | None = None
        self._used_up_until = now()

    @property
    def used_up(self) -> bool:
        """Whether the last reservation of this day failed; False again after a few minutes: tokens may be returned."""
        return self._used_up_on == self._now().date() and self._now() < self._used_up_until

    async def reserve(self, tokens: int) -> Reservation | None:
        """Reserves tokens for a request; None when the day's budget does not suffice."""
        if self._now() >= self._record_at:
            await self.record()
        day = self._now().date()
        if self.limit is None:
            return Reservation(day, tokens)
        async with self._taking:
            if day != self._day:
                self._day, self._left = day, 0
            while self._left < tokens:
                minimum = tokens - self._left
                requested = max(minimum, self._portion)
                got = await take_tokens(self._engine, day, minimum=minimum, requested=requested, budget=self.limit)
                self._left += got
                if not got and not self._in_flight:
                    self._note_used_up(day)
                    return None
                if not got:
                    # requests in flight usually use less than they reserved
                    self._settled.clear()
                    await self._settled.wait()
            self._left -= tokens
            self._in_flight += 1
        return Reservation(day, tokens)

    def settle(self, reservation: Reservation, used: int, *, requests: int = 1) -> None:
        """Records the tokens that a request used; the rest of its reservation is available again."""
        if self.limit is not None:
            self._in_flight -= 1
            self._settled.set()
            if reservation.day == self._day:
                self._left += reservation.tokens - used
        before = self._unrecorded.get(reservation.day, DayUsage(reservation.day, 0, 0))
        self._unrecorded[reservation.day] = DayUsage(before.day, before.requests + requests, before.tokens + used)

    async def record(self) -> None:
        """Writes the usage since the last write."""
        self._record_at = self._now() + _RECORD_EVERY
        unrecorded, self._unrecorded = self._unrecorded, {}
        for usage in unrecorded.values():
            if usage.requests:
                await add_usage(self._engine, usage)

    async def close(self) -> None:
        """Writes the usage and returns the rest of the portion."""
        await self.record()
        left, self._left = self._left, 0
        if left > 0:
            await return_tokens(self._engine, self._day, left)

    def _note_used_up(self, day: date) -> None:
        if self._used_up_on != day:
            log.warning("daily token budget used up, falling back to the heuristic", budget=self.limit)
        self._used_up_on, self._used_up_until = day, self._now() + _RETRY_AFTER
