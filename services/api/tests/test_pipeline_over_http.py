"""How the pipeline is, and sending again what could not be processed: over a real Kafka with a real engine."""

import asyncio
from collections.abc import Callable

import httpx
import orjson
import pytest
from pydantic import SecretStr

from mcm_api.database import DatabaseReader
from mcm_api.identity.restriction import UNRESTRICTED, Restriction, restricted
from mcm_api.pipeline.dead_letters import DeadLetters, DeadLettersPart
from mcm_api.pipeline.queries import read_pipeline
from mcm_api.pipeline.schemas import Pipeline
from mcm_api.resources.consumer_groups import ConsumerGroups
from mcm_api.resources.event_rate import EventRate
from mcm_shared.contracts.topics import SOURCE_HEADER, Topics
from mcm_shared.db.engine import create_engine
from mcm_shared.event_time import EPOCH
from mcm_shared.kafka.producer import connect_producer
from mcm_shared.kafka.records import Outgoing
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import DatabaseSettings, KafkaSettings
from mcm_shared.testing.builders import an_event_payload
from tests.pipeline import until
from tests.services import Service, url_of

RunService = Callable[..., Service]


@pytest.fixture
async def kafka(bootstrap_servers: str, topic_prefix: str) -> KafkaSettings:
    """The broker, with topics of the test's own."""
    settings = KafkaSettings(
        KAFKA_BOOTSTRAP_SERVERS=bootstrap_servers, MCM_TOPIC_PREFIX=topic_prefix, MCM_TOPIC_PARTITIONS=3
    )
    await ensure_topics(settings)
    return settings


@pytest.fixture
async def url(run_service: RunService, kafka: KafkaSettings) -> str:
    """The address of an API with Kafka."""
    return await asyncio.to_thread(url_of, run_service("mcm-api", "run", MCM_API_PORT="0"))


async def push(kafka: KafkaSettings, *values: bytes, source: str | None = None) -> None:
    headers = () if source is None else ((SOURCE_HEADER, source.encode()),)
    async with connect_producer(kafka) as producer:
        for value in values:
            await producer.send([Outgoing(Topics(kafka.topic_prefix).raw, value, headers=headers)])


async def test_what_waits_and_who_reads_is_told(url: str, kafka: KafkaSettings, run_service: RunService) -> None:
    await push(kafka, *(an_event_payload() for _ in range(6)))
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        before = (await client.get("/pipeline")).json()
        run_service("mcm-rules-engine", "run")

        async def done() -> bool:
            published = (await client.get("/pipeline")).json()
            return bool(published["groups"]) and published["groups"][0]["lag"] == 0

        await until(done, what="the engine has read everything")
        after = (await client.get("/pipeline")).json()

    assert before["kafka"] == before["database"] == {"reachable": True, "reason": None}
    waiting = before["groups"][0]
    assert (waiting["group"], waiting["topic"], waiting["lag"], waiting["workers"]) == (
        "rules-engine",
        "events.raw",
        6,
        [],
    )
    assert [one["committed"] for one in waiting["partitions"]] == [None, None, None]
    assert before["lag"] == 6
    reading = after["groups"][0]
    assert [worker["partitions"] for worker in reading["workers"]] == [[0, 1, 2]]
    assert {one["worker"] for one in reading["partitions"]} == {reading["workers"][0]["id"]}
    assert [one["committed"] for one in reading["partitions"] if one["end"]] == [
        one["end"] for one in reading["partitions"] if one["end"]
    ]
    assert after["groups"][1]["group"] == "enricher"
    assert after["sources"] == [
        {
            "source": "test-app",
            "events": 6,
            "last_event_at": "2026-11-20T12:00:00Z",
            "events_last_hour": 0,
            "state": "quiet",
        }
    ]
    assert after["dead_letters"] == {"total": 0}


