"""Which findings are explained, what is written, and what is published; on PostgreSQL and SQLite."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_enricher.contexts import FindingContext
from mcm_enricher.enrich import Enricher, worth_enriching
from mcm_enricher.explainers import Explanation
from mcm_enricher.explainers.heuristic import HeuristicExplainer
from mcm_enricher.publish import enriched_messages
from mcm_enricher.store.findings import StoredEnrichment, write_enrichments
from mcm_shared.contracts.findings import FindingMessage, Severity
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.engine import transaction
from mcm_shared.db.tables import FINDINGS, RULES
from mcm_shared.testing.builders import NOON, a_finding

Store = Callable[[AsyncEngine, Iterable[FindingMessage]], Awaitable[list[FindingMessage]]]
SomeFindings = Callable[[AsyncEngine, int], Awaitable[list[FindingMessage]]]


class CountingExplainer:
    """An explainer that notes what it is asked."""

    def __init__(self, *, free: bool = False) -> None:
        self.free = free
        self.asked: list[tuple[UUID, int]] = []

    async def explain(self, case: FindingContext, timeout_s: float | None = None) -> Explanation:  # noqa: ARG002
        self.asked.append((case.finding.uid, case.finding.version))
        return Explanation(
            case.score.value, f"version {case.finding.version}: {case.guidance.runbook}", "test", {"model": "m-1"}
        )


def enrichment(version: int, **said: Any) -> StoredEnrichment:
    explained = {"severity": "high", "detection_count": 1}
    return StoredEnrichment(version, 70, f"version {version}", "test", said or explained, datetime.now(UTC))


def newer(finding: FindingMessage, **changes: Any) -> FindingMessage:
    return finding.model_copy(update={"version": finding.version + 1, **changes})


async def stored_row(engine: AsyncEngine, finding: FindingMessage) -> dict[str, Any]:
    async with transaction(engine, read_only=True) as connection:
        row = (await connection.execute(select(FINDINGS).where(FINDINGS.c.uid == finding.uid))).one()
    return dict(row._mapping)


async def test_an_enrichment_fills_the_ai_columns_and_leaves_all_others(
    engine: AsyncEngine, some_findings: SomeFindings
) -> None:
    finding, bystander = await some_findings(engine, 2)
    before = await stored_row(engine, finding)
    untouched = await stored_row(engine, bystander)

    [published] = await Enricher(engine, HeuristicExplainer()).enrich([finding])

    after = await stored_row(engine, finding)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"risk_score", "ai_explanation", "ai_source", "ai_version", "ai_data", "ai_enriched_at"}
    assert (after["risk_score"], after["ai_source"], after["ai_version"]) == (69, "heuristic", 1)
    assert after["ai_data"]["factors"][1] == {"name": "privilege", "points": 5, "reason": "administrator rights"}
    assert after["ai_explanation"].startswith("mona@example.com was made admin. Seen once")
    assert (published.risk_score, published.ai_explanation, published.ai_source) == (
        69,
        after["ai_explanation"],
        "heuristic",
    )
    assert published.ai_enriched_at == after["ai_enriched_at"]
    assert await stored_row(engine, bystander) == untouched


async def test_an_older_versions_enrichment_never_overwrites_a_newer_ones(
    engine: AsyncEngine, some_findings: SomeFindings
) -> None:
    [finding] = await some_findings(engine, 1)

    async def write(version: int) -> set[UUID]:
        async with transaction(engine) as connection:
            return await write_enrichments(connection, {finding.uid: enrichment(version)})

    assert await write(3) == {finding.uid}
    assert await write(2) == set()
    assert (await stored_row(engine, finding))["ai_explanation"] == "version 3"
    assert await write(3) == {finding.uid}
    assert await write(4) == {finding.uid}
    assert (await stored_row(engine, finding))["ai_version"] == 4


async def test_a_repeated_version_is_told_again_and_not_asked_again(
    engine: AsyncEngine, some_findings: SomeFindings
) -> None:
    [finding] = await some_findings(engine, 1)
    explainer = CountingExplainer(free=True)

    first = await Enricher(engine, explainer).enrich([finding])
    again = await Enricher(engine, explainer).enrich([finding])

    assert again == first
    assert explainer.asked == [(finding.uid, 1)]


async def test_of_a_batch_only_the_newest_version_of_a_finding_is_explained(
    engine: AsyncEngine, some_findings: SomeFindings
) -> None:
    [finding] = await some_findings(engine, 1)
    explainer = CountingExplainer()

    published = await Enricher(engine, explainer).enrich([finding, newer(newer(finding)), newer(finding)])

    assert explainer.asked == [(finding.uid, 3)]
    assert [message.version for message in published] == [3]


async def test_an_older_version_than_the_enriched_one_is_passed_over(
    engine: AsyncEngine, some_findings: SomeFindings
) -> None:
    [finding] = await some_findings(engine, 1)
    explainer = CountingExplainer(free=True)
    enricher = Enricher(engine, explainer)
    await enricher.enrich([newer(finding)])

    assert await enricher.enrich([finding]) == []
    assert explainer.asked == [(finding.uid, 2)]


async def test_a_paid_explainer_is_asked_again_only_when_enough_has_changed(
    engine: AsyncEngine, some_findings: SomeFindings
) -> None:
    [finding] = await some_findings(engine, 1)
    explainer = CountingExplainer(free=False)
    enricher = Enricher(engine, explainer)
    await enricher.enrich([finding])

    history: list[dict[str, Any]] = [
        {"detection_count": 9},
        {"detection_count": 10},
        {"detection_count": 99},
        {"detection_count": 99, "severity": Severity.CRITICAL},
        {"detection_count": 99, "severity": Severity.CRITICAL},
    ]
    for number, changes in enumerate(history, start=2):
        await enricher.enrich([finding.model_copy(update={"version": number, **changes})])

    assert [version for _, version in explainer.asked] == [1, 3, 5]


async def test_a_free_explainer_is_asked_about_every_newer_version(
    engine: AsyncEngine, some_findings: SomeFindings
) -> None:
    [finding] = await some_findings(engine, 1)
    enricher = Enricher(engine, HeuristicExplainer())
    await enricher.enrich([finding])

    [published] = await enricher.enrich([newer(finding, detection_count=2)])

    assert "Seen 2 times" in str((await stored_row(engine, published))["ai_explanation"])


async def test_a_finding_that_is_not_in_the_database_is_not_told(engine: AsyncEngine) -> None:
    assert await Enricher(engine, HeuristicExplainer()).enrich([a_finding()]) == []


async def test_the_explainer_gets_the_runbook_of_the_rules_version(engine: AsyncEngine, store_findings: Store) -> None:
    async with transaction(engine) as connection:
        texts = dict.fromkeys(("name", "title", "description", "level", "status", "yaml"), "x")
        rule: dict[str, Any] = {**texts, "rule_id": UUID(int=7), "tags": [], "falsepositives": []}
        rows = [{**rule, "version": version, "runbook": f"1. Step {version}"} for version in ("old", "new")]
        await connection.execute(insert(RULES), rows)
    rule_id = str(UUID(int=7))
    findings = [a_finding(rule_id=rule_id, rule_version=version) for version in ("new", "gone")]
    known, unknown = await store_findings(engine, findings)
    explainer = CountingExplainer()

    published = {finding.uid: finding for finding in await Enricher(engine, explainer).enrich([known, unknown])}

    assert published[known.uid].ai_explanation == "version 1: 1. Step new"
    assert published[unknown.uid].ai_explanation == "version 1: "


async def test_what_an_explainer_adds_is_stored_beside_the_deterministic_score(
    engine: AsyncEngine, some_findings: SomeFindings
) -> None:
    [finding] = await some_findings(engine, 1)

    await Enricher(engine, CountingExplainer()).enrich([finding])

    data = (await stored_row(engine, finding))["ai_data"]
    assert data["model"] == "m-1"
    assert data["deterministic_score"] == 69
    assert (data["severity"], data["detection_count"]) == ("high", 1)


@pytest.mark.parametrize(
    ("finding", "stored", "worth"),
    [
        (a_finding(), None, True),
        (a_finding(version=2), enrichment(2, severity="low", detection_count=1), False),
        (a_finding(version=2), enrichment(1, severity="medium", detection_count=1), True),
        (a_finding(version=2), enrichment(1, severity="high", detection_count=1), False),
        (a_finding(version=2, severity=Severity.MEDIUM), enrichment(1, severity="high", detection_count=1), False),
        (a_finding(version=2, detection_count=39), enrichment(1, severity="high", detection_count=4), False),
        (a_finding(version=2, detection_count=40), enrichment(1, severity="high", detection_count=4), True),
    ],
)
def test_worth_enriching_is_new_graver_or_ten_times_as_many(
    finding: FindingMessage, stored: StoredEnrichment | None, worth: bool
) -> None:
    assert worth_enriching(finding, stored) is worth


def test_enriched_messages_carry_the_whole_finding_under_its_uid() -> None:
    finding = a_finding(risk_score=70, ai_explanation="Why", ai_source="heuristic", ai_enriched_at=NOON)

    [message] = enriched_messages([finding], Topics("t-"))

    assert (message.topic, message.key) == ("t-findings.enriched", finding.uid.bytes)
    assert FindingMessage.model_validate_json(message.value) == finding
