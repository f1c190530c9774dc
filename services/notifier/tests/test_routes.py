"""Routes: what matches, what waits for its score, what is suppressed, and storms."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_notifier.testing.delivering import Delivering, a_route, a_webhook
from mcm_notifier.testing.exceptions import suppress
from mcm_notifier.testing.receivers import HttpReceiver
from mcm_shared.contracts.findings import Severity
from mcm_shared.testing.builders import NOON, a_finding


async def delivering(engine: AsyncEngine, receiver: HttpReceiver, **route: object) -> Delivering:
    return await Delivering(engine, {"hook": a_webhook(receiver)}, {"all": a_route(**route)}).start()


async def test_a_thousand_findings_in_a_minute_are_a_notice_and_a_digest_with_all_of_them(
    postgres: AsyncEngine, receiver: HttpReceiver
) -> None:
    notifier = await delivering(postgres, receiver)
    findings = [a_finding() for _ in range(1000)]
    for start in (0, 1, 5, 300, 700):
        end = {0: 1, 1: 5, 5: 300, 300: 700, 700: 1000}[start]
        await notifier.stored(findings[start:end])
        await notifier.after(seconds=12)
    for _ in range(8):
        await notifier.after(minutes=10)

    types = [request.json["type"] for request in receiver.requests]
    assert types == ["finding.new", "findings.storm", "findings.digest"]
    assert receiver.requests[1].json["data"]["waiting"] == 299
    notified = [each["finding"]["uid"] for each in receiver.notifications()]
    assert len(notified) == 1000
    assert set(notified) == {str(finding.uid) for finding in findings}

    # every message of Kafka once more
    await notifier.handle([finding.uid for finding in findings])
    await notifier.after(hours=2)
    assert len(receiver.requests) == 3


async def test_a_minimum_risk_waits_for_the_score_for_a_minute(postgres: AsyncEngine, receiver: HttpReceiver) -> None:
    notifier = await delivering(postgres, receiver, filter={"risk_min": 70})
    high = await notifier.finding(title="high risk")
    low = await notifier.finding(title="low risk")
    await notifier.finding(title="never scored")
    await notifier.after(seconds=10)
    assert receiver.requests == []

    await notifier.change(high, risk_score=90)
    await notifier.change(low, risk_score=10)
    await notifier.after(seconds=10)
    assert [each["finding"]["title"] for each in receiver.notifications()] == ["high risk"]
    await notifier.after(minutes=2)

    assert [each["finding"]["title"] for each in receiver.notifications()] == ["high risk", "never scored"]


async def test_a_route_sends_what_its_filter_matches_and_is_not_closed(
    postgres: AsyncEngine, receiver: HttpReceiver
) -> None:
    routes = {
        "critical": a_route(filter={"severity": "critical"}),
        "mona": a_route(filter={"user": "mona@example.com", "source": ["test-app"]}, when="every 15 minutes"),
    }
    notifier = await Delivering(postgres, {"hook": a_webhook(receiver)}, routes).start()
    raised = await notifier.finding(user="eve@example.com", severity=Severity.LOW)
    await notifier.finding(user="mona@example.com", severity=Severity.LOW)
    closed = await notifier.finding(user="mona@example.com", severity=Severity.LOW)
    await notifier.change(closed, chosen_status="false_positive", seen_until=NOON, seen_detections=1)
    await notifier.after(minutes=2)
    assert receiver.requests == []

    await notifier.change(raised, severity_rank=4)
    await notifier.after(minutes=14)

    sent = [(each.json["data"]["route"], len(each.json["data"]["notifications"])) for each in receiver.requests]
    assert sorted(sent) == [("critical", 1), ("mona", 1)]


async def test_what_an_exception_suppresses_is_not_notified_until_it_has_expired(
    postgres: AsyncEngine, receiver: HttpReceiver
) -> None:
    notifier = await delivering(postgres, receiver, when="every 15 minutes")
    waiting = await notifier.finding(user="mona@example.com", first_seen=NOON)
    await suppress(postgres, user="mona@example.com", until=NOON + timedelta(days=1))
    covered = await notifier.finding(user="mona@example.com", first_seen=NOON)
    other = await notifier.finding(user="eve@example.com")
    await notifier.after(minutes=20)
    assert {each["finding"]["uid"] for each in receiver.notifications()} == {str(other.uid)}

    notifier.now = NOON + timedelta(days=1)
    await notifier.change(covered, version=2)
    await notifier.after(minutes=20)

    notified = [each["finding"]["uid"] for each in receiver.notifications()]
    assert notified[0] == str(other.uid)
    assert sorted(notified[1:]) == sorted([str(covered.uid), str(waiting.uid)])
