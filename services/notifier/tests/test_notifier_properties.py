"""Whatever the order of messages, repeats and notifiers: each notification arrives, once by id."""

import asyncio
import random
from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_notifier.testing.delivering import Delivering, a_route, a_webhook
from mcm_notifier.testing.exceptions import suppress
from mcm_notifier.testing.receivers import BeforeReply, HttpReceiver, HttpReply
from mcm_shared.contracts.findings import Severity
from mcm_shared.db.engine import transaction
from mcm_shared.db.tables import FINDINGS
from mcm_shared.testing.builders import NOON, a_finding
from mcm_shared.testing.stored_findings import store_findings

ROUTES = {"all": a_route(max_per_hour=1000), "critical": a_route(filter={"severity": "critical"}, max_per_hour=1000)}


@pytest.mark.parametrize("seed", range(3))
async def test_each_notification_arrives_and_once_by_id(
    postgres: AsyncEngine, receiver: HttpReceiver, seed: int
) -> None:
    chance = random.Random(seed)
    receiver.replies = [HttpReply(500) for _ in range(5)]
    one, two = [Delivering(postgres, {"hook": a_webhook(receiver)}, ROUTES) for _ in range(2)]
    await asyncio.gather(one.start(), two.start())
    findings = await store_findings(postgres, [a_finding(severity=Severity.LOW) for _ in range(12)])
    uids = [finding.uid for finding in findings]
    ranks = dict.fromkeys(uids, 1)
    reopened: Counter[object] = Counter()
    await asyncio.gather(one.handle(uids), two.handle(uids[::-1]))

    for step in range(1, 25):
        uid = chance.choice(uids)
        if chance.random() < 0.5:
            ranks[uid] = min(4, ranks[uid] + 1)
            values: dict[str, object] = {"severity_rank": ranks[uid], "version": step + 1}
        else:
            # closed, and overtaken by a later detection before anything is sent
            reopened[uid] += 1
            values = {
                "chosen_status": "resolved",
                "seen_until": NOON + timedelta(hours=step),
                "seen_detections": step,
                "last_seen": NOON + timedelta(hours=step, minutes=30),
            }
        async with transaction(postgres) as connection:
            await connection.execute(update(FINDINGS).where(FINDINGS.c.uid == uid).values(**values))
        # repeats and stale messages, in any order, at both notifiers at once
        batches = [[*chance.sample(uids, 4), uid] for _ in range(2)]
        await asyncio.gather(one.handle(batches[0]), two.handle(batches[1]))
        if chance.random() < 0.3:
            for each in (one, two):
                each.now += timedelta(minutes=3)
            await asyncio.gather(one.deliver(), two.deliver())

    await asyncio.gather(one.handle(uids), two.handle(uids))
    for _ in range(4):
        for each in (one, two):
            each.now += timedelta(minutes=10)
        await asyncio.gather(one.deliver(), two.deliver())

    sent = {entry.state for entry in await one.outbox()}
    assert sent == {"sent"}
    by_id = {
        each["id"]: (request.json["data"]["route"], each)
        for request in receiver.requests
        for each in request.json["data"]["notifications"]
    }
    everything = [each for route, each in by_id.values() if route == "all"]
    reasons = Counter((each["finding"]["uid"], each["reason"]) for each in everything)
    for uid in uids:
        assert reasons[str(uid), "new"] == 1
        assert reasons[str(uid), "reopened"] == reopened[uid]
        # a severity raised together with a reopening is notified once
        assert reasons[str(uid), "severity_raised"] == ranks[uid] - 1
    critical = {each["finding"]["uid"] for route, each in by_id.values() if route == "critical"}
    assert critical == {str(uid) for uid in uids if ranks[uid] == 4}

    # all of Kafka once more, and once more
    received = len(receiver.requests)
    for _ in range(2):
        await asyncio.gather(one.handle(uids), two.handle(uids))
        for each in (one, two):
            each.now += timedelta(hours=2)
        await asyncio.gather(one.deliver(), two.deliver())
    assert len(receiver.requests) == received


@pytest.mark.parametrize("seed", range(2))
async def test_across_the_borders_of_exceptions_and_kills_each_finding_arrives_once_by_id_and_none_while_it_is_hidden(
    postgres: AsyncEngine, receiver: HttpReceiver, seed: int
) -> None:
    chance = random.Random(seed)
    notifiers = [Delivering(postgres, {"hook": a_webhook(receiver)}, ROUTES) for _ in range(2)]
    await asyncio.gather(*(each.start() for each in notifiers))
    users = [f"user{number}@example.com" for number in range(6)]
    periods = {user: (NOON + timedelta(minutes=chance.randint(30, 150))) for user in users[:4]}
    for user, until in periods.items():
        await suppress(postgres, user=user, until=until)
    stored = []
    for step in range(9):
        stored += await store_findings(postgres, [a_finding(user=user, title=f"{user} {step}") for user in users])
        delivered = [asyncio.create_task(deliver(each, [f.uid for f in stored], chance)) for each in notifiers]
        if chance.random() < 0.5:
            receiver.before_reply = killer(delivered)
        await asyncio.gather(*delivered, return_exceptions=True)
        receiver.before_reply = None
        for each in notifiers:
            # the next process; the leases of the previous one expire meanwhile
            each.now = NOON + timedelta(minutes=20 * (step + 1))
            each.sender, each.watcher = each.another_sender(), each.another_watcher()
    for _ in range(3):
        for each in notifiers:
            each.now += timedelta(minutes=20)
        await asyncio.gather(*(each.deliver() for each in notifiers))

    composed = {str(entry.id): entry for entry in await notifiers[0].outbox()}
    assert {entry.state for entry in composed.values()} == {"sent"}
    by_id: dict[str, tuple[str, datetime]] = {}
    for request in receiver.requests:
        entry = composed[request.headers["webhook-id"]]
        for each in request.json["data"]["notifications"]:
            if entry.route == "all":
                by_id[each["id"]] = (each["finding"]["uid"], entry.created_at)
    assert sorted(uid for uid, _ in by_id.values()) == sorted(str(finding.uid) for finding in stored)
    for finding in stored:
        [at] = [at for uid, at in by_id.values() if uid == str(finding.uid)]
        assert at >= periods.get(finding.user or "", at)


async def deliver(notifier: Delivering, uids: list[UUID], chance: random.Random) -> None:
    await notifier.handle(chance.sample(uids, len(uids)))
    await notifier.deliver()


def killer(tasks: list[asyncio.Task[None]]) -> BeforeReply:
    async def kill() -> None:
        # accepted, and the process dies before it can note that
        for task in tasks:
            task.cancel()

    return kill
