"""Exceptions and the clock: findings that return are notified at that moment, and reminders come before it, once."""

import asyncio
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_notifier.testing.delivering import PUBLIC_URL, Delivering, a_route, a_webhook
from mcm_notifier.testing.exceptions import OWNER, REQUESTER, break_matcher, compiled, evaluated, revoke, suppress
from mcm_notifier.testing.receivers import HttpReceiver
from mcm_shared.db.engine import transaction
from mcm_shared.db.tables import FINDINGS
from mcm_shared.testing.builders import NOON, a_finding
from mcm_shared.testing.stored_findings import store_findings

MONA = "mona@example.com"
DAY = timedelta(days=1)
SIGMA = "title: the notifier does not compile it"


async def delivering(engine: AsyncEngine, receiver: HttpReceiver, **route: object) -> Delivering:
    return await Delivering(engine, {"hook": a_webhook(receiver)}, {"all": a_route(**route)}).start()


async def reminding(engine: AsyncEngine, receiver: HttpReceiver) -> Delivering:
    return await Delivering(engine, {"hook": a_webhook(receiver)}, {}, reminders=("hook",)).start()


def measured(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize("ending", ["expired", "revoked", "invalid", "invalid filter"])
async def test_a_finding_is_notified_once_at_the_moment_its_exception_ends(
    engine: AsyncEngine, receiver: HttpReceiver, ending: str
) -> None:
    one = await delivering(engine, receiver)
    number = await suppress(engine, user=MONA, until=NOON + DAY, sigma=SIGMA if ending == "invalid filter" else None)
    [covered] = await store_findings(engine, [a_finding(user=MONA)])
    if ending == "invalid filter":
        await compiled(engine, number)
        await evaluated(engine, number, covered.uid, covered=True)
    await one.handle([covered.uid])
    await one.after(seconds=10)
    two = Delivering(engine, {"hook": a_webhook(receiver)}, {"all": a_route()})
    await two.watcher.watch_once()
    if ending == "expired":
        one.now = NOON + DAY - timedelta(seconds=1)
        await one.deliver()
    assert receiver.requests == []

    if ending == "revoked":
        await revoke(engine, number, one.now)
    elif ending == "invalid":
        await break_matcher(engine, number)
    elif ending == "invalid filter":
        await evaluated(engine, number, covered.uid, covered=False)
        await compiled(engine, number, problem="sigma: the modifier is gone")
    one.now += timedelta(seconds=1)
    two.now = one.now
    await asyncio.gather(one.watcher.watch_once(), two.watcher.watch_once())
    await one.deliver()

    assert [each["finding"]["uid"] for each in receiver.notifications()] == [str(covered.uid)]
    # a restart, and the finding's next change
    one.watcher = one.another_watcher()
    await one.change(covered, detection_count=9, version=2)
    await one.after(hours=1)
    assert len(receiver.requests) == 1


async def test_a_finding_that_a_sigma_filter_may_cover_waits_until_the_filter_was_evaluated(
    postgres: AsyncEngine, receiver: HttpReceiver
) -> None:
    notifier = await delivering(postgres, receiver)
    number = await suppress(postgres, user=MONA, until=NOON + DAY, sigma=SIGMA)
    covered, inside, unknown = await notifier.stored([a_finding(user=MONA) for _ in range(3)])
    await notifier.deliver()
    assert receiver.requests == []

    await compiled(postgres, number, rules=(covered.rule_name,))
    for finding in (covered, inside):
        await evaluated(postgres, number, finding.uid, covered=finding is covered)
    other, of_user = await notifier.stored(
        [a_finding(user=MONA, rule_name="another"), a_finding(user="eve@example.com")]
    )
    await notifier.after(seconds=1)
    assert {each["finding"]["uid"] for each in receiver.notifications()} == {
        str(finding.uid) for finding in (inside, other, of_user)
    }
    # the API is down: better a notification too many than one too few
    await notifier.after(seconds=61)
    assert [each["finding"]["uid"] for each in receiver.notifications()][3:] == [str(unknown.uid)]

    # a change makes the finding visible until it was evaluated again: it is not sent in between
    await notifier.change(covered, version=2, detection_count=2)
    await notifier.after(seconds=1)
    await evaluated(postgres, number, covered.uid, covered=True)
    await notifier.after(minutes=5)
    assert len(receiver.notifications()) == 4
    await revoke(postgres, number, notifier.now)
    await notifier.after(minutes=5)
    assert [each["finding"]["uid"] for each in receiver.notifications()][4:] == [str(covered.uid)]


async def test_what_was_notified_before_its_exception_is_not_notified_again_unless_it_is_more_severe(
    postgres: AsyncEngine, receiver: HttpReceiver
) -> None:
    notifier = await delivering(postgres, receiver)
    same, raised = await notifier.stored([a_finding(user=MONA), a_finding(user=MONA)])
    await notifier.deliver()
    await suppress(postgres, user=MONA, until=NOON + DAY)
    for each in (same, raised):
        values = {"severity_rank": 4 if each is raised else 3, "version": 2}
        await notifier.change(each, **values)
    await notifier.after(hours=1)
    assert len(receiver.requests) == 1

    notifier.now = NOON + DAY
    await notifier.deliver()

    assert [each["reason"] for each in receiver.requests[1].json["data"]["notifications"]] == ["severity_raised"]
    assert {each["finding"]["uid"] for each in receiver.requests[1].json["data"]["notifications"]} == {str(raised.uid)}


async def test_a_finding_hidden_while_its_notification_waited_is_notified_when_it_is_visible_again(
    postgres: AsyncEngine, receiver: HttpReceiver
) -> None:
    notifier = await delivering(postgres, receiver, when="every 15 minutes")
    suppressed, withdrawn, closed = await notifier.stored(
        [a_finding(user=each) for each in (MONA, "eve@example.com", MONA)]
    )
    await suppress(postgres, user=MONA, until=NOON + DAY)
    for finding, values in ((withdrawn, {"withdrawn": True}), (closed, {"chosen_status": "resolved"})):
        async with transaction(postgres) as connection:
            await connection.execute(update(FINDINGS).where(FINDINGS.c.uid == finding.uid).values(**values))
    await notifier.after(minutes=16)
    assert receiver.requests == []
    assert {state: measured("mcm_notifications_unsent", state=state) for state in ("waiting", "hidden")} == {
        "waiting": 0,
        "hidden": 2,
    }

    await notifier.change(withdrawn, withdrawn=False)
    await notifier.deliver()
    await notifier.after(minutes=16)
    assert [each["finding"]["uid"] for each in receiver.notifications()] == [str(withdrawn.uid)]

    notifier.now = NOON + DAY
    await notifier.deliver()
    await notifier.after(minutes=16)

    assert [each["finding"]["uid"] for each in receiver.notifications()] == [str(withdrawn.uid), str(suppressed.uid)]


async def test_reminders_come_30_7_and_1_days_before_each_once(postgres: AsyncEngine, receiver: HttpReceiver) -> None:
    one, two = await reminding(postgres, receiver), await reminding(postgres, receiver)
    expires = NOON + 60 * DAY
    number = await suppress(postgres, user=MONA, until=expires)
    # neither long enough for a reminder, nor active, nor there any more
    await suppress(postgres, user="eve@example.com", until=expires, since=expires - timedelta(hours=20))
    await suppress(postgres, user="requested@example.com", until=expires, approved_at=None)
    await revoke(postgres, await suppress(postgres, user="revoked@example.com", until=expires), NOON)

    due: dict[int, timedelta] = {}
    reminded = measured("mcm_notification_attempts_total", channel="hook", kind="reminder", outcome="sent")
    second = timedelta(seconds=1)
    for left in (30 * DAY + second, 30 * DAY, 20 * DAY, 7 * DAY + second, 7 * DAY, DAY + second, DAY, second, -second):
        one.now = two.now = expires - left
        await asyncio.gather(one.watcher.watch_once(), two.watcher.watch_once())
        await one.deliver()
        for request in receiver.requests[len(due) :]:
            due[request.json["data"]["days"]] = left
        # a restart
        one.watcher = one.another_watcher()

    assert due == {30: 30 * DAY, 7: 7 * DAY, 1: DAY}
    assert len(receiver.requests) == len(set(receiver.ids)) == 3
    assert measured("mcm_notification_attempts_total", channel="hook", kind="reminder", outcome="sent") == reminded + 3
    sent = receiver.requests[0].json
    assert sent["type"] == "exception.expiring"
    assert sent["data"]["exception"]["name"] == f"EX-{number}"
    assert (sent["data"]["exception"]["owner"], sent["data"]["exception"]["requester"]) == (OWNER, REQUESTER)
    assert sent["data"]["url"] == f"{PUBLIC_URL}/app/exceptions?exception={number}"


async def test_after_an_outage_the_latest_reminder_is_sent_and_an_earlier_one_is_not(
    postgres: AsyncEngine, receiver: HttpReceiver
) -> None:
    notifier = await reminding(postgres, receiver)
    await suppress(postgres, user=MONA, until=NOON + 60 * DAY)

    notifier.now = NOON + timedelta(days=59, hours=12)
    await notifier.deliver()
    await notifier.after(minutes=1)

    assert [request.json["data"]["days"] for request in receiver.requests] == [1]
