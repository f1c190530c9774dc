"""Findings become messages once: new, reopened and raised ones, whatever fails in between."""

from datetime import timedelta
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_notifier.channels.apprise_url import AppriseChannel
from mcm_notifier.channels.slack import SlackChannel
from mcm_notifier.channels.webhook import signed_headers
from mcm_notifier.send import LEASE_S
from mcm_notifier.store.outbox import lease_due, retry_failed
from mcm_notifier.testing.delivering import PUBLIC_URL, SECRET, Delivering, a_route, a_webhook
from mcm_notifier.testing.receivers import HttpReceiver, HttpReply, MailReceiver
from mcm_shared.contracts.findings import Severity
from mcm_shared.db.leases import Lease
from mcm_shared.testing.builders import NOON, a_finding
from mcm_shared.testing.stored_findings import store_findings


async def delivering(engine: AsyncEngine, receiver: HttpReceiver, **route: object) -> Delivering:
    return await Delivering(engine, {"hook": a_webhook(receiver)}, {"all": a_route(**route)}).start()


async def test_a_new_a_reopened_and_a_more_severe_finding_are_notified_and_nothing_else(
    engine: AsyncEngine, receiver: HttpReceiver
) -> None:
    notifier = await delivering(engine, receiver)
    finding = await notifier.finding(severity=Severity.MEDIUM)
    await notifier.deliver()
    await notifier.change(finding, detection_count=50, version=2)
    await notifier.after(minutes=2)
    await notifier.change(finding, severity_rank=4, version=3)
    await notifier.after(minutes=2)
    closing = {"chosen_status": "resolved", "seen_until": NOON, "seen_detections": 50, "triage_version": 1}
    await notifier.change(finding, **closing)
    await notifier.after(minutes=2)
    await notifier.change(finding, last_seen=NOON + timedelta(hours=1), version=4)
    await notifier.after(minutes=2)
    # actions on a reopened finding are no second reopening
    await notifier.change(finding, triage_version=2, assignee="mona@example.com")
    await notifier.after(minutes=2)

    assert [each["reason"] for each in receiver.notifications()] == ["new", "severity_raised", "reopened"]
    assert [each["finding"]["severity"] for each in receiver.notifications()] == ["medium", "critical", "critical"]
    assert len(set(receiver.ids)) == 3


async def test_the_whole_finding_is_posted_with_a_signature_and_its_url(
    postgres: AsyncEngine, receiver: HttpReceiver
) -> None:
    notifier = await delivering(postgres, receiver)
    finding = await notifier.finding(title="Bucket made public")
    await notifier.deliver()

    [request] = receiver.requests
    signed = signed_headers(
        SecretStr(SECRET), request.headers["webhook-id"], int(request.headers["webhook-timestamp"]), request.body
    )
    assert request.headers["webhook-signature"] == signed["webhook-signature"]
    assert request.json["type"] == "finding.new"
    [notification] = request.json["data"]["notifications"]
    assert notification["id"] == request.headers["webhook-id"]
    assert notification["url"] == f"{PUBLIC_URL}/app/findings/{finding.id}"
    assert notification["finding"]["uid"] == str(finding.uid)
    assert notification["finding"]["extra_data"] == finding.extra_data
    [entry] = await notifier.outbox()
    assert (entry.state, entry.attempts, entry.response) == ("sent", 1, "HTTP 200: ok")


async def test_findings_of_before_the_first_start_and_withdrawn_ones_are_not_notified(
    postgres: AsyncEngine, receiver: HttpReceiver
) -> None:
    [old] = await store_findings(postgres, [a_finding()])
    notifier = await delivering(postgres, receiver)
    withdrawn = await notifier.finding(withdrawn=True)
    gone = await notifier.finding()
    await notifier.change(gone, withdrawn=True)
    await notifier.handle([old.uid, withdrawn.uid, gone.uid, uuid4()])
    await notifier.after(minutes=2)
    assert receiver.requests == []

    # restored, and of another severity than at the start
    await notifier.change(withdrawn, withdrawn=False)
    await notifier.change(old, severity_rank=4)
    await notifier.after(minutes=2)

    assert {each["reason"] for each in receiver.notifications()} == {"new", "severity_raised"}


async def test_failures_are_retried_with_backoff_and_the_same_id(postgres: AsyncEngine, receiver: HttpReceiver) -> None:
    receiver.replies = [HttpReply(500, "broken")] * 3
    notifier = await delivering(postgres, receiver)
    await notifier.finding()
    await notifier.deliver()

    for seconds, attempts in ((0.9, 1), (0.2, 2), (1.8, 2), (0.3, 3), (3.8, 3)):
        await notifier.after(seconds=seconds)
        assert len(receiver.requests) == attempts
    [entry] = await notifier.outbox()
    assert (entry.state, entry.response) == ("pending", "HTTP 500: broken")
    await notifier.after(seconds=0.4)

    assert len(receiver.requests) == 4
    assert len(set(receiver.ids)) == 1
    assert (await notifier.outbox())[0].state == "sent"


