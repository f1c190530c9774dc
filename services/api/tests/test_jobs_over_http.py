"""Enrichment jobs over HTTP: the API inserts, reads and cancels them; the enricher runs them."""

import asyncio
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from mcm_shared.testing.builders import NOON
from mcm_shared.testing.rows import Rows
from tests.services import Service


@pytest.fixture
def run_enricher(run_service: Callable[..., Service], stored_in: str) -> Callable[[], Service]:
    """Starts an enricher beside the API, without Kafka."""
    return lambda: run_service("mcm-enricher", "run", env={"DATABASE_URL": stored_in})


async def test_the_enricher_runs_a_job_that_the_api_inserted(
    client: httpx.AsyncClient, rows: Rows, run_enricher: Callable[[], Service]
) -> None:
    scored = await rows.finding(risk_score=50, ai_explanation="kept", ai_version=1, ai_enriched_at=NOON)
    missing = [await rows.finding() for _ in range(3)]

    answer = await client.post("/enrichments")
    run_enricher()
    job = await until_over(client, answer.headers["location"])

    assert answer.status_code == 202
    assert answer.headers["location"] == f"/enrichments/{answer.json()['id']}"
    assert (answer.json()["state"], answer.json()["total"]) == ("waiting", 3)
    assert (job["state"], job["total"], job["done"], job["failed"]) == ("done", 3, 3, 0)
    assert job["started_at"] <= job["finished_at"]
    findings = [(await client.get(f"/findings/{number}")).json() for number in missing]
    assert all(finding["risk_score"] is not None for finding in findings)
    assert (await client.get(f"/findings/{scored}")).json()["ai_explanation"] == "kept"


async def test_a_limit_counts_the_findings_of_a_job(client: httpx.AsyncClient, rows: Rows) -> None:
    for _ in range(3):
        await rows.finding()

    job = (await client.post("/enrichments?limit=1")).json()

    assert (job["state"], job["total"]) == ("waiting", 1)


async def test_a_job_without_anything_to_do_is_done_at_once(client: httpx.AsyncClient) -> None:
    job = (await client.post("/enrichments")).json()

    assert (job["state"], job["total"], job["done"]) == ("done", 0, 0)


async def test_cancelling_ends_a_job_for_good_however_often_it_is_asked(client: httpx.AsyncClient, rows: Rows) -> None:
    await rows.finding()
    where = (await client.post("/enrichments")).headers["location"]

    cancelled = (await client.delete(where)).json()
    again = await client.delete(where)

    assert (cancelled["state"], cancelled["done"]) == ("cancelled", 0)
    assert cancelled["finished_at"] is not None
    assert (again.status_code, again.json()) == (200, cancelled)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_a_job_that_is_not_there_is_a_problem(client: httpx.AsyncClient, method: str) -> None:
    job_id = uuid4()

    answer = await client.request(method, f"/enrichments/{job_id}")

    assert answer.status_code == 404
    assert answer.json()["detail"] == f"There is no job with id {job_id}."
    assert (await client.request(method, "/enrichments/17")).status_code == 422


@pytest.mark.parametrize("limit", ["0", "-1", "many", str(2**63)])
async def test_a_limit_that_makes_no_sense_is_refused(client: httpx.AsyncClient, limit: str) -> None:
    assert (await client.post(f"/enrichments?limit={limit}")).status_code == 422


async def until_over(client: httpx.AsyncClient, where: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while True:
        job: dict[str, Any] = (await client.get(where)).json()
        if job["finished_at"] is not None:
            return job
        assert time.monotonic() < deadline, job
        await asyncio.sleep(0.02)
