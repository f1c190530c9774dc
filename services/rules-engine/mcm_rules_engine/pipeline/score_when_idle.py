"""Background scoring of behaviour, beside the consumer: soon when no batch comes, and now and then under load.

The clock decides only when a score is computed, never what it is.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final, NoReturn

import structlog

from mcm_rules_engine.pipeline.handler import DetectionHandler
from mcm_shared.db.engine import AsyncEngine
from mcm_shared.errors import McmError

log = structlog.get_logger()

_CHECK_S: Final = 1.0
_IDLE_S: Final = 2.0
"""Time without a batch after which the stream counts as idle."""

_UNDER_LOAD_S: Final = 60.0
"""Longest time between two rounds while batches come without a pause."""

_WEEKS_UNDER_LOAD_S: Final = 600.0
"""The same for changes of everyone's counts, each of which touches the days of all users."""


async def score_when_idle(engine: AsyncEngine, handler: Callable[[], DetectionHandler]) -> NoReturn:
    """Scores what batches have touched; what fails is scored in a later round."""
    scored_at = weeks_at = time.monotonic()
    while True:
        await asyncio.sleep(_CHECK_S)
        current, now = handler(), time.monotonic()
        is_idle = now - current.last_batch_at > _IDLE_S
        if not is_idle and now - scored_at < _UNDER_LOAD_S:
            continue
        with_weeks = is_idle or now - weeks_at >= _WEEKS_UNDER_LOAD_S
        try:
            await current.behaviour.score(engine, weeks=with_weeks)
        except McmError as error:
            log.warning("behaviour not scored, trying again", reason=str(error))
        scored_at = time.monotonic()
        weeks_at = scored_at if with_weeks else weeks_at
