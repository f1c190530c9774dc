"""Asking a model again, in the background, for what the heuristic explained in its place."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Final

import structlog

from mcm_enricher.enrich import Enricher, retry_fallbacks
from mcm_enricher.explainers import RunningExplainer
from mcm_enricher.store.answers import forget_old_answers
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.db.engine import AsyncEngine
from mcm_shared.errors import McmError

log = structlog.get_logger()

Publish = Callable[[Sequence[FindingMessage]], Awaitable[None]]

_BATCH: Final = 50
_PAUSE_S: Final = 15.0
_FORGET_EVERY: Final = 240


async def retry_fallbacks_forever(
    engine: AsyncEngine, enricher: Enricher, explainer: RunningExplainer, tell: Publish, *, pause_s: float = _PAUSE_S
) -> None:
    """Asks again, a batch at a time, whenever the explainer is ready; ``tell`` gets what was explained.

    Whatever is down is waited for.
    """
    rounds = 0
    while True:
        enriched: list[FindingMessage] = []
        try:
            if explainer.ready():
                enriched = await retry_fallbacks(enricher, engine, _BATCH)
                if enriched:
                    await tell(enriched)
            if rounds % _FORGET_EVERY == 0:
                await forget_old_answers(engine, datetime.now(UTC))
            rounds += 1
        except McmError as error:
            log.warning("asking again was put off", reason=str(error))
        if not enriched:
            await asyncio.sleep(pause_s)
