"""What enriching a finding costs: the heuristic alone, and with reading and writing PostgreSQL as a worker does."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import SecretStr
from sqlalchemy import insert

from benchmarks._stack import running_stack
from mcm_enricher.consume import EnrichmentHandler
from mcm_enricher.contexts import RuleGuidance, make_context
from mcm_enricher.enrich import Enricher
from mcm_enricher.explainers.heuristic import HeuristicExplainer
from mcm_shared.contracts.findings import FindingMessage, Severity
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.engine import create_engine, transaction
from mcm_shared.db.tables import FINDINGS
from mcm_shared.settings import DatabaseSettings
from mcm_shared.testing.builders import ARecord, a_finding
from mcm_shared.testing.stored_findings import row_of

ROUNDS = 5
FINDINGS_A_ROUND = 5_000
BATCH = 500
TARGET = 5_000
"""Findings a second that one worker should enrich."""


def main() -> None:
    """Prints findings a second, the median of five rounds, and how that compares with the target."""
    findings = some_findings(FINDINGS_A_ROUND)
    _report("the heuristic alone", asyncio.run(_explain_only(findings)))
    with running_stack() as stack:
        _report("decode, explain, write, encode", asyncio.run(_as_a_worker(stack.new_database(), findings)))


def _report(name: str, rate: float) -> None:
    print(f"{rate:9,.0f} findings/s  {name} ({rate / TARGET:.1f} times the target of {TARGET:,})")


async def _explain_only(findings: list[FindingMessage]) -> float:
    explainer = HeuristicExplainer()

    async def explain(_round: int) -> None:
        for finding in findings:
            await explainer.explain(make_context(finding, RuleGuidance(runbook=_RUNBOOK)))

    return await _rate(explain)


async def _as_a_worker(database_url: str, findings: list[FindingMessage]) -> float:
    engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(database_url)))
    async with transaction(engine) as connection:
        await connection.execute(insert(FINDINGS), [row_of(finding) for finding in findings])
    handler = EnrichmentHandler(Enricher(engine, HeuristicExplainer()), Topics())

    # a newer version each round, as the engine publishes them
    rounds = {number: _records(findings, version=number) for number in range(1, ROUNDS + 1)}

    async def enrich(number: int) -> None:
        records = rounds[number]
        published = 0
        for start in range(0, len(records), BATCH):
            batch = [handler.decode(record) for record in records[start : start + BATCH]]
            published += len(await handler.complete(await handler.store(batch)))
        assert published == len(findings)

    rate = await _rate(enrich)
    await engine.dispose()
    return rate


def _records(findings: list[FindingMessage], version: int) -> list[ARecord]:
    values = (finding.model_copy(update={"version": version}).model_dump_json().encode() for finding in findings)
    return [ARecord(value, topic="findings", offset=offset) for offset, value in enumerate(values)]


async def _rate(work: Callable[[int], Awaitable[None]]) -> float:
    rates = []
    for number in range(1, ROUNDS + 1):
        started = time.perf_counter()
        await work(number)
        rates.append(FINDINGS_A_ROUND / (time.perf_counter() - started))
    return statistics.median(rates)


_RUNBOOK = """\
1. Find the request or ticket behind the change, and ask the target's manager if there is none.
2. Check that the grantor may grant this role and did not grant it to themselves.
3. Read what the target did since: new tokens, new members, changed settings, data read in bulk.
"""


def some_findings(count: int) -> list[FindingMessage]:
    """Makes findings that differ in person, resource, severity and number."""
    return [_finding(number) for number in range(count)]


def _finding(number: int) -> FindingMessage:
    user = f"user-{number % 50}@example.com"
    facts = {
        "ip": f"192.0.2.{number % 250}",
        "city": "Berlin",
        "country": "DE",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0",
        "target": "eve@example.com",
        "old_role": "viewer",
        "new_role": "admin",
        "resource": f"repository:example/service-{number % 900}",
    }
    event = {"at": "2026-11-20T12:00:00Z", "source": "iam", "event_type": "permission_changed", "user": user}
    evidence: dict[str, Any] = {**event, "facts": facts}
    return a_finding(
        user=user,
        event_id=None,
        severity=tuple(Severity)[number % 4],
        detection_count=1 + number % 20,
        description=f"{user} gave eve@example.com the role admin on {facts['resource']} (before: viewer).",
        extra_data={"rule_version": "1", "group": {"user": user}, "earliest": evidence, "latest": evidence},
    )


if __name__ == "__main__":
    main()
