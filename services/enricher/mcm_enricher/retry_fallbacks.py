"""Retries, in the background, the findings that the heuristic explained because the model was unavailable."""

import asyncio
from datetime import UTC, datetime
from typing import Final

import structlog

from mcm_enricher.enrich import Enricher, retry_fallbacks
from mcm_enricher.explainers import RunningExplainer
from mcm_enricher.publish import PublishFindings
from mcm_enricher.store.response_cache import delete_expired
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.db.engine import AsyncEngine
from mcm_shared.errors import McmError

log = structlog.get_logger()

_BATCH: Final = 50
_PAUSE_S: Final = 15.0
_CLEAN_UP_EVERY: Final = 240


async def retry_fallbacks_forever(
    engine: AsyncEngine,
    enricher: Enricher,
    explainer: RunningExplainer,
    publish: PublishFindings,
    *,
    pause_s: float = _PAUSE_S,
) -> None:
    """Retries a batch at a time whenever the explainer is ready, and publishes what the model explained.

    Waits for the database and Kafka while they are down.
    """
    rounds = 0
    while True:
        enriched: list[FindingMessage] = []
        try:
            if explainer.ready():
                enriched = await retry_fallbacks(enricher, engine, _BATCH)
                if enriched:
                    await publish(enriched)
            if rounds % _CLEAN_UP_EVERY == 0:
                await delete_expired(engine, datetime.now(UTC))
            rounds += 1
        except McmError as error:
            log.warning("retry of fallbacks deferred", reason=str(error))
        if not enriched:
            await asyncio.sleep(pause_s)
