"""Enriching on demand, by id or whatever is missing; on PostgreSQL and SQLite."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_enricher.contexts import FindingContext
from mcm_enricher.enrich import Enricher, enrich_missing, enrich_now, missing_ids
from mcm_enricher.explainers import Explanation
from mcm_enricher.explainers.heuristic import HeuristicExplainer
from mcm_enricher.store.findings import StoredEnrichment, write_enrichments
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.db.engine import transaction

SomeFindings = Callable[[AsyncEngine, int], Awaitable[list[FindingMessage]]]


class SlowExplainer:
    """An explainer that takes a while, and notes how many findings it has in hand at once."""

    free = False

    def __init__(self) -> None:
        self.most_at_once = 0
        self._now = 0

    async def explain(self, case: FindingContext, timeout_s: float | None = None) -> Explanation:  # noqa: ARG002
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        await asyncio.sleep(0.01)
        self._now -= 1
        return Explanation(case.score.value, "slowly", "test")


async def test_findings_are_explained_side_by_side_but_never_more_than_allowed(
    engine: AsyncEngine, some_findings: SomeFindings
) -> None:
    findings = await some_findings(engine, 20)
    explainer = SlowExplainer()

    published = await enrich_now(engine, [finding.id for finding in findings], explainer, concurrency=4)

    assert len(published) == 20
    assert explainer.most_at_once == 4


async def test_enriching_now_keeps_the_order_given_and_leaves_out_what_is_not_there(
    engine: AsyncEngine, some_findings: SomeFindings
) -> None:
    one, two, three = await some_findings(engine, 3)

    published = await enrich_now(engine, [three.id, 10**9, one.id, three.id], HeuristicExplainer())

    assert [finding.id for finding in published] == [three.id, one.id]
    assert [finding.risk_score for finding in published] == [69, 69]
    assert await missing_ids(engine, 10) == [two.id]


async def test_enriching_now_asks_again_about_an_enriched_finding(
    engine: AsyncEngine, some_findings: SomeFindings
) -> None:
    [finding] = await some_findings(engine, 1)
    await enrich_now(engine, [finding.id], HeuristicExplainer())

    [published] = await enrich_now(engine, [finding.id], SlowExplainer())

    assert published.ai_source == "test"


async def test_enriching_now_gives_a_newer_versions_enrichment_that_came_in_between(
    engine: AsyncEngine, some_findings: SomeFindings
) -> None:
    [finding] = await some_findings(engine, 1)
    async with transaction(engine) as connection:
        newer = StoredEnrichment(
            5, 70, "version 5", "test", {"severity": "high", "detection_count": 1}, datetime.now(UTC)
        )
        await write_enrichments(connection, {finding.uid: newer})

    [published] = await enrich_now(engine, [finding.id], HeuristicExplainer())

    assert (published.ai_source, published.ai_explanation) == ("test", "version 5")


async def test_missing_ids_are_those_without_a_score_oldest_first(
    engine: AsyncEngine, some_findings: SomeFindings
) -> None:
    findings = await some_findings(engine, 5)
    await enrich_now(engine, [findings[1].id], HeuristicExplainer())

    assert await missing_ids(engine, 3) == [findings[index].id for index in (0, 2, 3)]


async def test_enriching_what_is_missing_goes_on_until_nothing_is(
    engine: AsyncEngine, some_findings: SomeFindings
) -> None:
    findings = await some_findings(engine, 7)
    enricher = Enricher(engine, HeuristicExplainer())

    batches = [len(batch) async for batch in enrich_missing(enricher, engine, limit=None, batch_size=3)]

    assert batches == [3, 3, 1]
    assert await missing_ids(engine, len(findings)) == []


async def test_enriching_what_is_missing_keeps_to_its_limit(engine: AsyncEngine, some_findings: SomeFindings) -> None:
    await some_findings(engine, 7)
    enricher = Enricher(engine, HeuristicExplainer())

    batches = [len(batch) async for batch in enrich_missing(enricher, engine, limit=4, batch_size=3)]

    assert batches == [3, 1]
    assert len(await missing_ids(engine, 10)) == 3
