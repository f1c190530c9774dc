"""Listening to what changes, over a real Kafka, and coming back without losing or repeating anything."""

import asyncio
from collections.abc import Callable, Sequence

import httpx
import pytest

from mcm_api.testing.announced import announce, publish
from mcm_api.testing.stream_client import Listening, listening
from mcm_shared.contracts.findings import FindingMessage, Severity
from mcm_shared.contracts.topics import Topics
from mcm_shared.kafka.producer import connect_producer
from mcm_shared.kafka.records import Outgoing
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import KafkaSettings
from mcm_shared.testing.builders import NOON, a_finding
from tests.services import Service, url_of
from tests.stack import StartPrivateStack

RunService = Callable[..., Service]


@pytest.fixture
async def api(run_service: RunService, kafka: KafkaSettings) -> Service:
    """An API that follows the topics."""
    await ensure_topics(kafka)
    service = run_service("mcm-api", "run", MCM_API_PORT="0")
    await asyncio.to_thread(service.wait_for_log, "following the findings")
    return service


def uids(findings: Sequence[FindingMessage]) -> list[str]:
    return [str(finding.uid) for finding in findings]


async def test_what_is_published_is_heard_by_everyone_who_listens(
    api: Service, database_url: str, kafka: KafkaSettings
) -> None:
    finding = a_finding(severity=Severity.CRITICAL, version=3, event_id=None)
    async with listening(url_of(api)) as one, listening(url_of(api)) as other:
        await one.hears("heartbeat")
        await other.hears("heartbeat")
        await publish(database_url, kafka, [finding])

        heard = await one.hears("finding")
        assert await other.hears("finding") == heard

    assert FindingMessage.model_validate(heard[0].data) == finding
    assert heard[0].data["source"] == "test-app"
    assert one.status == 200
    assert one.headers["content-type"].startswith("text/event-stream")
    assert one.headers["cache-control"] == "no-store"
    assert one.headers["x-accel-buffering"] == "no"
    assert "content-encoding" not in one.headers


async def test_an_enriched_finding_is_heard_of_again(api: Service, database_url: str, kafka: KafkaSettings) -> None:
    finding = a_finding()
    enriched = finding.model_copy(update={"risk_score": 87, "ai_source": "heuristic", "ai_enriched_at": NOON})
    async with listening(url_of(api)) as heard:
        await heard.hears("heartbeat")
        await publish(database_url, kafka, [finding])
        await heard.hears("finding")
        await publish(database_url, kafka, [enriched], enriched=True)

        scores = [frame.data["risk_score"] for frame in await heard.hears("finding", 2)]

    assert scores == [None, 87]


async def test_an_action_is_heard_of_by_who_it_concerns(api: Service, database_url: str, kafka: KafkaSettings) -> None:
    finding = a_finding(event_id=None)
    action = {"kind": "status", "value": "resolved", "reason": "Checked"}
    async with listening(url_of(api)) as one, listening(url_of(api), "status=resolved") as other:
        await asyncio.gather(one.hears("heartbeat"), other.hears("heartbeat"))
        await publish(database_url, kafka, [finding])
        await one.hears("finding")
        async with httpx.AsyncClient(base_url=url_of(api)) as client:
            assert (await client.post(f"/findings/{finding.id}/actions", json=action)).status_code == 200
        heard = (await one.hears("finding", 2))[-1].data

        assert (await other.hears("finding"))[0].data == heard
    assert (heard["status"], heard["status_reason"], heard["triage_version"]) == ("resolved", "Checked", 1)


@pytest.mark.parametrize(
    ("query", "filters"),
    [
        ("severity=high&severity=critical", [1, 2]),
        ("user=ada@example.com", [0, 2]),
        ("rule=large_merge&rule=login_failures", [0, 1]),
        ("rule=large_merge&severity=high", [1]),
        ("", [0, 1, 2]),
    ],
)
async def test_a_listener_hears_only_what_is_asked_for(
    api: Service, database_url: str, kafka: KafkaSettings, query: str, filters: list[int]
) -> None:
    findings = [
        a_finding(severity=Severity.LOW, user="ada@example.com", rule_name="login_failures"),
        a_finding(severity=Severity.HIGH, user="mona@example.com", rule_name="large_merge"),
        a_finding(severity=Severity.CRITICAL, user="ada@example.com", rule_name="mfa_fatigue"),
    ]
    last = a_finding(severity=Severity.HIGH, user="ada@example.com", rule_name="large_merge")
    async with listening(url_of(api), query) as heard:
        await heard.hears("heartbeat")
        await publish(database_url, kafka, findings)
        await publish(database_url, kafka, [last])
        await heard.hears_of(last.uid)

    assert set(heard.uids()) - {str(last.uid)} == {str(findings[number].uid) for number in filters}


