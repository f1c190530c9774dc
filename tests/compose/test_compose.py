"""docker-compose.yml as people run it: killed, scaled, stopped and started again under load."""

import asyncio
import secrets

import httpx
import orjson
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from mcm_shared.contracts.events import from_raw_event, parse_raw_event
from mcm_shared.testing.builders import an_event_payload
from tests.compose.feed import Feed
from tests.compose.months import BEFORE_MONTHS
from tests.compose_project import ComposeProject
from tests.pipeline import until

WORKERS = ("rules-engine", "enricher")
OURS = (*WORKERS, "api")

pytestmark = pytest.mark.timeout(600)


async def workers_that_share(feed: Feed, group: str) -> int:
    """Counts the members of a group that have partitions; 0 while these are being shared out."""
    client = AIOKafkaAdminClient(bootstrap_servers=feed.project.kafka_servers)
    await client.start()
    try:
        (response,) = await client.describe_consumer_groups([group])
    finally:
        await client.close()
    ((_, _, state, _, _, members),) = response.groups
    return sum(1 for member in members if member[4]) if state == "Stable" else 0


async def is_scored(api: str, user: str) -> bool:
    async with httpx.AsyncClient(base_url=api) as client:
        items = (await client.get("/findings", params={"user": user})).json()["items"]
    return bool(items) and all(item["ai_explanation"] for item in items)


@pytest.mark.parametrize("way", ["kafka", "http"])
async def test_an_event_from_this_machine_is_a_scored_finding(composed: ComposeProject, feed: Feed, way: str) -> None:
    user = f"{secrets.token_hex(4)}@example.com"
    facts = {"event_type": "api_token_created", "scopes": ["admin:*"], "token_id": "tok-1"}
    payload = an_event_payload(id=user, user=user, timestamp=BEFORE_MONTHS, **facts)
    feed.expect([from_raw_event(parse_raw_event(orjson.loads(payload)), "")])

    if way == "kafka":
        await feed.pipeline.push(payload)
    else:
        async with httpx.AsyncClient(base_url=composed.api_url) as client:
            answer = await client.post("/events", content=payload, headers={"Content-Type": "application/json"})
        assert answer.status_code == 202

    await until(lambda: is_scored(composed.api_url, user), what="the event is a scored finding")


async def test_the_dashboard_is_served(composed: ComposeProject) -> None:
    async with httpx.AsyncClient(base_url=composed.api_url) as client:
        answer = await client.get("/app/")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("victim", [*OURS, "kafka", "postgres"])
async def test_any_container_may_be_killed_under_load(composed: ComposeProject, feed: Feed, victim: str) -> None:
    async with feed.load():
        await asyncio.to_thread(composed.kill, victim)
        await asyncio.sleep(1)
        await asyncio.to_thread(composed.up)

    await feed.assert_nothing_lost_nothing_double()


@pytest.mark.parametrize("victim", WORKERS)
async def test_a_worker_that_crashes_comes_back_by_itself(composed: ComposeProject, feed: Feed, victim: str) -> None:
    (container,) = composed.containers(victim)
    before = composed.state(container)["RestartCount"]
    async with feed.load():
        await asyncio.to_thread(composed.crash, victim)

    await feed.assert_nothing_lost_nothing_double()
    assert composed.state(container)["RestartCount"] == before + 1


async def test_workers_come_and_go_under_load(composed: ComposeProject, feed: Feed) -> None:
    async with feed.load():
        await asyncio.to_thread(composed.up, scale={"rules-engine": 3, "enricher": 2})
        await until(lambda: _share(feed, "rules-engine", 3), what="three rules-engines share the partitions")
        await until(lambda: _share(feed, "enricher", 2), what="two enrichers share the partitions")
    async with feed.load():
        leaving = composed.containers("rules-engine")
        await asyncio.to_thread(composed.up, scale={"rules-engine": 1, "enricher": 1})
        await until(lambda: _share(feed, "rules-engine", 1), what="one rules-engine has all partitions")

    await feed.assert_nothing_lost_nothing_double()
    assert len(composed.containers("rules-engine")) == 1 < len(leaving)


async def test_every_service_hears_that_it_should_stop(composed: ComposeProject) -> None:
    containers = {name: composed.containers(name)[0] for name in OURS}
    await asyncio.to_thread(composed.compose, "stop", *OURS)

    codes = {name: composed.state(container)["ExitCode"] for name, container in containers.items()}
    await asyncio.to_thread(composed.up)
    assert codes == dict.fromkeys(OURS, 0)


async def test_down_and_up_keep_the_data(composed: ComposeProject, feed: Feed) -> None:
    async with feed.load():
        await asyncio.to_thread(composed.down, volumes=False)
        await asyncio.to_thread(composed.up)

    await feed.assert_nothing_lost_nothing_double()


async def _share(feed: Feed, group: str, workers: int) -> bool:
    return await workers_that_share(feed, group) == workers
