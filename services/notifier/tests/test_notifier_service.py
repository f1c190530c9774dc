"""The notifier as it runs: its own process, real Kafka and Postgres, loopback receivers, and kill -9."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_notifier.consume import NotificationHandler
from mcm_notifier.store.outbox import list_messages
from mcm_notifier.testing.delivering import SECRET, Delivering, a_route, a_webhook
from mcm_notifier.testing.receivers import HttpReceiver, HttpReply, MailReceiver, http_receiver
from mcm_shared.contracts.findings import FindingMessage, Severity
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.engine import transaction
from mcm_shared.db.notification_tables import NOTIFICATION_MESSAGES, NOTIFIED_FINDINGS
from mcm_shared.kafka.committed_offsets import read_committed_offsets, write_committed_offsets
from mcm_shared.kafka.consumer.worker import Subscription, Worker
from mcm_shared.kafka.producer import connect_producer
from mcm_shared.kafka.records import Outgoing
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import KafkaSettings
from mcm_shared.testing.builders import a_finding
from mcm_shared.testing.stored_findings import store_findings
from mcm_shared.testing.waiting import until
from tests.services import Service

RunService = Callable[..., Service]

FILE = """
channels:
  hook: {{type: webhook, url: "{hook}", secret: "${{HOOK_SECRET}}", allow: [127.0.0.1]}}
  chat: {{type: slack, url: "${{CHAT_URL}}", allow: [127.0.0.1]}}
  mail: {{type: apprise, url: "${{MAIL_URL}}"}}
routes:
  hook: {{channel: hook, filter: {{severity: high}}}}
  chat: {{channel: chat, filter: {{severity: high}}}}
  mail: {{channel: mail, filter: {{severity: high}}}}