async def test_after_a_day_of_failures_a_message_has_failed_until_it_is_retried_by_hand(
    postgres: AsyncEngine, receiver: HttpReceiver
) -> None:
    receiver.reply = HttpReply(503, "down", {"retry-after": "7200"})
    notifier = await delivering(postgres, receiver)
    await notifier.finding()
    for _ in range(15):
        await notifier.after(hours=2)
    [entry] = await notifier.outbox()
    assert entry.state == "failed"
    assert entry.attempts == 13

    receiver.reply = HttpReply()
    await notifier.after(hours=1)
    assert (await notifier.outbox())[0].state == "failed"
    assert await retry_failed(postgres, entry.id, notifier.now) == 1
    await notifier.deliver()

    assert (await notifier.outbox())[0].state == "sent"
    assert len(set(receiver.ids)) == 1


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (HttpReply(404, "no such hook"), "HTTP 404: no such hook"),
        (HttpReply(302, "", {"location": "http://127.0.0.1/"}), "redirects are not followed"),
    ],
)
async def test_a_refusal_fails_visibly_at_once(
    postgres: AsyncEngine, receiver: HttpReceiver, reply: HttpReply, said: str
) -> None:
    receiver.reply = reply
    notifier = await delivering(postgres, receiver)
    await notifier.finding()
    await notifier.deliver()
    await notifier.after(hours=1)

    assert len(receiver.requests) == 1
    [entry] = await notifier.outbox()
    assert entry.state == "failed"
    assert said in (entry.response or "")


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ("ok", "sent"),
        ('{"ok":true}', "sent"),
        ('{"ok":false,"error":"channel_is_archived"}', "failed"),
        ("invalid_token", "failed"),
        ("<html>Sign in</html>", "failed"),
        ("", "failed"),
        ('{"ok":false,"error":"ratelimited"}', "pending"),
    ],
)
async def test_slack_accepts_a_message_only_with_ok(
    postgres: AsyncEngine, receiver: HttpReceiver, body: str, state: str
) -> None:
    receiver.reply = HttpReply(200, body)
    channel = SlackChannel.model_validate({"type": "slack", "url": receiver.url, "allow": ["127.0.0.1"]})
    notifier = await Delivering(postgres, {"hook": channel}, {"all": a_route()}).start()
    await notifier.finding(title="Role <!channel> escalated", user="mona@example.com")
    await notifier.deliver()

    [entry] = await notifier.outbox()
    assert entry.state == state
    [request] = receiver.requests
    assert "<!" not in request.json["text"]
    assert f"<{PUBLIC_URL}/app/findings/1|Open in the dashboard>" in request.json["text"]
    assert request.json["blocks"][0]["text"]["type"] == "plain_text"


async def test_mail_goes_out_with_the_id_and_a_refusal_of_the_server_is_retried(
    postgres: AsyncEngine, mail: MailReceiver
) -> None:
    mail.refusals = ["451 try later"]
    url = f"mailto://127.0.0.1:{mail.port}?from=monitor@example.com&to=soc@example.com&mode=insecure"
    channel = AppriseChannel.model_validate({"type": "apprise", "url": url})
    notifier = await Delivering(postgres, {"hook": channel}, {"all": a_route()}).start()
    await notifier.finding(title="Bucket made public")
    await notifier.deliver()
    assert mail.mails == []
    assert (await notifier.outbox())[0].state == "pending"

    await notifier.after(seconds=2)

    [entry] = await notifier.outbox()
    [sent] = mail.mails
    assert entry.state == "sent"
    assert sent["X-MCM-Delivery-Id"] == str(entry.id)
    assert "High: Bucket made public" in str(sent["Subject"])


async def test_a_message_of_a_process_that_died_is_sent_by_another_with_the_same_id(
    postgres: AsyncEngine, receiver: HttpReceiver
) -> None:
    notifier = await delivering(postgres, receiver)
    await notifier.finding()
    await notifier.composer.compose_due()
    [leased] = await lease_due(postgres, Lease(uuid4(), notifier.now, LEASE_S), 10)

    await notifier.after(seconds=LEASE_S - 1)
    assert receiver.requests == []
    await notifier.after(seconds=2)

    assert receiver.ids == [str(leased.id)]
