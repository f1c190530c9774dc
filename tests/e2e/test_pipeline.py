"""The whole way of an event: Kafka, rules-engine, Postgres, enricher, API, every part real and a process of its own."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest

from mcm_shared.testing.builders import an_event_payload
from tests.pipeline import Pipeline, until
from tests.services import Service

FINDING_WITHIN_S = 2.0
SCORED_WITHIN_S = 4.0
SLOWER = 5
"""How much slower than promised a busy machine may be."""


@pytest.fixture
async def api(pipeline: Pipeline, run_service: Callable[..., Service]) -> Any:
    """A client of the running product."""
    services = [
        run_service(name, "run", env=pipeline.environment, MCM_API_PORT="0")
        for name in ("mcm-rules-engine", "mcm-enricher", "mcm-api")
    ]
    for service, said in zip(services, ("consuming", "consuming", "listening"), strict=True):
        service.wait_for_log(said, seconds=60)
    (line,) = [line for line in services[2].stderr().splitlines() if "listening" in line]
    url = line.split('"url": "')[1].split('"')[0]
    async with httpx.AsyncClient(base_url=url) as client:
        yield client
    for service in services:
        service.terminate()
    assert [service.wait() for service in services] == [0, 0, 0]


def a_token(**said: Any) -> bytes:
    defaults = {"event_type": "api_token_created", "user": "mona@example.com", "scopes": ["admin:*"]}
    return an_event_payload(**{**defaults, "timestamp": datetime.now(UTC), "token_id": "tok-1", **said})


async def test_an_event_pushed_to_kafka_is_a_scored_finding_within_seconds(
    api: httpx.AsyncClient, pipeline: Pipeline, record_property: Callable[[str, object], None]
) -> None:
    # the first event of a process warms it up; the clock runs for the second
    await pipeline.push(a_token(user="warm-up@example.com"))
    await until(lambda: _scored(api, "warm-up@example.com"), what="the first finding is scored")

    began = time.monotonic()
    await pipeline.push(a_token())
    pushed_in = time.monotonic() - began
    found_in = await until(lambda: _found(api, "mona@example.com"), FINDING_WITHIN_S * SLOWER, "it is found", 0.01)
    scored_in = time.monotonic() - began - pushed_in
    scored_in += await until(lambda: _scored(api, "mona@example.com"), SCORED_WITHIN_S * SLOWER, "it is scored", 0.01)

    record_property("seconds until it is found", round(found_in, 3))
    record_property("seconds until it is scored", round(scored_in, 3))
    print(f"found after {found_in * 1000:.0f} ms, scored after {scored_in * 1000:.0f} ms")
    answer = (await api.get("/findings", params={"user": "mona@example.com", "severity": "critical"})).json()
    assert answer["total"] == 1
    (finding,) = answer["items"]
    assert finding["rule_name"] == "admin_token_created"
    assert 80 <= finding["risk_score"] <= 100
    assert "mona@example.com" in finding["ai_explanation"]
    event = (await api.get("/events", params={"user": "mona@example.com"})).json()[0]
    assert (event["id"], event["processed"]) == (finding["event_id"], True)


async def test_an_event_posted_to_the_api_goes_the_same_way(api: httpx.AsyncClient, pipeline: Pipeline) -> None:
    answer = await api.post("/events", content=a_token(id="evt-1"), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["ids"]) == (202, ["evt-1"])

    await until(lambda: _scored(api, "mona@example.com"), what="the posted event is a scored finding")

    summary = (await api.get("/stats/summary")).json()
    assert (summary["total_events"], summary["total_findings"]) == (1, len(await pipeline.findings()))
    assert summary["findings_by_severity"]["critical"] == 1


async def test_the_topics_hold_the_last_version_of_each_finding(api: httpx.AsyncClient, pipeline: Pipeline) -> None:
    for number in range(5):
        await pipeline.push(a_token(id=f"evt-{number}", scopes=["admin:*", "repo"][: 1 + number % 2]))
        await pipeline.push(a_token(id=f"evt-{number}"))

    await until(lambda: _counted(pipeline, 5), what="five tokens are counted")
    await until(lambda: pipeline.is_idle("enricher"), what="the enricher has told all")

    await pipeline.assert_published()
    await pipeline.assert_enrichments_published()
    versions = [finding.version for finding in (await pipeline.findings()).values()]
    assert max(versions) > 1


async def test_the_services_may_start_before_there_is_anything(
    pipeline: Pipeline, run_service: Callable[..., Service]
) -> None:
    """With neither topics nor a schema; ``mcm-migrate`` comes last."""
    connection = await asyncpg.connect(pipeline.database_url)
    await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    await connection.close()
    engine = run_service("mcm-rules-engine", "run", env=pipeline.environment)
    engine.wait_for_log("run mcm-migrate", seconds=60)

    assert run_service("mcm-migrate", env=pipeline.environment).wait() == 0
    await pipeline.push(a_token())

    async def stored() -> bool:
        return await pipeline.count_events() == 1

    await until(stored, what="the event is stored")


async def _found(api: httpx.AsyncClient, user: str) -> bool:
    return bool((await api.get("/findings", params={"user": user})).json()["total"])


async def _scored(api: httpx.AsyncClient, user: str) -> bool:
    items = (await api.get("/findings", params={"user": user})).json()["items"]
    return bool(items) and all(item["risk_score"] is not None and item["ai_explanation"] for item in items)


async def _counted(pipeline: Pipeline, detections: int) -> bool:
    found = [one for one in (await pipeline.findings()).values() if one.rule_name == "admin_token_created"]
    return sum(one.detection_count for one in found) == detections and await pipeline.is_idle()
