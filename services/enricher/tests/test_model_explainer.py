"""What comes of a finding when the model's server answers well, badly or not at all."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_enricher.enrich import Enricher
from mcm_enricher.explainers.model import ModelExplainer
from mcm_enricher.store.findings import read_enrichments
from mcm_enricher.testing.model_server import (
    EXPLANATION,
    Behave,
    ModelServer,
    answer,
    answering,
    cutting_off,
    failing,
    in_turn,
    sending,
)
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.db.engine import transaction

SomeFindings = Callable[[AsyncEngine, int], Awaitable[list[FindingMessage]]]
MakeModelExplainer = Callable[..., ModelExplainer]


async def enrich_one(engine: AsyncEngine, some_findings: SomeFindings, explainer: ModelExplainer) -> dict[str, Any]:
    [finding] = await some_findings(engine, 1)
    [published] = await Enricher(engine, explainer).enrich([finding])
    async with transaction(engine, read_only=True) as connection:
        stored = (await read_enrichments(connection, [finding.uid]))[finding.uid]
    assert (published.risk_score, published.ai_explanation) == (stored.risk_score, stored.explanation)
    assert 0 <= stored.risk_score <= 100
    assert stored.explanation
    return {**stored.data, "score": stored.risk_score, "explanation": stored.explanation, "source": stored.source}


async def test_a_good_answer_is_stored_with_all_that_is_worth_knowing_about_it(
    postgres: AsyncEngine, some_findings: SomeFindings, model_server: ModelServer, model_explainer: MakeModelExplainer
) -> None:
    enriched = await enrich_one(postgres, some_findings, model_explainer())

    assert (enriched["score"], enriched["explanation"], enriched["source"]) == (70, EXPLANATION, "openai")
    assert (enriched["model_score"], enriched["deterministic_score"]) == (70, 69)
    assert (enriched["drivers"], enriched["confidence"]) == (["administrator rights"], "high")
    assert (enriched["model"], enriched["prompt_version"]) == ("test-model", "2")
    assert (enriched["prompt_tokens"], enriched["completion_tokens"]) == (500, 100)
    assert enriched["latency_ms"] >= 0
    assert len(enriched["prompt_hash"]) == 64
    [request] = model_server.requests
    assert request["response_format"]["type"] == "json_schema"
    assert request["response_format"]["json_schema"]["strict"] is True


GARBLED = answering("Sure! The risk is high.")
BREAKS = {
    "a score out of range": answering(answer(score=101)),
    "a score that is text": answering(answer(score="70")),  # type: ignore[arg-type]
    "five drivers": answering(answer(drivers=["a"] * 5)),
    "no confidence": answering('{"score": 70, "explanation": "word word word word word", "drivers": []}'),
    "an unknown confidence": answering(answer(confidence="sure")),
    "too many words": answering(answer(explanation="word " * 121)),
    "no JSON": GARBLED,
    "malformed JSON": answering('{"score": 70, "explanation": "' + "word " * 10),
    "a link": answering(answer(explanation=f"{EXPLANATION} See https://evil.example.com/x")),
    "HTML": answering(answer(explanation=f"{EXPLANATION} <img src=x onerror=alert(1)>")),
    "a control number": answering(answer(explanation=f"{EXPLANATION} This breaks CC6.1.")),
    "a refusal": answering(None, refusal="I cannot help with that."),
    "an empty text": answering("  "),
    "a cut off answer": answering(answer(), finish="length"),
    "10 MB": sending(b'{"choices": "' + b"x" * 10_000_000 + b'"}'),
}


@pytest.mark.parametrize("behave", BREAKS.values(), ids=BREAKS.keys())
async def test_an_answer_that_cannot_be_taken_is_asked_for_once_more_then_the_heuristic_speaks(
    postgres: AsyncEngine,
    some_findings: SomeFindings,
    model_server: ModelServer,
    model_explainer: MakeModelExplainer,
    behave: Behave,
) -> None:
    model_server.behave = behave

    enriched = await enrich_one(postgres, some_findings, model_explainer())

    assert (enriched["score"], enriched["source"]) == (69, "heuristic")
    assert enriched["fallback_reason"].startswith("the model's reply was rejected: ")
    assert len(model_server.requests) == 2
    assert model_server.requests[1]["messages"][-1]["content"].startswith("That answer cannot be used: ")
    # neither a repeat nor another worker asks again
    again = await enrich_one(postgres, some_findings, model_explainer())
    assert again["source"] == "heuristic"
    assert len(model_server.requests) == 2


async def test_a_second_answer_that_is_right_is_taken(
    postgres: AsyncEngine, some_findings: SomeFindings, model_server: ModelServer, model_explainer: MakeModelExplainer
) -> None:
    model_server.behave = in_turn(GARBLED, answering())

    enriched = await enrich_one(postgres, some_findings, model_explainer())

    assert (enriched["source"], enriched["prompt_tokens"]) == ("openai", 1000)
    assert len(model_server.requests) == 2


FAILURES = {
    "500": failing(500),
    "503 with Retry-After": failing(503, retry_after="0"),
    "429": failing(429),
    "cut connections": cutting_off(),
    "an answer that is no JSON": sending(b"<html>gateway</html>", "text/html"),
    "malformed JSON around it": sending(b'{"choices": ['),
    "no choices": sending(b'{"choices": [], "object": "chat.completion"}'),
    "null choices": sending(b'{"choices": null}'),
    "a list": sending(b"[]"),
    "nothing": sending(b""),
}


@pytest.mark.parametrize("behave", FAILURES.values(), ids=FAILURES.keys())
async def test_a_server_that_fails_is_tried_three_times_then_the_heuristic_speaks_until_it_is_asked_again(
    postgres: AsyncEngine,
    some_findings: SomeFindings,
    model_server: ModelServer,
    model_explainer: MakeModelExplainer,
    behave: Behave,
) -> None:
    model_server.behave = behave

    enriched = await enrich_one(postgres, some_findings, model_explainer())

    assert (enriched["score"], enriched["source"]) == (69, "fallback")
    assert enriched["fallback_reason"]
    assert len(model_server.requests) == 3


@pytest.mark.parametrize("behave", FAILURES.values(), ids=FAILURES.keys())
async def test_a_server_that_fails_once_is_asked_twice(
    postgres: AsyncEngine,
    some_findings: SomeFindings,
    model_server: ModelServer,
    model_explainer: MakeModelExplainer,
    behave: Behave,
) -> None:
    model_server.behave = in_turn(behave, answering())

    enriched = await enrich_one(postgres, some_findings, model_explainer())

    assert enriched["source"] == "openai"
    assert len(model_server.requests) == 2


async def test_a_slow_server_is_given_up(
    postgres: AsyncEngine, some_findings: SomeFindings, model_server: ModelServer, model_explainer: MakeModelExplainer
) -> None:
    model_server.behave = answering(after_s=30)

    enriched = await enrich_one(postgres, some_findings, model_explainer(timeout_s=0.2))

    assert (enriched["source"], enriched["fallback_reason"]) == ("fallback", "no reply within 0.2 s")
    assert len(model_server.requests) == 3


# a 404 may mean the response format: the two lesser ones are tried before the model counts as unknown
@pytest.mark.parametrize(("status", "requests"), [(401, 1), (403, 1), (404, 3)])
async def test_a_key_or_model_that_is_refused_is_not_tried_again(
    postgres: AsyncEngine,
    some_findings: SomeFindings,
    model_server: ModelServer,
    model_explainer: MakeModelExplainer,
    status: int,
    requests: int,
) -> None:
    model_server.behave = failing(status)
    explainer = model_explainer()

    enriched = await enrich_one(postgres, some_findings, explainer)

    assert (enriched["source"], enriched["fallback_reason"]) == ("fallback", f"the server responds with {status}")
    assert len(model_server.requests) == requests
    assert not explainer.ready()


async def test_a_retry_after_that_is_too_long_is_not_waited_for_but_kept(
    postgres: AsyncEngine, some_findings: SomeFindings, model_server: ModelServer, model_explainer: MakeModelExplainer
) -> None:
    model_server.behave = failing(429, retry_after="3600")

    enriched = await enrich_one(postgres, some_findings, model_explainer())

    assert (enriched["source"], enriched["fallback_reason"]) == ("fallback", "the server responds with 429")
    assert len(model_server.requests) == 1


async def test_json_of_the_wrong_content_type_is_read_all_the_same(
    postgres: AsyncEngine, some_findings: SomeFindings, model_server: ModelServer, model_explainer: MakeModelExplainer
) -> None:
    good = answering()

    async def mislabelled(body: dict[str, Any]) -> Any:
        response = await good(body)
        response.headers["content-type"] = "text/plain"
        return response

    model_server.behave = mislabelled

    assert (await enrich_one(postgres, some_findings, model_explainer()))["source"] == "openai"


@pytest.mark.parametrize(("asked", "stored"), [(0, 60), (100, 89), (75, 75)])
async def test_a_model_moves_a_score_a_little_and_never_below_the_floor_of_its_severity(
    postgres: AsyncEngine,
    some_findings: SomeFindings,
    model_server: ModelServer,
    model_explainer: MakeModelExplainer,
    asked: int,
    stored: int,
) -> None:
    model_server.behave = answering(answer(score=asked))

    enriched = await enrich_one(postgres, some_findings, model_explainer())

    assert (enriched["score"], enriched["model_score"], enriched["deterministic_score"]) == (stored, asked, 69)


async def test_no_more_is_asked_at_once_than_allowed(
    postgres: AsyncEngine, some_findings: SomeFindings, model_server: ModelServer, model_explainer: MakeModelExplainer
) -> None:
    model_server.behave = answering(after_s=0.02)
    findings = [
        finding.model_copy(update={"description": f"mona@example.com was made admin of app-{number}"})
        for number, finding in enumerate(await some_findings(postgres, 20))
    ]

    published = await Enricher(postgres, model_explainer(concurrency=3), concurrency=16).enrich(findings)

    assert {finding.ai_source for finding in published} == {"openai"}
    assert model_server.most_at_once <= 3
    assert len(model_server.requests) == 20