async def test_who_comes_back_hears_exactly_what_was_missed(
    api: Service, database_url: str, kafka: KafkaSettings
) -> None:
    findings = [a_finding() for _ in range(40)]
    async with listening(url_of(api)) as first:
        await first.hears("heartbeat")
        await publish(database_url, kafka, findings[:20])
        heard = await first.hears("finding", 20)
    await publish(database_url, kafka, findings[20:])

    for position in (heard[0].id, heard[7].id, heard[19].id):
        known = {frame.data["uid"] for frame in heard[: [frame.id for frame in heard].index(position) + 1]}
        async with listening(url_of(api), last_event_id=position) as again:
            await again.hears("finding", 40 - len(known))
            await again.hears("heartbeat")
        assert sorted(again.uids()) == sorted(set(uids(findings)) - known)


async def test_a_position_outlives_the_api(
    api: Service, database_url: str, kafka: KafkaSettings, run_service: RunService
) -> None:
    findings = [a_finding() for _ in range(30)]
    async with listening(url_of(api)) as first:
        await first.hears("heartbeat")
        await publish(database_url, kafka, findings[:10])
        heard = await first.hears("finding", 10)
    api.kill()
    await publish(database_url, kafka, findings[10:])
    other = run_service("mcm-api", "run", MCM_API_PORT="0")

    async with listening(await asyncio.to_thread(url_of, other), f"after={heard[4].id}") as again:
        await again.hears("finding", 25)
        await again.hears("heartbeat")

    assert len(again.uids()) == 25
    assert sorted(again.uids()) == sorted(set(uids(findings)) - {frame.data["uid"] for frame in heard[:5]})


async def test_the_list_and_the_stream_leave_no_gap(api: Service, database_url: str, kafka: KafkaSettings) -> None:
    finding = a_finding()
    async with httpx.AsyncClient(base_url=url_of(api)) as client:
        page = (await client.get("/findings")).json()
        overview = (await client.get("/stats/overview")).json()
    await publish(database_url, kafka, [finding])

    for position in (page["position"], overview["position"]):
        async with listening(url_of(api), f"after={position}") as heard:
            await heard.hears("finding")
        assert heard.uids() == uids([finding])


async def test_a_position_from_before_partitions_were_added_leaves_no_gap(
    api: Service, database_url: str, kafka: KafkaSettings
) -> None:
    findings = [a_finding() for _ in range(20)]
    await publish(database_url, kafka, findings)

    async with listening(url_of(api), "after=0~0") as heard:
        for finding in findings:
            await heard.hears_of(finding.uid)

    assert len(heard.uids()) == len(set(heard.uids()))


async def test_a_position_that_the_topics_do_not_hold_asks_to_begin_afresh(api: Service, kafka: KafkaSettings) -> None:
    async with listening(url_of(api), "after=9.9.9~9.9.9") as heard:
        frames = await heard.hears("resync")
        await heard.until_the_end()

    assert "before the position" in frames[0].data["reason"]


@pytest.mark.parametrize("position", ["", "x", "1.2.3", "1.2.3~", "-1~0", "1~2~3~4", "9" * 30 + "~1"])
async def test_a_position_that_is_none_is_refused(api: Service, position: str) -> None:
    async with httpx.AsyncClient(base_url=url_of(api)) as client:
        answer = await client.get("/stream", params={"after": position or "~"})

    assert answer.status_code == 422
    assert "is not a position of this API" in answer.json()["detail"]


async def test_records_that_are_no_findings_are_passed_over(
    api: Service, database_url: str, kafka: KafkaSettings
) -> None:
    finding = a_finding(description="two\nlines\r\nand an end\n\nevent: heartbeat\n")
    topic = Topics(kafka.topic_prefix).findings
    async with listening(url_of(api)) as heard:
        await heard.hears("heartbeat")
        async with connect_producer(kafka) as producer:
            await producer.send([Outgoing(topic, b"not JSON\n\nevent: resync\n"), Outgoing(topic, b'{"uid": 1}')])
        await publish(database_url, kafka, [finding])
        frames = await heard.hears("finding")

    assert [frame.data["uid"] for frame in frames] == [str(finding.uid)]
    assert frames[0].data["description"] == finding.description
    assert not heard.of("resync")


