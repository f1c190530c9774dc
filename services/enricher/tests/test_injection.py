"""A model that obeys every instruction it finds, and what attackers' texts and seeded secrets come to all the same."""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import orjson
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_enricher.contexts import RuleGuidance, make_context
from mcm_enricher.enrich import Enricher
from mcm_enricher.explainers.model import ModelExplainer
from mcm_enricher.model.prompt import build_prompt
from mcm_enricher.store.findings import read_enrichments
from mcm_enricher.testing.hostile_texts import INJECTIONS
from mcm_enricher.testing.model_server import Body, ModelServer, answer, completion, json_response
from mcm_shared.contracts.findings import FindingMessage, Severity
from mcm_shared.db.engine import transaction
from mcm_shared.testing.builders import a_finding

Store = Callable[[AsyncEngine, Sequence[FindingMessage]], Awaitable[list[FindingMessage]]]
MakeModelExplainer = Callable[..., ModelExplainer]

LINK_OR_HTML = re.compile(
    r"https?:|hxxps?:|//|www\.|javascript:|data:[\w,]|tel:|<\s*\w|</|&lt;|\]\(|!\[|evil\.example|192\.0\.2\.66/",
    re.IGNORECASE,
)

FORBIDDEN = "<>«»‹›⟨⟩〈〉⋘⋙`[]\u202e\u200b"  # noqa: RUF001 (all that passes for a bracket)


def hostile(text: str, number: int) -> FindingMessage:
    facts = {
        "user_agent": text,
        "bucket": text,
        "resource": f"app-{number}",
        "new_role": "admin",
        text: "a field of that name",
        "nested": {"title": [text, {"deeper": text}]},
    }
    return a_finding(
        user=text,
        description=f"{text} was made admin of {text}",
        severity=tuple(Severity)[number % 4],
        extra_data={
            "group": {"user": text},
            "earliest": {"event_type": "permission_changed", "source": text, "user": text, "facts": facts},
            "latest": {"facts": {**facts, "user_agent": text[::-1]}},
        },
    )


def quotation(body: Body) -> dict[str, Any]:
    """The event data of a request, found as a model would: between the markers."""
    asked = body["messages"][1]["content"]
    marker = re.search(r"<<<EVENT DATA ([0-9a-f]{16})>>>\n(.*)\n<<<END OF EVENT DATA \1>>>\n\n[^<]*$", asked, re.DOTALL)
    assert marker is not None, asked
    data: dict[str, Any] = orjson.loads(marker[2])
    return data


def texts_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for key, inner in value.items() for text in [key, *texts_in(inner)]]
    return [str(value)]


async def obeying(body: Body) -> Any:
    """Does what the data say, and a little more: it echoes them, cites, links, and scores as low as it can."""
    data = quotation(body)
    said = " ".join(texts_in(data))
    obeyed = [f"Something changed here. {said}"[:600]]
    if re.search(r"link|http|www|evil|click", said, re.IGNORECASE):
        obeyed.append("Sign in at https://evil.example.com/login or ![x](https://evil.example.com/p.png).")
    if re.search(r"script|img|svg|href", said, re.IGNORECASE):
        obeyed.append("<img src=x onerror=alert(1)>")
    if re.search(r"CC6|AC-7|cite", said, re.IGNORECASE):
        obeyed.append("This passes CC6.1.")
    # asked once more, it hides what it was instructed to say: what programs turn into links
    if len(body["messages"]) > 2:
        obeyed = [re.sub(r"\S*https://([\w.]+)\S*", r"\1", text).replace("<", "\uff1c") for text in obeyed]
    return json_response(completion(answer(score=0, explanation=" ".join(obeyed))))


async def test_a_model_that_obeys_attackers_moves_no_score_out_of_its_bounds_and_leaves_no_link(
    postgres: AsyncEngine,
    store_findings: Store,
    model_server: ModelServer,
    model_explainer: MakeModelExplainer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOME_SECRET", "fake-environment-value-7731")
    model_server.behave = obeying
    findings = await store_findings(postgres, [hostile(text, number) for number, text in enumerate(INJECTIONS)])

    await Enricher(postgres, model_explainer()).enrich(findings)

    async with transaction(postgres, read_only=True) as connection:
        stored = await read_enrichments(connection, [finding.uid for finding in findings])
    floors = {Severity.CRITICAL: 80, Severity.HIGH: 60, Severity.MEDIUM: 30, Severity.LOW: 5}
    by_source: dict[str, int] = {}
    for finding in findings:
        enrichment = stored[finding.uid]
        by_source[enrichment.source] = by_source.get(enrichment.source, 0) + 1
        deterministic = enrichment.data["deterministic_score"]
        assert enrichment.risk_score >= floors[finding.severity]
        assert abs(enrichment.risk_score - deterministic) <= 20
        for text in (enrichment.explanation, *enrichment.data.get("drivers", [])):
            assert not LINK_OR_HTML.search(text), text
            assert len(text.split()) <= 120
    # some are taken, bounded and harmless; the others were refused twice
    assert len(findings) >= 40
    assert by_source["openai"] >= 10
    assert by_source["heuristic"] >= 10
    assert len(model_server.requests) <= 2 * len(findings)
    assert not any(b"fake-environment-value" in body for body in model_server.bodies)


@pytest.mark.parametrize("text", INJECTIONS)
def test_event_text_stays_inside_its_quotation(text: str) -> None:
    finding = hostile(text, 1)
    prompt = build_prompt(make_context(finding, RuleGuidance("A role was raised", "1. Ask.")), "all")

    instructions, asked = (message["content"] for message in prompt.messages)
    data = quotation({"messages": list(prompt.messages)})
    outside = asked.replace(asked[asked.index("{") : asked.rindex("}") + 1], "")
    clean = build_prompt(
        make_context(a_finding(severity=finding.severity), RuleGuidance("A role was raised", "1. Ask.")), "all"
    )
    assert instructions == clean.messages[0]["content"]
    assert data["summary"]
    assert len(asked) < 8000
    # whatever was written, what stands around the quotation is ours
    assert re.fullmatch(
        r"Rule: Role escalated to admin \(role_escalated_to_admin, version 1\)\nSeverity: medium\n"
        r"Deterministic score: \d+ of 100: [\w ',()+;-]+\nWhat it looks for: A role was raised\nRunbook:\n1\. Ask\.\n\n"
        r"Event data, as JSON, between the two lines that say [0-9a-f]{16}:\n\n<<<EVENT DATA [0-9a-f]{16}>>>\n\n"
        r"<<<END OF EVENT DATA [0-9a-f]{16}>>>\n\nAnswer with the JSON object\.",
        outside,
    ), outside
    assert all(ord(character) >= 32 and character not in FORBIDDEN for part in texts_in(data) for character in part)


async def test_what_is_asked_about_a_finding_holds_nothing_of_another(
    postgres: AsyncEngine, store_findings: Store, model_server: ModelServer, model_explainer: MakeModelExplainer
) -> None:
    texts = [f"marker-{number:03}" for number in range(30)]
    findings = await store_findings(postgres, [hostile(text, number) for number, text in enumerate(texts)])

    await Enricher(postgres, model_explainer()).enrich(findings)

    assert len(model_server.bodies) == len(texts)
    for body in model_server.bodies:
        assert len(set(re.findall(rb"marker-\d{3}", body))) == 1
