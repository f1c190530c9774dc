"""What people think of explanations; on PostgreSQL and SQLite."""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_enricher.enrich import enrich_now
from mcm_enricher.explainers.heuristic import HeuristicExplainer
from mcm_enricher.explainers.model import ModelExplainer
from mcm_enricher.feedback import get_feedback, set_feedback, stats_ai
from mcm_enricher.model.prompt import PROMPT_VERSION
from mcm_shared.contracts.findings import FindingMessage

SomeFindings = Callable[[AsyncEngine, int], Awaitable[list[FindingMessage]]]
MakeModelExplainer = Callable[..., ModelExplainer]


async def test_feedback_is_kept_with_what_wrote_the_explanation_and_counted(
    engine: AsyncEngine, some_findings: SomeFindings, model_explainer: MakeModelExplainer
) -> None:
    one, two, three = await some_findings(engine, 3)
    await enrich_now(engine, [one.id], HeuristicExplainer())
    explainer = model_explainer(engine=engine)
    await enrich_now(engine, [two.id, three.id], explainer)
    await explainer.close()

    await set_feedback(engine, one.id, "helpful")
    await set_feedback(engine, two.id, "helpful", "as I would say it")
    given = await set_feedback(engine, three.id, "wrong", "it was me")

    assert given is not None
    assert (given.verdict, given.comment, given.model, given.prompt_version) == (
        "wrong",
        "it was me",
        "test-model",
        PROMPT_VERSION,
    )
    assert await get_feedback(engine, three.id) == given
    stats = await stats_ai(engine)
    counts = [(count.prompt_version, count.model, count.helpful, count.wrong) for count in stats.feedback]
    assert counts == [("", "", 1, 0), (PROMPT_VERSION, "test-model", 1, 1)]
    [today] = stats.usage
    assert (today.requests, today.tokens) == (1, 600)


async def test_feedback_given_again_takes_the_place_of_the_first(
    engine: AsyncEngine, some_findings: SomeFindings
) -> None:
    [finding] = await some_findings(engine, 1)
    await enrich_now(engine, [finding.id], HeuristicExplainer())

    await set_feedback(engine, finding.id, "wrong", "no")
    await set_feedback(engine, finding.id, "helpful")

    stored = await get_feedback(engine, finding.id)
    assert stored is not None
    assert (stored.verdict, stored.comment) == ("helpful", None)
    assert [(count.helpful, count.wrong) for count in (await stats_ai(engine)).feedback] == [(1, 0)]


async def test_what_has_no_explanation_cannot_be_judged(engine: AsyncEngine, some_findings: SomeFindings) -> None:
    [finding] = await some_findings(engine, 1)

    assert await set_feedback(engine, finding.id, "wrong") is None
    assert await set_feedback(engine, 10**9, "wrong") is None
    assert await get_feedback(engine, finding.id) is None
