"""Enriching findings: decide which are worth it, explain them, write the AI columns."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from mcm_enricher.contexts import FindingContext, RuleGuidance, make_context
from mcm_enricher.explainers import FALLBACK, Explainer, Explanation
from mcm_enricher.store.findings import (
    RuleKey,
    StoredEnrichment,
    fallback_ids,
    missing_ids,
    read_enrichments,
    read_findings,
    read_rule_guidance,
    write_enrichments,
)
from mcm_shared.contracts.findings import FindingMessage, Severity
from mcm_shared.db.engine import AsyncConnection, AsyncEngine, transaction
from mcm_shared.metrics import counter

__all__ = [
    "Enricher",
    "enrich_missing",
    "enrich_now",
    "missing_ids",
    "retry_fallbacks",
    "worth_enriching",
]

ENRICHED: Final = counter("mcm_findings_enriched")
OVERTAKEN: Final = counter("mcm_enrichments_overtaken")

_GROWN_TENFOLD: Final = 10
_MAX_CACHED_GUIDANCE: Final = 1000
_BATCH_TIMEOUT_S: Final = 40.0


def worth_enriching(finding: FindingMessage, stored: StoredEnrichment | None) -> bool:
    """Returns whether a finding is new, or has changed enough since its enrichment for the explanation to be stale.

    Enough is: its severity rose, or its detections grew tenfold.
    """
    if stored is None:
        return True
    if finding.version <= stored.version:
        return False
    return (
        finding.severity.rank > Severity(stored.data["severity"]).rank
        or finding.detection_count >= _GROWN_TENFOLD * stored.data["detection_count"]
    )


class Enricher:
    """Enriches batches of findings with one explainer; caches the guidance of their rules.

    ``concurrency`` is the number of findings explained at once; the explainer limits its own requests. A batch is
    explained within ``timeout_s`` seconds: a consumer that takes longer looks stuck.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        explainer: Explainer,
        *,
        concurrency: int = 32,
        timeout_s: float | None = _BATCH_TIMEOUT_S,
    ) -> None:
        self._engine = engine
        self._explainer = explainer
        self._concurrency = concurrency
        self._timeout_s = timeout_s
        self._guidance: dict[RuleKey, RuleGuidance] = {}

    async def enrich(self, findings: Iterable[FindingMessage]) -> list[FindingMessage]:
        """Enriches the findings that are worth it, and returns the findings to publish, one for each uid.

        Published are those written now, and those written before for the same version: the enricher that wrote them
        may have died before it published them. Raises DatabaseDownError when the batch should be retried.
        """
        newest = newest_of(findings)
        if not newest:
            return []
        async with transaction(self._engine, read_only=True) as connection:
            stored = await read_enrichments(connection, newest)
            await self._load_guidance(connection, newest.values())
        to_publish: list[FindingMessage] = []
        chosen: list[FindingMessage] = []
        for uid, finding in newest.items():
            known = stored.get(uid)
            if known is not None and known.version == finding.version:
                to_publish.append(known.apply_to(finding))
            elif worth_enriching(finding, known) or self._is_free(finding, known):
                chosen.append(finding)
        return to_publish + await self._explain_and_write(chosen)

    async def enrich_again(self, finding_ids: Sequence[int]) -> list[FindingMessage]:
        """Enriches findings by id, also those enriched before; returns them in the order of their ids as given.

        Unknown ids are absent. Raises DatabaseDownError when the database is out of reach.
        """
        async with transaction(self._engine, read_only=True) as connection:
            findings = await read_findings(connection, finding_ids)
            await self._load_guidance(connection, findings.values())
        written = {finding.id: finding for finding in await self._explain_and_write(list(findings.values()))}
        # an enrichment of a newer version came in between: that one stands
        overtaken = findings.keys() - written.keys()
        if overtaken:
            async with transaction(self._engine, read_only=True) as connection:
                written |= await read_findings(connection, list(overtaken))
        return [written[finding_id] for finding_id in dict.fromkeys(finding_ids) if finding_id in written]

    def _is_free(self, finding: FindingMessage, stored: StoredEnrichment | None) -> bool:
        return self._explainer.free and (stored is None or finding.version > stored.version)

    async def _explain_and_write(self, findings: Sequence[FindingMessage]) -> list[FindingMessage]:
        if not findings:
            return []
        contexts = [
            make_context(finding, self._guidance.get(_rule_key(finding), RuleGuidance())) for finding in findings
        ]
        explanations = await self._explain(contexts)
        at = datetime.now(UTC)
        enrichments = {
            context.finding.uid: _enrichment(context, explanations[context.finding.uid], enriched_at=at)
            for context in contexts
        }
        async with transaction(self._engine) as connection:
            written = await write_enrichments(connection, enrichments)
        for uid in written:
            ENRICHED.labels(enrichments[uid].source).inc()
        OVERTAKEN.inc(len(enrichments) - len(written))
        return [enrichments[finding.uid].apply_to(finding) for finding in findings if finding.uid in written]

    async def _explain(self, contexts: Sequence[FindingContext]) -> dict[UUID, Explanation]:
        waiting = iter(contexts)
        explanations: dict[UUID, Explanation] = {}
        clock = asyncio.get_running_loop().time
        ends_at = None if self._timeout_s is None else clock() + self._timeout_s

        async def work() -> None:
            for context in waiting:
                left = None if ends_at is None else max(0.0, ends_at - clock())
                explanations[context.finding.uid] = await self._explainer.explain(context, left)

        tasks = [asyncio.create_task(work()) for _ in range(min(self._concurrency, len(contexts)))]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
        return explanations

    async def _load_guidance(self, connection: AsyncConnection, findings: Collection[FindingMessage]) -> None:
        unknown = {key for finding in findings if (key := _rule_key(finding)) not in self._guidance}
        if unknown:
            if len(self._guidance) > _MAX_CACHED_GUIDANCE:
                self._guidance.clear()
                unknown = {_rule_key(finding) for finding in findings}
            self._guidance |= await read_rule_guidance(connection, unknown)


