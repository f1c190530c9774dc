"""Exceptions as Prometheus metrics, and reminders of those that expire soon, once a minute."""

import asyncio
from collections import Counter
from typing import Final

import structlog

from mcm_api.database import DatabaseReader
from mcm_api.exclusions import current_state
from mcm_api.http.problems import ProblemError
from mcm_api.resources.clock import Clock
from mcm_shared.contracts.exceptions import REMINDERS, ExceptionState
from mcm_shared.db.exceptions import read_unexpired
from mcm_shared.errors import McmError
from mcm_shared.metrics import gauge

log = structlog.get_logger()

_INTERVAL_S: Final = 60.0


async def measure_exceptions(reader: DatabaseReader, clock: Clock) -> None:
    """Sets the metrics and logs due reminders until cancelled; while the database is down they keep their values."""
    reminded: dict[int, int] = {}
    while True:
        try:
            reminded = await measure_once(reader, clock, reminded)
        except (McmError, ProblemError) as error:
            log.debug("exceptions not measured, retrying", reason=str(error))
        except Exception:
            log.exception("exceptions not measured, retrying")
        await asyncio.sleep(_INTERVAL_S)


async def measure_once(reader: DatabaseReader, clock: Clock, reminded: dict[int, int]) -> dict[int, int]:
    """Sets the metrics, and logs each reminder that was not logged before; returns those logged, by exception."""
    now = clock.now()
    async with reader.transaction() as connection:
        unexpired = await read_unexpired(connection, now)
    states = Counter(current_state(each, now) for each in unexpired)
    for state in (ExceptionState.REQUESTED, ExceptionState.SCHEDULED, ExceptionState.ACTIVE, ExceptionState.INVALID):
        gauge("mcm_exceptions").labels(state.value).set(states[state])
    due = {each.id: days for each in unexpired if (days := each.reminder(now)) is not None}
    for days in REMINDERS:
        gauge("mcm_exceptions_expiring").labels(str(days)).set(sum(each <= days for each in due.values()))
    for each in unexpired:
        if each.id in due and reminded.get(each.id) != due[each.id]:
            log.warning(
                "exception expires soon",
                exception=each.name,
                within_days=due[each.id],
                expires_at=each.expires_at.isoformat(),
                owner=each.owner,
            )
    return due
