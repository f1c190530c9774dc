"""Jobs that explain findings: started, watched and cancelled over HTTP, and gone on with after a restart."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr

from mcm_api.testing.serving import SilentModel, serving
from mcm_enricher.jobs import start_job
from mcm_enricher.store.jobs import lease_job
from mcm_shared.db.engine import create_engine
from mcm_shared.settings import DatabaseSettings
from mcm_shared.testing.builders import NOON
from mcm_shared.testing.rows import Rows
from tests.services import Service


async def test_a_job_explains_what_has_no_score_and_says_when_it_is_done(client: httpx.AsyncClient, rows: Rows) -> None:
    scored = await rows.finding(risk_score=50, ai_explanation="kept", ai_version=1, ai_enriched_at=NOON)
    missing = [await rows.finding() for _ in range(3)]

    answer = await client.post("/enrichments")
    job = await until_over(client, answer.headers["location"])

    assert answer.status_code == 202
    assert answer.headers["location"] == f"/enrichments/{answer.json()['id']}"
    assert answer.json()["total"] == 3
    assert (job["state"], job["total"], job["done"], job["failed"]) == ("done", 3, 3, 0)
    assert job["started_at"] <= job["finished_at"]
    findings = [(await client.get(f"/findings/{number}")).json() for number in missing]
    assert all(finding["risk_score"] is not None for finding in findings)
    assert (await client.get(f"/findings/{scored}")).json()["ai_explanation"] == "kept"


async def test_a_job_keeps_to_its_limit(client: httpx.AsyncClient, rows: Rows) -> None:
    oldest, _, _ = [await rows.finding() for _ in range(3)]

    job = await until_over(client, (await client.post("/enrichments?limit=1")).headers["location"])

    page = (await client.get("/findings")).json()
    assert job["total"] == 1
    assert [item["id"] for item in page["items"] if item["risk_score"] is not None] == [oldest]


async def test_a_job_without_anything_to_do_is_done_at_once(client: httpx.AsyncClient) -> None:
    job = (await client.post("/enrichments")).json()

    assert (job["state"], job["total"], job["done"]) == ("done", 0, 0)


async def test_cancelling_ends_a_job_for_good_however_often_it_is_asked(
    stored_in: str, rows: Rows, silent_model: SilentModel
) -> None:
    await rows.finding()
    async with serving(stored_in, **silent_model.settings()) as client:
        where = (await client.post("/enrichments")).headers["location"]
        await asyncio.wait_for(silent_model.asked.wait(), 10)
        running = (await client.get(where)).json()
        cancelled = (await client.delete(where)).json()
        again = await client.delete(where)

    assert (running["state"], running["finished_at"]) == ("running", None)
    assert (cancelled["state"], cancelled["done"]) == ("cancelled", 0)
    assert cancelled["finished_at"] is not None
    assert (again.status_code, again.json()) == (200, cancelled)


async def test_a_job_in_hand_when_the_api_ends_goes_on_in_the_next_one(
    stored_in: str, rows: Rows, silent_model: SilentModel
) -> None:
    await rows.finding()
    async with serving(stored_in, **silent_model.settings()) as client:
        where = (await client.post("/enrichments")).headers["location"]
        await asyncio.wait_for(silent_model.asked.wait(), 10)

    async with serving(stored_in) as client:
        job = await until_over(client, where)

    assert (job["state"], job["done"]) == ("done", 1)


async def test_a_process_that_is_told_to_stop_lets_go_of_its_job_in_time(
    run_service: Callable[..., Service], database_url: str, silent_model: SilentModel
) -> None:
    engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(database_url)), pooled=False)
    await Rows(engine).finding()
    job_id = await start_job(engine)
    env = {"DATABASE_URL": database_url, "MCM_API_PORT": "0", **silent_model.settings()}
    service = run_service("mcm-api", "run", env=env)
    await asyncio.wait_for(silent_model.asked.wait(), 30)

    service.terminate()
    code = await asyncio.to_thread(service.wait, 5)
    job = await lease_job(engine, uuid4(), now=datetime.now(UTC), for_s=1)

    assert code == 0
    assert "Traceback" not in service.stderr()
    assert job is not None
    assert job.id == job_id


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
    deadline = time.monotonic() + 15
    while True:
        job: dict[str, Any] = (await client.get(where)).json()
        if job["finished_at"] is not None:
            return job
        assert time.monotonic() < deadline, job
        await asyncio.sleep(0.02)
