"""The policy around a model: what is asked how often, by how many, and at what cost; on PostgreSQL and SQLite."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_enricher.enrich import Enricher, enrich_now, retry_fallbacks
from mcm_enricher.explainers.model import ModelExplainer
from mcm_enricher.model.circuit_breaker import CircuitBreaker
from mcm_enricher.retry_fallbacks import retry_fallbacks_forever
from mcm_enricher.store.response_cache import delete_expired
from mcm_enricher.store.usage import read_usage
from mcm_enricher.testing.model_server import ModelServer, answer, answering, failing
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.testing.builders import NOON, a_finding
from mcm_shared.testing.waiting import until

Store = Callable[[AsyncEngine, Sequence[FindingMessage]], Awaitable[list[FindingMessage]]]
MakeModelExplainer = Callable[..., ModelExplainer]


class Clock:
    """A clock that is moved by hand, in seconds."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)


def different_findings(count: int) -> list[FindingMessage]:
    """Findings that each ask something else."""
    return [a_finding(description=f"mona@example.com was made admin of app-{number}") for number in range(count)]


def sources(findings: Sequence[FindingMessage]) -> dict[str | None, int]:
    counted: dict[str | None, int] = {}
    for finding in findings:
        counted[finding.ai_source] = counted.get(finding.ai_source, 0) + 1
    return counted


async def test_the_same_facts_are_asked_about_once_whoever_they_are_about(
    engine: AsyncEngine, store_findings: Store, model_server: ModelServer, model_explainer: MakeModelExplainer
) -> None:
    model_server.behave = answering(answer(explanation="person-1 was made administrator from address-1. Ask person-1."))
    people = [("mona@example.com", "192.0.2.7"), ("eve@example.com", "192.0.2.8")]
    findings = [
        a_finding(
            user=user,
            description=f"{user} was made admin",
            extra_data={
                "group": {"user": user},
                "earliest": {"user": user, "facts": {"ip": ip, "new_role": "admin"}},
            },
        )
        for user, ip in people
    ]
    stored = await store_findings(engine, findings)

    published = await Enricher(engine, model_explainer(engine=engine)).enrich(stored)
    repeated = await enrich_now(engine, [finding.id for finding in stored], model_explainer(engine=engine))

    assert len(model_server.requests) == 1
    assert sources(published) == {"openai": 1, "cache": 1}
    assert sources(repeated) == {"cache": 2}
    assert [finding.ai_explanation for finding in repeated] == [
        f"{user} was made administrator from {ip}. Ask {user}." for user, ip in people
    ]


async def test_two_workers_that_get_the_same_findings_ask_once(
    engine: AsyncEngine, store_findings: Store, model_server: ModelServer, model_explainer: MakeModelExplainer
) -> None:
    model_server.behave = answering(after_s=0.1)
    findings = await store_findings(engine, different_findings(10))

    workers = [Enricher(engine, model_explainer(engine=engine)) for _ in range(2)]
    one, two = await asyncio.gather(*(worker.enrich(findings) for worker in workers))

    assert len(model_server.requests) == 10
    assert {f.ai_explanation for f in one} == {f.ai_explanation for f in two}
    assert sources([*one, *two]) == {"openai": 10, "cache": 10}


async def test_what_a_dead_worker_was_asking_is_asked_by_another_when_its_claim_runs_out(
    engine: AsyncEngine, store_findings: Store, model_server: ModelServer, model_explainer: MakeModelExplainer
) -> None:
    clock = Clock()
    model_server.behave = answering(after_s=60)
    findings = await store_findings(engine, different_findings(1))
    dead = asyncio.create_task(
        Enricher(engine, model_explainer(engine=engine, now=clock.now, timeout_s=60.0)).enrich(findings)
    )
    await until(lambda: len(model_server.requests) == 1, 20)
    model_server.behave = answering()

    survivor = Enricher(engine, model_explainer(engine=engine, now=clock.now), timeout_s=0.3)
    assert sources(await survivor.enrich(findings)) == {"fallback": 1}
    clock.seconds = 131
    asked = await retry_fallbacks(survivor, engine, 10)

    # it is the question of the first try, which went on
    assert sources(asked) == {"cache": 1}
    assert len(model_server.requests) == 2
    dead.cancel()


async def test_an_hour_without_a_server_costs_some_probes_and_afterwards_all_is_asked(
    engine: AsyncEngine, store_findings: Store, model_server: ModelServer, model_explainer: MakeModelExplainer
) -> None:
    clock = Clock()
    model_server.behave = failing(500)
    explainer = model_explainer(engine=engine, breaker=CircuitBreaker(clock=clock), now=clock.now)
    enricher = Enricher(engine, explainer, concurrency=4)
    findings = await store_findings(engine, different_findings(60))

    for minute in range(60):
        [published] = await enricher.enrich([findings[minute]])
        assert (published.ai_source, published.risk_score) == ("fallback", 69)
        for _ in range(6):
            clock.seconds += 10
            if explainer.ready():
                assert await retry_fallbacks(enricher, engine, 5) == []

    outage = len(model_server.requests)
    assert 5 <= outage <= 5 + 20
    model_server.behave = answering()
    clock.seconds += 300
    again: list[FindingMessage] = []
    while explainer.ready() and (batch := await retry_fallbacks(enricher, engine, 20)):
        again += batch

    assert {finding.uid for finding in again} == {finding.uid for finding in findings}
    assert sources(again) == {"openai": 60}
    assert len(model_server.requests) == outage + 60


