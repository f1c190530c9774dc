"""How servers that speak OpenAI's protocol differ: what they know less of, and what they refuse."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import orjson
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_enricher.enrich import Enricher
from mcm_enricher.explainers.model import ModelExplainer
from mcm_enricher.testing.model_server import (
    EXPLANATION,
    Behave,
    ModelServer,
    answer,
    answering,
    completion,
    failing,
    in_turn,
    sending,
)
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.testing.builders import a_finding

Store = Callable[[AsyncEngine, Sequence[FindingMessage]], Awaitable[list[FindingMessage]]]
MakeModelExplainer = Callable[..., ModelExplainer]


def about(number: int) -> FindingMessage:
    """A finding that asks something else than the others."""
    return a_finding(description=f"mona@example.com was made admin of app-{number}")


@pytest.mark.parametrize("status", [400, 404])
@pytest.mark.parametrize(
    ("knows", "expected"),
    [({"json_object"}, ["json_schema", "json_object"]), (set(), ["json_schema", "json_object", None])],
)
async def test_a_server_that_knows_less_is_asked_for_less_from_then_on(
    postgres: AsyncEngine,
    store_findings: Store,
    model_server: ModelServer,
    model_explainer: MakeModelExplainer,
    knows: set[str],
    expected: list[str | None],
    status: int,
) -> None:
    good = answering(f"Here it is:\n```json\n{answer()}\n```")
    refusing = failing(status, "response_format is unknown" if status == 400 else "Not Found")

    async def behave(body: dict[str, Any]) -> Any:
        form = body.get("response_format", {}).get("type")
        return await (good if form is None or form in knows else refusing)(body)

    model_server.behave = behave
    explainer = model_explainer()
    one, other = await store_findings(postgres, [about(1), about(2)])

    [first] = await Enricher(postgres, explainer).enrich([one])
    assert [request.get("response_format", {}).get("type") for request in model_server.requests] == expected

    model_server.requests.clear()
    await Enricher(postgres, explainer).enrich([other])

    assert first.ai_source == "openai"
    assert [request.get("response_format", {}).get("type") for request in model_server.requests] == expected[-1:]


def in_parts(*parts: dict[str, str]) -> Behave:
    body = completion("")
    body["choices"][0]["message"]["content"] = parts
    return sending(orjson.dumps(body))


@pytest.mark.parametrize(
    "behave",
    [
        answering(f'<think>Is it {{"score": 0}}? They say {{so}}.</think>\n{answer()}'),
        answering(f'In {{braces}} first, {{"score": 1}} even: {answer()}'),
        answering(f"<think>So {{far}}. Then: {answer()}"),
        answering(answer().replace('"score":70', '"score":70.0')),
        answering(f"<think>so</think> Here it is:\n```json\n{answer()}\n```\nThat is {{all}}."),
        in_parts({"type": "thinking", "text": "{hm}"}, {"type": "text", "text": answer()}),
    ],
    ids=["aloud", "braces in prose", "unclosed tag", "integer as 70.0", "aloud and wordy", "in parts"],
)
async def test_a_model_that_thinks_before_it_answers_is_understood(
    postgres: AsyncEngine,
    store_findings: Store,
    model_server: ModelServer,
    model_explainer: MakeModelExplainer,
    behave: Behave,
) -> None:
    model_server.behave = behave

    [enriched] = await Enricher(postgres, model_explainer()).enrich(await store_findings(postgres, [about(1)]))

    assert (enriched.ai_source, enriched.ai_explanation) == ("openai", EXPLANATION)
    assert len(model_server.requests) == 1


async def test_a_pause_may_be_said_in_milliseconds(
    postgres: AsyncEngine, store_findings: Store, model_server: ModelServer, model_explainer: MakeModelExplainer
) -> None:
    # were the other header obeyed, it would not be asked again
    model_server.behave = in_turn(failing(429, retry_after="3600", retry_after_ms="20"), answering())

    [enriched] = await Enricher(postgres, model_explainer()).enrich(await store_findings(postgres, [about(1)]))

    assert enriched.ai_source == "openai"
    assert len(model_server.requests) == 2


REFUSED_BY_A_FILTER = failing(400, "The prompt triggered the content management policy: code content_filter")


@pytest.mark.parametrize(
    ("first", "refusal", "asked"),
    [
        (None, REFUSED_BY_A_FILTER, 2),
        (answering(), REFUSED_BY_A_FILTER, 3),
        (answering(), failing(400, "This model's maximum context length is exceeded"), 3),
        (answering(), failing(413), 3),
    ],
)
async def test_a_question_that_a_server_refuses_does_not_keep_others_from_being_asked(
    postgres: AsyncEngine,
    store_findings: Store,
    model_server: ModelServer,
    model_explainer: MakeModelExplainer,
    first: Behave | None,
    refusal: Behave,
    asked: int,
) -> None:
    behaviours = [] if first is None else [first]
    model_server.behave = in_turn(*behaviours, refusal, refusal, answering())
    explainer = model_explainer()
    findings = await store_findings(postgres, [about(number) for number in range(3)])

    sources = []
    for finding in findings[-1 - len(behaviours) :]:
        [enriched] = await Enricher(postgres, explainer).enrich([finding])
        sources.append(enriched.ai_source)

    assert sources == ["openai"] * len(behaviours) + ["heuristic"]
    assert len(model_server.requests) == asked
    assert {request["response_format"]["type"] for request in model_server.requests} == {"json_schema"}
    # what was refused is not asked again, and what is asked next is answered
    assert explainer.ready()
    [again] = await Enricher(postgres, explainer).enrich([findings[0].model_copy(update={"version": 2})])
    assert again.ai_source == "openai"
    assert len(model_server.requests) == asked + 1


async def test_a_server_that_calls_the_limit_by_its_newer_name_gets_it(
    postgres: AsyncEngine, store_findings: Store, model_server: ModelServer, model_explainer: MakeModelExplainer
) -> None:
    good = answering()
    refusing = failing(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")

    async def behave(body: dict[str, Any]) -> Any:
        return await (refusing if "max_tokens" in body else good)(body)

    model_server.behave = behave

    findings = await store_findings(postgres, [about(1)])

    [enriched] = await Enricher(postgres, model_explainer()).enrich(findings)

    assert enriched.ai_source == "openai"
    assert [request["response_format"]["type"] for request in model_server.requests] == ["json_schema"] * 2
