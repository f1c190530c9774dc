"""What people think of explanations: given, shown and counted."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from mcm_api.testing.serving import serving
from mcm_enricher.store.usage import DayUsage, add_usage
from mcm_shared.testing.builders import NOON
from mcm_shared.testing.rows import Rows

HEURISTIC: dict[str, Any] = {
    "risk_score": 60,
    "ai_explanation": "Somebody became an owner.",
    "ai_source": "heuristic",
    "ai_version": 1,
    "ai_data": {},
    "ai_enriched_at": NOON,
}
MODEL = {**HEURISTIC, "ai_source": "openai", "ai_data": {"model": "test-model", "prompt_version": "7"}}


async def test_feedback_is_shown_with_what_had_written_the_explanation(client: httpx.AsyncClient, rows: Rows) -> None:
    finding_id = await rows.finding(**MODEL)
    await rows.finding(**MODEL)

    answer = await client.put(f"/findings/{finding_id}/feedback", json={"verdict": "wrong", "comment": " it was me "})

    finding = answer.json()
    assert answer.status_code == 200
    assert finding["feedback"].pop("given_at")
    assert finding["feedback"] == {
        "verdict": "wrong",
        "comment": "it was me",
        "source": "openai",
        "model": "test-model",
        "prompt_version": "7",
    }
    listed = (await client.get("/findings")).json()["items"]
    assert [one["feedback"] and one["feedback"]["verdict"] for one in listed] == [None, "wrong"]


async def test_feedback_given_again_takes_the_place_of_the_earlier_one(client: httpx.AsyncClient, rows: Rows) -> None:
    where = f"/findings/{await rows.finding(**HEURISTIC)}/feedback"

    await client.put(where, json={"verdict": "wrong", "comment": "it was me"})
    feedback = (await client.put(where, json={"verdict": "helpful"})).json()["feedback"]

    assert (feedback["verdict"], feedback["comment"], feedback["model"]) == ("helpful", None, "")


async def test_there_is_no_feedback_on_what_is_not_there(client: httpx.AsyncClient, rows: Rows) -> None:
    unexplained = await rows.finding()

    nothing = await client.put(f"/findings/{unexplained + 1}/feedback", json={"verdict": "helpful"})
    no_explanation = await client.put(f"/findings/{unexplained}/feedback", json={"verdict": "helpful"})

    assert nothing.status_code == 404
    assert no_explanation.status_code == 409
    assert "no explanation yet" in no_explanation.json()["detail"]


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ("{", None),
        ("[]", None),
        ("{}", "verdict"),
        ('{"verdict": "great"}', "verdict"),
        ('{"verdict": "wrong", "comment": 5}', "comment"),
        ('{"verdict": "wrong", "comment": "a\\u0000b"}', "comment"),
        ('{"verdict": "wrong", "comment": "\\ud800"}', None),
        ('{"verdict": "wrong", "comment": "' + 2001 * "x" + '"}', "comment"),
        ('{"verdict": "wrong", "coment": "x"}', "coment"),
    ],
)
async def test_wrong_feedback_is_refused_naming_what_is_wrong(
    client: httpx.AsyncClient, rows: Rows, body: str, parameter: str | None
) -> None:
    where = f"/findings/{await rows.finding(**HEURISTIC)}/feedback"

    answer = await client.put(where, content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0].get("parameter") == parameter


async def test_a_comment_of_the_greatest_length_is_taken_and_a_greater_body_is_not(
    client: httpx.AsyncClient, rows: Rows
) -> None:
    where = f"/findings/{await rows.finding(**HEURISTIC)}/feedback"
    longest = 2000 * "\U0001f600"

    taken = await client.put(where, json={"verdict": "wrong", "comment": longest})
    refused = await client.put(where, json={"verdict": "wrong", "comment": 40_000 * "x"})
    untyped = await client.put(where, content='{"verdict": "wrong"}')

    assert taken.json()["feedback"]["comment"] == longest
    assert (refused.status_code, untyped.status_code) == (413, 415)


async def test_the_figures_say_who_explained_what_and_what_people_think_of_it(stored_in: str, rows: Rows) -> None:
    fallback = {**MODEL, "ai_source": "fallback"}
    cached = {**MODEL, "ai_source": "cache"}
    stored = [await rows.finding(**values) for values in (HEURISTIC, MODEL, MODEL, cached, fallback, {})]
    today = datetime.now(UTC).date()
    await add_usage(rows.engine, DayUsage(today, requests=2, tokens=600))
    await add_usage(rows.engine, DayUsage(NOON.date(), requests=1, tokens=300))

    async with serving(stored_in, MCM_AI_BUDGET_TOKENS_PER_DAY="1000") as client:
        for number, verdict in ((0, "helpful"), (1, "helpful"), (3, "wrong")):
            await client.put(f"/findings/{stored[number]}/feedback", json={"verdict": verdict})
        figures = (await client.get("/stats/ai")).json()

    assert figures["explained_by"] == {"openai": 2, "cache": 1, "heuristic": 1, "fallback": 1}
    assert figures["authors"] == [
        {"prompt_version": "", "model": "", "findings": 2, "helpful": 1, "wrong": 0},
        {"prompt_version": "7", "model": "test-model", "findings": 3, "helpful": 1, "wrong": 1},
    ]
    assert figures["usage"] == [
        {"date": today.isoformat(), "requests": 2, "tokens": 600},
        {"date": "2026-11-20", "requests": 1, "tokens": 300},
    ]
    assert (figures["tokens_today"], figures["tokens_per_day"]) == (600, 1000)


async def test_without_anything_explained_the_figures_are_zeros(client: httpx.AsyncClient) -> None:
    assert (await client.get("/stats/ai")).json() == {
        "explained_by": {"openai": 0, "cache": 0, "heuristic": 0, "fallback": 0},
        "authors": [],
        "usage": [],
        "tokens_today": 0,
        "tokens_per_day": 1_000_000,
    }