async def test_only_what_the_database_holds_is_streamed_and_as_it_is_stored(
    api: Service, database_url: str, kafka: KafkaSettings
) -> None:
    stored, forged = a_finding(), a_finding(title="forged")
    async with listening(url_of(api)) as first:
        await first.hears("heartbeat")
        await publish(database_url, kafka, [stored])
        await first.hears_of(stored.uid)
        await announce(kafka, [forged, stored.model_copy(update={"title": "forged too", "severity": Severity.LOW})])
        frames = await first.hears("finding", 2)
    async with listening(url_of(api), "after=0.0.0~0.0.0") as later:
        frames += await later.hears("finding", 2)

    assert {frame.data["uid"] for frame in frames} == {str(stored.uid)}
    assert {(frame.data["title"], frame.data["severity"]) for frame in frames} == {(stored.title, "high")}


async def test_open_streams_do_not_hold_up_the_stop(api: Service, kafka: KafkaSettings) -> None:
    async with listening(url_of(api)) as heard, listening(url_of(api)):
        await heard.hears("heartbeat")
        api.terminate()
        code = await asyncio.to_thread(api.wait, 5)
        await heard.until_the_end()

    assert code == 0
    assert "Traceback" not in api.stderr()


async def until_missing(heard: Listening, names: list[str]) -> None:
    """Waits for a heartbeat that reports exactly these dependencies as missing."""
    count = len(heard.of("heartbeat"))
    while heard.of("heartbeat")[-1].data["missing"] != names:
        count += 1
        await heard.hears("heartbeat", count)


async def test_the_stream_outlives_an_outage_of_kafka(
    private_stack: StartPrivateStack, run_service: RunService
) -> None:
    stack = await asyncio.to_thread(private_stack)
    kafka = KafkaSettings(KAFKA_BOOTSTRAP_SERVERS=stack.kafka.bootstrap_servers)
    api = run_service("mcm-api", "run", env=stack.environment, MCM_API_PORT="0")
    await asyncio.to_thread(api.wait_for_log, "following the findings")
    database_url = stack.environment["DATABASE_URL"]
    findings = [a_finding() for _ in range(3)]
    async with listening(url_of(api)) as heard:
        await heard.hears("heartbeat")
        await publish(database_url, kafka, findings[:1])
        await heard.hears("finding")
        await asyncio.to_thread(stack.kafka.kill)
        await until_missing(heard, ["kafka"])
        await asyncio.to_thread(stack.kafka.start)
        await until_missing(heard, [])
        await publish(database_url, kafka, findings[1:])
        await heard.hears("finding", 3)

    assert sorted(heard.uids()) == sorted(uids(findings))
    assert not heard.of("resync")


async def test_who_listens_before_kafka_answers_is_told_to_begin_afresh(
    private_stack: StartPrivateStack, run_service: RunService
) -> None:
    stack = await asyncio.to_thread(private_stack)
    await asyncio.to_thread(stack.kafka.kill)
    api = run_service("mcm-api", "run", env=stack.environment, MCM_API_PORT="0")
    async with listening(await asyncio.to_thread(url_of, api)) as heard:
        assert (await heard.hears("heartbeat"))[0].id is None
        await asyncio.to_thread(stack.kafka.start)
        await heard.hears("resync")
        await heard.until_the_end()


async def test_without_kafka_the_figures_are_told(run_service: RunService, service_env: dict[str, str]) -> None:
    env = {name: value for name, value in service_env.items() if not name.startswith("KAFKA_")}
    api = run_service("mcm-api", "run", env=env, MCM_API_PORT="0")
    async with listening(await asyncio.to_thread(url_of, api)) as heard:
        summary = (await heard.hears("summary"))[0]

    none = ("total_events", "total_findings", "suppressed_findings", "unenriched", "events_per_second")
    assert summary.data == {
        **dict.fromkeys(none, 0),
        "findings_by_severity": {"low": 0, "medium": 0, "high": 0, "critical": 0},
        "active_exceptions": [],
    }
    assert summary.id is None