async def test_what_concerns_all_sources_is_hidden_from_restricted_accounts(
    kafka: KafkaSettings, sqlite_url: str
) -> None:
    await push(kafka, an_event_payload())
    engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(sqlite_url)))
    reader, dead_letters = DatabaseReader(engine, 30), DeadLettersPart(DeadLetters(kafka))
    assert dead_letters.dead_letters is not None
    groups = ConsumerGroups(kafka)
    following = asyncio.create_task(dead_letters.dead_letters.run())

    async def read(restriction: Restriction) -> Pipeline:
        with restricted(restriction):
            return await read_pipeline(reader, EventRate(), groups, dead_letters)

    async def is_complete() -> bool:
        return (await read(UNRESTRICTED)).dead_letters.total is not None

    await until(is_complete, what="the dead letters have been read")
    for restriction in (Restriction(frozenset({"my-app"})), Restriction(start=EPOCH)):
        seen = await read(restriction)
        assert seen.kafka.reachable
        assert (seen.groups, seen.lag, seen.dead_letters.total) == ([], None, None)
    everything = await read(UNRESTRICTED)
    assert (everything.groups[0].lag, everything.lag, everything.dead_letters.total) == (1, 1, 0)
    before = groups.reads
    at_once = await asyncio.gather(*(read(UNRESTRICTED) for _ in range(20)))
    assert {one.lag for one in at_once} == {1}
    assert groups.reads - before <= 2, "those who ask at the same time share a read"
    following.cancel()
    await engine.dispose()


async def test_a_dead_letter_is_shown_sent_again_dismissed_and_reopened(
    url: str, kafka: KafkaSettings, run_service: RunService
) -> None:
    wrong = orjson.dumps({"source": "my-app", "event_type": "login_failed"})
    run_service("mcm-rules-engine", "run")
    await push(kafka, wrong, b"x" * 5000)
    await push(kafka, b"{}", source="nobody.knows")
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:

        async def dead_letters() -> list[dict[str, object]]:
            items: list[dict[str, object]] = (await client.get("/dead-letters")).json()["items"]
            return items

        async def as_many_as(count: int) -> bool:
            return len(await dead_letters()) == count

        await until(lambda: as_many_as(3), what="three dead letters")
        by_payload = {str(one["payload"])[:5]: one for one in await dead_letters()}
        letter = by_payload['{"sou']
        replayed = await client.post(f"/dead-letters/{letter['partition']}/{letter['offset']}/replay")

        async def it_failed_again() -> bool:
            return any(one["failures"] == 2 for one in await dead_letters())

        await until(it_failed_again, what="it failed again")
        (again,) = [one for one in await dead_letters() if one["failures"] == 2]
        assert await counts(client) == (3, {"open": 3, "retried": 0, "dismissed": 0})
        other = by_payload["xxxxx"]
        place = f"/dead-letters/{other['partition']}/{other['offset']}"
        unexplained = await client.post(f"{place}/dismiss", json={"reason": "  "})
        endless = await client.post(f"{place}/dismiss", json={"reason": "x" * 70_000})
        dismissed = await client.post(f"{place}/dismiss", json={"reason": "noise"})
        assert await counts(client) == (2, {"open": 2, "retried": 0, "dismissed": 1})
        shown = (await client.get("/dead-letters?state=dismissed")).json()["items"]
        reopened = await client.post(f"{place}/reopen")
        assert await counts(client) == (3, {"open": 3, "retried": 0, "dismissed": 0})
        old = f"/dead-letters/{letter['partition']}/{letter['offset']}/dismiss"
        replaced = await client.post(old, json={"reason": "replaced"})

    assert "timestamp is missing" in str(letter["reason"])
    assert letter["origin"].items() >= {"topic": f"{kafka.topic_prefix}events.raw"}.items()  # type: ignore[attr-defined]
    assert (letter["size"], letter["state"], letter["action"]) == (len(wrong), "open", None)
    assert (again["partition"], again["offset"]) != (letter["partition"], letter["offset"])
    assert again["origin"] == letter["origin"]
    assert (len(str(other["payload"])), other["size"]) == (2000, 5000)
    assert by_payload["{}"]["source"] == "nobody.knows"
    assert replayed.status_code == 202
    assert replayed.json() == {
        "partition": letter["partition"],
        "offset": letter["offset"],
        "topic": "events.raw",
    }
    answers = (unexplained, endless, dismissed, reopened, replaced)
    assert [response.status_code for response in answers] == [422, 413, 200, 200, 404]
    assert shown == [dismissed.json()]
    action = dismissed.json()["action"]
    assert (action["kind"], action["actor"], action["reason"]) == ("dismissed", "local", "noise")
    assert (reopened.json()["state"], reopened.json()["action"]["kind"]) == ("open", "reopened")


