"""Jobs that enrich many findings, and continue after their worker died; on PostgreSQL and SQLite."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_enricher.contexts import FindingContext
from mcm_enricher.enrich import Enricher, enrich_now, missing_ids
from mcm_enricher.explainers import Explanation
from mcm_enricher.explainers.heuristic import HeuristicExplainer
from mcm_enricher.jobs import MAX_UNFINISHED_JOBS, JobRunner, TooManyJobsError, cancel_job, job_progress, start_job
from mcm_enricher.store.jobs import JobProgress, lease_job
from mcm_enricher.testing.model_server import ModelServer, answering
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.testing.waiting import until
from tests.services import Service

SomeFindings = Callable[[AsyncEngine, int], Awaitable[list[FindingMessage]]]


class EventWaiter:
    """Records what is published, and may break off after some batches."""

    def __init__(self, *, breaks_after: int = 1000) -> None:
        self.published: list[int] = []
        self._left = breaks_after

    async def __call__(self, findings: Sequence[FindingMessage]) -> None:
        self.published += [finding.id for finding in findings]
        self._left -= 1
        if self._left == 0:
            raise asyncio.CancelledError


def a_runner(engine: AsyncEngine, listener: EventWaiter, **settings: object) -> JobRunner:
    return JobRunner(engine, Enricher(engine, HeuristicExplainer()), listener, **{"batch_size": 3, **settings})  # type: ignore[arg-type]


async def progress_of(engine: AsyncEngine, job_id: object) -> JobProgress:
    progress = await job_progress(engine, job_id)  # type: ignore[arg-type]
    assert progress is not None
    return progress


async def test_a_job_enriches_what_has_no_score_and_says_how_far_it_is(
    engine: AsyncEngine, some_findings: SomeFindings
) -> None:
    findings = await some_findings(engine, 8)
    await enrich_now(engine, [findings[0].id], HeuristicExplainer())
    listener = EventWaiter()

    job_id = await start_job(engine)
    started = await progress_of(engine, job_id)
    ran = await a_runner(engine, listener).run_next()

    ended = await progress_of(engine, job_id)
    assert (started.state, started.total, started.done) == ("waiting", 7, 0)
    assert (ran, ended.state, ended.total, ended.done, ended.failed) == (True, "done", 7, 7, 0)
    assert ended.finished_at is not None
    assert listener.published == [finding.id for finding in findings[1:]]
    assert await a_runner(engine, listener).run_next() is False


async def test_a_job_keeps_to_its_limit(engine: AsyncEngine, some_findings: SomeFindings) -> None:
    findings = await some_findings(engine, 8)

    job_id = await start_job(engine, 4)
    await a_runner(engine, EventWaiter()).run_next()

    assert (await progress_of(engine, job_id)).done == 4
    assert await missing_ids(engine, 10) == [finding.id for finding in findings[4:]]


async def test_a_job_without_findings_is_done_at_once(engine: AsyncEngine) -> None:
    progress = await progress_of(engine, await start_job(engine))

    assert (progress.state, progress.total, progress.done) == ("done", 0, 0)


async def test_a_job_whose_process_is_stopped_is_gone_on_with_at_once(
    engine: AsyncEngine, some_findings: SomeFindings
) -> None:
    await some_findings(engine, 8)
    job_id = await start_job(engine)
    first, second = EventWaiter(breaks_after=1), EventWaiter()

    with pytest.raises(asyncio.CancelledError):
        await a_runner(engine, first).run_next()
    between = await progress_of(engine, job_id)
    await a_runner(engine, second).run_next()

    assert (between.state, between.done) == ("running", 3)
    assert len(first.published) == 3
    assert len(second.published) == 5
    assert (await progress_of(engine, job_id)).state == "done"


class DyingExplainer(HeuristicExplainer):
    """Says nothing any more after some findings, as a process does that was killed."""

    def __init__(self, after: int) -> None:
        self._left = after
        self.is_dead = asyncio.Event()

    async def explain(self, case: FindingContext, timeout_s: float | None = None) -> Explanation:
        self._left -= 1
        if self._left < 0:
            self.is_dead.set()
            await asyncio.sleep(3600)
        return await super().explain(case, timeout_s)


async def test_a_job_whose_process_was_killed_is_gone_on_with_when_its_lease_is_over(
    engine: AsyncEngine, some_findings: SomeFindings
) -> None:
    await some_findings(engine, 8)
    job_id = await start_job(engine)
    dying = DyingExplainer(4)
    dead = JobRunner(engine, Enricher(engine, dying), EventWaiter(), batch_size=3, lease_s=60)
    running = asyncio.create_task(dead.run_next())
    async with asyncio.timeout(20):
        await dying.is_dead.wait()
    assert (await progress_of(engine, job_id)).done == 3

    early = await a_runner(engine, EventWaiter()).run_next()
    later = datetime.now(UTC) + timedelta(seconds=61)
    survivor = EventWaiter()
    late = await a_runner(engine, survivor, now=lambda: later).run_next()

    assert (early, late) == (False, True)
    assert len(survivor.published) == 5
    progress = await progress_of(engine, job_id)
    assert (progress.state, progress.done) == ("done", 8)
    running.cancel()


async def test_a_runner_whose_job_was_taken_over_leaves_it(engine: AsyncEngine, some_findings: SomeFindings) -> None:
    await some_findings(engine, 8)
    await start_job(engine)
    published: list[int] = []

    async def lose_the_lease(findings: Sequence[FindingMessage]) -> None:
        published.extend(finding.id for finding in findings)
        later = datetime.now(UTC) + timedelta(seconds=61)
        assert await lease_job(engine, uuid4(), now=later, for_s=60) is not None

    slow = JobRunner(engine, Enricher(engine, HeuristicExplainer()), lose_the_lease, batch_size=3, lease_s=60)
    await slow.run_next()

    assert len(published) == 3


async def test_a_cancelled_job_ends_after_the_batch_in_hand(engine: AsyncEngine, some_findings: SomeFindings) -> None:
    await some_findings(engine, 8)
    job_id = await start_job(engine)

    async def cancel_in_between(_: Sequence[FindingMessage]) -> None:
        await cancel_job(engine, job_id)

    await JobRunner(engine, Enricher(engine, HeuristicExplainer()), cancel_in_between, batch_size=3).run_next()

    progress = await progress_of(engine, job_id)
    assert (progress.state, progress.done) == ("cancelled", 3)
    assert len(await missing_ids(engine, 10)) == 5
    again = await cancel_job(engine, job_id)
    assert again == progress


class SpoilingExplainer(HeuristicExplainer):
    """Says something about one finding that no PostgreSQL can hold."""

    def __init__(self, spoilt: int) -> None:
        self._spoilt = spoilt

    async def explain(self, case: FindingContext, timeout_s: float | None = None) -> Explanation:
        explanation = await super().explain(case, timeout_s)
        return replace(explanation, text="a NUL: \x00") if case.finding.id == self._spoilt else explanation


async def test_a_finding_the_database_refuses_does_not_stop_a_job(
    postgres: AsyncEngine, some_findings: SomeFindings
) -> None:
    findings = await some_findings(postgres, 8)
    job_id = await start_job(postgres)
    enricher = Enricher(postgres, SpoilingExplainer(findings[4].id))

    await JobRunner(postgres, enricher, EventWaiter(), batch_size=3).run_next()

    progress = await progress_of(postgres, job_id)
    assert (progress.state, progress.done, progress.failed) == ("done", 8, 1)
    assert await missing_ids(postgres, 10) == [findings[4].id]


async def test_a_job_that_is_not_there_has_no_progress(engine: AsyncEngine) -> None:
    assert await job_progress(engine, uuid4()) is None
    assert await cancel_job(engine, uuid4()) is None


async def test_two_runners_take_different_jobs(engine: AsyncEngine, some_findings: SomeFindings) -> None:
    await some_findings(engine, 6)
    one = await start_job(engine, 3)
    listeners = [EventWaiter(), EventWaiter()]

    await asyncio.gather(*(a_runner(engine, listener).run_next() for listener in listeners))

    assert sorted(len(listener.published) for listener in listeners) == [0, 3]
    assert (await progress_of(engine, one)).state == "done"


def run_enricher(run_service: Callable[..., Service], engine: AsyncEngine, **settings: str) -> Service:
    url = engine.url.set(drivername=engine.url.get_backend_name()).render_as_string(hide_password=False)
    return run_service("mcm-enricher", "run", env={"DATABASE_URL": url}, **settings)


async def test_a_stopped_enricher_releases_its_job_and_the_next_one_finishes_it(
    engine: AsyncEngine, some_findings: SomeFindings, run_service: Callable[..., Service], model_server: ModelServer
) -> None:
    await some_findings(engine, 3)
    job_id = await start_job(engine)
    model_server.behave = answering(after_s=60)
    model = {"OPENAI_API_KEY": "x", "OPENAI_BASE_URL": model_server.url, "OPENAI_MODEL": "m"}
    asking = run_enricher(run_service, engine, **model)

    async def is_asked() -> bool:
        return bool(model_server.requests)

    await until(is_asked, 60)

    asking.terminate()
    code = await asyncio.to_thread(asking.wait, 8)
    between = await progress_of(engine, job_id)
    run_enricher(run_service, engine)

    assert code == 0
    assert "Traceback" not in asking.stderr()
    assert (between.state, between.done) == ("running", 0)

    async def is_done() -> bool:
        return (await progress_of(engine, job_id)).state == "done"

    await until(is_done, 60)


async def test_an_enricher_stops_while_it_waits_for_the_database(run_service: Callable[..., Service]) -> None:
    nowhere = "postgresql://nobody:x@127.0.0.1:1/nowhere"
    service = run_service("mcm-enricher", "run", env={"DATABASE_URL": nowhere})
    await asyncio.to_thread(service.wait_for_log, "waiting for the database")

    service.terminate()

    assert await asyncio.to_thread(service.wait, 8) == 0
    assert "Traceback" not in service.stderr()


async def test_ten_jobs_may_be_unfinished_and_no_more(engine: AsyncEngine, some_findings: SomeFindings) -> None:
    await some_findings(engine, 1)
    started = [await start_job(engine) for _ in range(MAX_UNFINISHED_JOBS)]

    for _ in range(3):
        with pytest.raises(TooManyJobsError, match="10 jobs are unfinished"):
            await start_job(engine)
    await cancel_job(engine, started[0])
    await start_job(engine)
