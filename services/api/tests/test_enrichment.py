"""Asking for findings to be explained now."""

import time

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from mcm_api.findings.enrichment import EnrichmentService
from mcm_api.http.state import part_of
from mcm_api.testing.serving import SilentModel, serving
from mcm_enricher import EnrichedPublisher, EnricherSettings, make_explainer
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.engine import create_engine
from mcm_shared.settings import DatabaseSettings
from mcm_shared.testing.builders import NOON
from mcm_shared.testing.rows import Rows


async def test_a_finding_is_scored_and_explained_at_once(client: httpx.AsyncClient, rows: Rows) -> None:
    finding_id = await rows.finding(severity="critical", user="mona@example.com")

    answer = await client.post(f"/findings/{finding_id}/enrich_with_ai")

    finding = answer.json()
    assert answer.status_code == 200
    assert finding["id"] == finding_id
    assert finding["risk_score"] >= 80
    assert "mona@example.com" in finding["ai_explanation"]
    assert finding["ai_enriched_at"] is not None
    assert finding == (await client.get(f"/findings/{finding_id}")).json()


async def test_a_finding_explained_before_is_explained_again(client: httpx.AsyncClient, rows: Rows) -> None:
    finding_id = await rows.finding(risk_score=1, ai_explanation="old", ai_version=1, ai_enriched_at=NOON)

    finding = (await client.post(f"/findings/{finding_id}/enrich_with_ai")).json()

    assert finding["risk_score"] > 1
    assert finding["ai_explanation"] != "old"


async def test_a_finding_that_is_not_there_cannot_be_explained(client: httpx.AsyncClient) -> None:
    answer = await client.post("/findings/17/enrich_with_ai")

    assert answer.status_code == 404


async def test_those_without_a_score_are_explained_the_oldest_first_up_to_the_limit(
    client: httpx.AsyncClient, rows: Rows
) -> None:
    scored = await rows.finding(risk_score=50, ai_explanation="kept", ai_version=1, ai_enriched_at=NOON)
    missing = [await rows.finding() for _ in range(3)]

    first = (await client.post("/findings/enrich_all_missing?limit=2")).json()
    rest = (await client.post("/findings/enrich_all_missing")).json()

    assert [finding["id"] for finding in first] == missing[:2]
    assert [finding["id"] for finding in rest] == missing[2:]
    assert all(finding["risk_score"] is not None for finding in first + rest)
    assert (await client.get(f"/findings/{scored}")).json()["ai_explanation"] == "kept"
    assert (await client.post("/findings/enrich_all_missing")).json() == []


@pytest.mark.parametrize("limit", ["0", "501", "many"])
async def test_the_limit_is_bounded(client: httpx.AsyncClient, limit: str) -> None:
    answer = await client.post(f"/findings/enrich_all_missing?limit={limit}")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "limit"


async def test_the_model_of_the_settings_is_asked_and_where_it_fails_the_heuristic_says_so(
    stored_in: str, rows: Rows, silent_model: SilentModel
) -> None:
    finding_id = await rows.finding()

    async with serving(stored_in, **silent_model.settings(), MCM_AI_TIMEOUT_S="0.2") as client:
        finding = (await client.post(f"/findings/{finding_id}/enrich_with_ai")).json()

    assert silent_model.asked.is_set()
    assert finding["ai_source"] == "fallback"
    assert finding["ai_data"]["model"] == "test-model"
    assert finding["risk_score"] is not None


async def test_a_model_that_is_too_slow_for_a_request_is_not_waited_for(
    database_url: str, silent_model: SilentModel
) -> None:
    engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(database_url)))
    for _ in range(20):
        await Rows(engine).finding()
    explainer = make_explainer(EnricherSettings(**silent_model.settings()), engine)
    publisher = EnrichedPublisher(None, Topics(""))
    enrichment = EnrichmentService(engine, explainer, None, publisher, concurrency=4, limit_s=0.5)

    started = time.monotonic()
    findings = await enrichment.explain_missing(500)
    took_s = time.monotonic() - started
    await enrichment.close()

    assert took_s < 5
    assert [finding.ai_source for finding in findings] == ["fallback"] * 20


def test_a_request_for_explanations_takes_ten_seconds_at_most(app: FastAPI) -> None:
    assert part_of(app, EnrichmentService).limit_s == 10