async def enrich_now(
    engine: AsyncEngine,
    finding_ids: Sequence[int],
    explainer: Explainer,
    *,
    concurrency: int = 32,
    timeout_s: float | None = 10.0,
) -> list[FindingMessage]:
    """Enriches findings by id, also those enriched before, and returns them in the order given.

    What a model has not explained after ``timeout_s`` seconds in all, the heuristic explains. Ids that are not there
    are absent from the result. Raises DatabaseDownError when the database is out of reach.
    """
    enricher = Enricher(engine, explainer, concurrency=concurrency, timeout_s=timeout_s)
    return await enricher.enrich_again(finding_ids)


async def retry_fallbacks(enricher: Enricher, engine: AsyncEngine, limit: int) -> list[FindingMessage]:
    """Enriches again what the heuristic explained in a model's place, and returns those that a model explained now.

    Those that waited longest come first; what is still without an answer goes to the end. Raises DatabaseDownError
    when the database is out of reach.
    """
    enriched = await enricher.enrich_again(await fallback_ids(engine, limit))
    return [finding for finding in enriched if finding.ai_source != FALLBACK]


async def enrich_missing(
    enricher: Enricher, engine: AsyncEngine, *, limit: int | None, batch_size: int
) -> AsyncIterator[list[FindingMessage]]:
    """Enriches stored findings that have no score, oldest first, and yields them batch by batch.

    Raises DatabaseDownError when the database is out of reach.
    """
    left = limit
    while left is None or left > 0:
        ids = await missing_ids(engine, batch_size if left is None else min(batch_size, left))
        enriched = await enricher.enrich_again(ids)
        if not enriched:
            return
        yield enriched
        left = None if left is None else left - len(ids)


def newest_of(findings: Iterable[FindingMessage]) -> dict[UUID, FindingMessage]:
    """Keeps the newest version of each finding."""
    newest: dict[UUID, FindingMessage] = {}
    for finding in findings:
        known = newest.get(finding.uid)
        if known is None or finding.version >= known.version:
            newest[finding.uid] = finding
    return newest


def _enrichment(context: FindingContext, explanation: Explanation, enriched_at: datetime) -> StoredEnrichment:
    explained = {"severity": context.finding.severity.value, "detection_count": context.finding.detection_count}
    return StoredEnrichment(
        version=context.finding.version,
        risk_score=explanation.score,
        explanation=explanation.text,
        source=explanation.source,
        data={**context.score.as_data(), **explanation.details, **explained},
        enriched_at=enriched_at,
    )


def _rule_key(finding: FindingMessage) -> RuleKey:
    return UUID(finding.rule_id), finding.rule_version