"""


async def publish(kafka: KafkaSettings, findings: Sequence[FindingMessage]) -> None:
    await ensure_topics(kafka)
    topic = Topics(kafka.topic_prefix).findings
    async with connect_producer(kafka) as producer:
        await producer.send([Outgoing(topic, f.model_dump_json().encode(), key=b"one partition") for f in findings])


async def is_handled(engine: AsyncEngine, finding: FindingMessage) -> bool:
    query = select(NOTIFIED_FINDINGS.c.finding_uid).where(NOTIFIED_FINDINGS.c.finding_uid == finding.uid)
    async with transaction(engine, read_only=True) as connection:
        return (await connection.execute(query)).first() is not None


async def test_every_channel_has_each_message_once_by_id_after_failures_and_a_kill(
    postgres: AsyncEngine,
    kafka: KafkaSettings,
    run_service: RunService,
    receiver: HttpReceiver,
    mail: MailReceiver,
    tmp_path: Path,
) -> None:
    async with http_receiver() as chat:
        path = tmp_path / "channels.yml"
        path.write_text(FILE.format(hook=receiver.url))
        settings = {
            "MCM_CHANNELS_PATH": str(path),
            "HOOK_SECRET": SECRET,
            "CHAT_URL": chat.url,
            "MAIL_URL": f"mailto://127.0.0.1:{mail.port}?from=m@example.com&to=soc@example.com&mode=insecure",
        }
        receiver.replies = [HttpReply(500)] * 3
        chat.replies = [HttpReply(500)] * 3
        mail.refusals = ["451 later"] * 3
        accepted = asyncio.Event()

        async def die_before_the_reply() -> None:
            # the fourth request is accepted, and the process dies before it can note that
            if len(receiver.requests) == 4:
                service.kill()
                accepted.set()

        receiver.before_reply = die_before_the_reply
        service = run_service("mcm-notifier", "run", **settings)
        await asyncio.to_thread(service.wait_for_log, "routes ready")
        [finding] = await store_findings(postgres, [a_finding()])
        await publish(kafka, [finding])
        async with asyncio.timeout(90):
            await accepted.wait()

        receiver.before_reply = None
        # instead of waiting two minutes for the lease of the dead process to expire
        async with transaction(postgres) as connection:
            await connection.execute(update(NOTIFICATION_MESSAGES).values(leased_until=None, leased_by=None))
        again = run_service("mcm-notifier", "run", **settings)

        async def all_sent() -> bool:
            return {entry.state for entry in await list_messages(postgres, None, 10)} == {"sent"}

        await until(all_sent, 90)
        # the beginning of the topic once more
        await publish(kafka, [finding, finding])
        [late] = await store_findings(postgres, [a_finding(severity=Severity.LOW)])
        await publish(kafka, [late])
        await until(partial(is_handled, postgres, late), 90)
        again.terminate()
        assert await asyncio.to_thread(again.wait) == 0
        assert "Traceback" not in again.stderr()

    ids = {entry.route: {str(entry.id)} for entry in await list_messages(postgres, None, 10)}
    assert len(receiver.ids) == 5
    assert {each["finding"]["uid"] for each in receiver.notifications()} == {str(finding.uid)}
    received = {"hook": set(receiver.ids), "chat": set(chat.ids), "mail": {m["X-MCM-Delivery-Id"] for m in mail.mails}}
    assert received == ids


class CountingHandler(NotificationHandler):
    """Counts the messages that it handles."""

    count = 0

    async def store(self, batch: Sequence[UUID]) -> None:
        """Counts a batch that is handled."""
        await super().store(batch)
        self.count += len(batch)


async def test_the_consumer_group_reset_to_the_beginning_sends_nothing(
    postgres: AsyncEngine, kafka: KafkaSettings, receiver: HttpReceiver
) -> None:
    routes = {"all": a_route(), "digest": a_route(when="every 15 minutes")}
    notifier = await Delivering(postgres, {"hook": a_webhook(receiver)}, routes).start()
    findings = await store_findings(postgres, [a_finding() for _ in range(15)])
    await publish(kafka, findings)
    topics = Topics(kafka.topic_prefix)
    place = (topics.group("notifier"), topics.findings)
    handler = CountingHandler(postgres, routes, now=lambda: notifier.now)
    sent = []
    for times in (1, 2):
        worker = Worker(kafka, Subscription(topics.findings, topics.group("notifier")), lambda: handler)
        running = asyncio.create_task(worker.run())
        await until(lambda: handler.count == times * len(findings), 90)  # noqa: B023 (awaited before the next round)
        worker.stop()
        await running
        for _ in range(3):
            await notifier.after(hours=1)
        sent.append(len(receiver.requests))
        committed = await read_committed_offsets(kafka, *place)
        assert sum(committed.values()) == len(findings)
        await write_committed_offsets(kafka, *place, dict.fromkeys(committed, 0))
        assert set((await read_committed_offsets(kafka, *place)).values()) == {0}

    assert sent == [2, 2]
    assert len({each["id"] for each in receiver.notifications()}) == 2 * len(findings)


async def test_a_wrong_file_stops_the_start_and_commands_say_what_to_do(
    postgres: AsyncEngine, run_service: RunService, receiver: HttpReceiver, tmp_path: Path
) -> None:
    path = tmp_path / "channels.yml"
    path.write_text(FILE.format(hook=receiver.url))
    settings = {
        "MCM_CHANNELS_PATH": str(path),
        "HOOK_SECRET": SECRET,
        "CHAT_URL": "x",
        "MAIL_URL": "mailto://127.0.0.1",
    }
    wrong = run_service("mcm-notifier", "run", **settings)
    path_of_one = tmp_path / "one.yml"
    path_of_one.write_text(FILE.format(hook=receiver.url).replace("  chat: {", "  #").replace("  mail: {", "  #"))
    receiver.replies = [HttpReply(200, "thank you"), HttpReply(404, "gone")]
    one = {"MCM_CHANNELS_PATH": str(path_of_one), "HOOK_SECRET": SECRET}
    ended = [
        run_service("mcm-notifier", "test", "hook", **one),
    ]
    codes = [await asyncio.to_thread(each.wait) for each in ended]
    refused = run_service("mcm-notifier", "test", "hook", **one)

    assert await asyncio.to_thread(wrong.wait) == 2
    assert "channels: chat: url: must be a URL that begins with https://" in wrong.stderr()
    assert codes == [0]
    assert ended[0].stdout().strip() == "HTTP 200: thank you"
    assert await asyncio.to_thread(refused.wait) == 1
    assert "HTTP 404: gone" in refused.stderr()
    assert receiver.requests[0].json["type"] == "test"


async def test_failed_messages_are_listed_and_retried_by_command(
    postgres: AsyncEngine, run_service: RunService, receiver: HttpReceiver
) -> None:
    receiver.reply = HttpReply(410, "\x1b[31mgone")
    notifier = await Delivering(postgres, {"hook": a_webhook(receiver)}, {"all": a_route()}).start()
    await notifier.finding()
    await notifier.deliver()
    [failed] = await notifier.outbox()

    listed = run_service("mcm-notifier", "list", "--failed")
    assert await asyncio.to_thread(listed.wait) == 0
    retried = run_service("mcm-notifier", "retry", str(failed.id))
    assert await asyncio.to_thread(retried.wait) == 0

    assert f"{failed.id}  failed, 1 attempt, " in listed.stdout()
    assert "\x1b[31mgone" not in listed.stdout()
    assert retried.stdout().strip() == "1 message to retry"
    assert (await notifier.outbox())[0].state == "pending"