async def test_fallbacks_are_asked_again_in_the_background_and_told(
    engine: AsyncEngine, store_findings: Store, model_server: ModelServer, model_explainer: MakeModelExplainer
) -> None:
    clock = Clock()
    model_server.behave = failing(401)
    explainer = model_explainer(engine=engine, breaker=CircuitBreaker(clock=clock))
    enricher = Enricher(engine, explainer)
    findings = await store_findings(engine, different_findings(7))
    await enricher.enrich(findings)
    published: list[FindingMessage] = []

    async def publish(enriched: Sequence[FindingMessage]) -> None:
        published.extend(enriched)

    loop = asyncio.create_task(retry_fallbacks_forever(engine, enricher, explainer, publish, pause_s=0.01))
    model_server.behave = answering()
    clock.seconds = 3600
    await until(lambda: len(published) == 7, 20)
    loop.cancel()

    assert {finding.uid for finding in published} == {finding.uid for finding in findings}


async def test_the_days_tokens_are_shared_by_all_workers_and_never_exceeded(
    engine: AsyncEngine, store_findings: Store, model_server: ModelServer, model_explainer: MakeModelExplainer
) -> None:
    clock = Clock()
    budget = 20_000
    model_server.behave = answering(after_s=0.01)
    findings = await store_findings(engine, different_findings(60))
    explainers = [model_explainer(engine=engine, budget=budget, now=clock.now) for _ in range(2)]
    workers = [Enricher(engine, explainer, concurrency=2) for explainer in explainers]

    published = [*await workers[0].enrich(findings[:30]), *await workers[1].enrich(findings[30:])]

    for explainer in explainers:
        await explainer.close()
    [today] = await read_usage(engine, 10)
    used = today.tokens
    assert (today.requests, used) == (len(model_server.requests), 600 * len(model_server.requests))
    assert budget / 2 < used <= budget
    assert sources(published) == {"openai": used // 600, "fallback": 60 - used // 600}
    # the next day has its own
    clock.seconds += 24 * 3600
    tomorrow = model_explainer(engine=engine, budget=budget, now=clock.now)
    assert sources(await retry_fallbacks(Enricher(engine, tomorrow), engine, 3)) == {"openai": 3}


async def test_without_a_budget_nothing_is_asked_and_the_finding_says_so(
    engine: AsyncEngine, store_findings: Store, model_server: ModelServer, model_explainer: MakeModelExplainer
) -> None:
    [finding] = await store_findings(engine, different_findings(1))
    explainer = model_explainer(engine=engine, budget=0)

    published = await Enricher(engine, explainer).enrich([finding])

    assert sources(published) == {"fallback": 1}
    assert model_server.requests == []
    assert not explainer.ready()


async def test_enriching_now_waits_so_long_and_no_longer_and_the_answer_is_not_lost(
    engine: AsyncEngine, store_findings: Store, model_server: ModelServer, model_explainer: MakeModelExplainer
) -> None:
    model_server.behave = answering(after_s=0.5)
    [finding] = await store_findings(engine, different_findings(1))
    explainer = model_explainer(engine=engine)

    [published] = await enrich_now(engine, [finding.id], explainer, timeout_s=0.1)
    assert (published.ai_source, published.risk_score) == ("fallback", 69)

    [published] = await enrich_now(engine, [finding.id], explainer, timeout_s=5)
    assert published.ai_source in ("cache", "openai")
    assert len(model_server.requests) == 1


async def test_an_answer_is_forgotten_when_it_is_too_old(
    engine: AsyncEngine, store_findings: Store, model_server: ModelServer, model_explainer: MakeModelExplainer
) -> None:
    clock = Clock()
    [finding] = await store_findings(engine, different_findings(1))
    explainer = model_explainer(engine=engine, now=clock.now)
    await enrich_now(engine, [finding.id], explainer)

    clock.seconds = 29 * 24 * 3600
    assert await delete_expired(engine, clock.now()) == 0
    assert sources(await enrich_now(engine, [finding.id], explainer)) == {"cache": 1}
    clock.seconds = 31 * 24 * 3600
    assert sources(await enrich_now(engine, [finding.id], explainer)) == {"openai": 1}
    clock.seconds = 62 * 24 * 3600
    assert await delete_expired(engine, clock.now()) == 1


@pytest.mark.parametrize("lasting", [False, True])
def test_a_breaker_opens_after_failures_in_a_row_and_lets_one_probe_through(lasting: bool) -> None:
    clock = Clock()
    breaker = CircuitBreaker(failures=3, first_pause_s=10, longest_pause_s=25, clock=clock)
    breaker.failed("down")
    breaker.succeeded()
    for _ in range(1 if lasting else 3):
        assert breaker.passes()
        breaker.failed("down", lasting=lasting)

    passed = []
    for second in range(120):
        clock.seconds = second
        if breaker.passes():
            passed.append(second)
            assert not breaker.passes(), "one probe at a time"
            breaker.failed("down")

    assert passed == [10, 30, 55, 80, 105]
    clock.seconds = 200
    assert breaker.passes()
    breaker.succeeded()
    assert breaker.passes()
    assert breaker.passes()


def test_a_breaker_keeps_to_the_pause_the_server_asks_for() -> None:
    clock = Clock()
    breaker = CircuitBreaker(failures=1, first_pause_s=10, longest_pause_s=300, clock=clock)

    breaker.failed("down", retry_after_s=100)

    clock.seconds = 99
    assert not breaker.would_pass
    clock.seconds = 100
    assert breaker.would_pass