async def counts(client: httpx.AsyncClient) -> tuple[int, dict[str, int]]:
    """The count of the pipeline, and those of the list."""
    total = (await client.get("/pipeline")).json()["dead_letters"]["total"]
    return total, (await client.get("/dead-letters")).json()["counts"]


async def test_dead_letters_come_newest_first_page_by_page(url: str, kafka: KafkaSettings) -> None:
    topic = Topics(kafka.topic_prefix).dead
    async with connect_producer(kafka) as producer:
        for number in range(7):
            await producer.send([Outgoing(topic, f"letter {number}".encode(), headers=(("reason", b"why not"),))])
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        pages = [(await client.get("/dead-letters?limit=3")).json()]
        while pages[-1]["next"]:
            pages.append((await client.get(f"/dead-letters?limit=3&before={pages[-1]['next']}")).json())

    shown = [item["payload"] for page in pages for item in page["items"]]
    assert sorted(shown) == [f"letter {number}" for number in range(7)]
    assert [len(page["items"]) for page in pages] == [3, 3, 1]
    assert {item["reason"] for page in pages for item in page["items"]} == {"why not"}


async def test_a_letter_that_cannot_be_sent_again_is_a_problem(url: str, kafka: KafkaSettings) -> None:
    async with connect_producer(kafka) as producer:
        await producer.send(
            [Outgoing(Topics(kafka.topic_prefix).dead, b"?", key=b"k", headers=(("topic", b"elsewhere"),))]
        )
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        letter = (await client.get("/dead-letters")).json()["items"][0]
        foreign = await client.post(f"/dead-letters/{letter['partition']}/{letter['offset']}/replay")
        missing = await client.post(f"/dead-letters/{letter['partition']}/{letter['offset'] + 1}/replay")
        nowhere = await client.post("/dead-letters/99/0/replay")

    assert foreign.status_code == 409
    assert "elsewhere" in foreign.json()["detail"]
    assert (missing.status_code, nowhere.status_code) == (404, 404)


async def test_without_kafka_the_rest_is_told(client: httpx.AsyncClient) -> None:
    pipeline = (await client.get("/pipeline")).json()

    assert pipeline["kafka"]["reachable"] is False
    assert "KAFKA_BOOTSTRAP_SERVERS" in pipeline["kafka"]["reason"]
    assert pipeline["database"] == {"reachable": True, "reason": None}
    assert (pipeline["lag"], pipeline["groups"], pipeline["dead_letters"]) == (None, [], {"total": None})
    assert (await client.get("/dead-letters")).status_code == 503
    assert (await client.post("/dead-letters/0/0/replay")).status_code == 503


def test_servers_that_do_not_answer_are_named(run_service: RunService, service_env: dict[str, str]) -> None:
    nowhere = {"DATABASE_URL": "postgresql://mcm:mcm@127.0.0.1:1/mcm", "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    api = run_service("mcm-api", "run", env={**service_env, **nowhere}, MCM_API_PORT="0")

    pipeline = httpx.get(f"{url_of(api)}/pipeline", timeout=30).json()

    assert (pipeline["kafka"]["reachable"], pipeline["database"]["reachable"]) == (False, False)
    assert "127.0.0.1:1" in pipeline["kafka"]["reason"]
    assert pipeline["sources"] == []
