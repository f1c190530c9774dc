"""Notifications over HTTP, with the notifier's own parts behind them and a loopback receiver."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY
from sqlalchemy import update

from mcm_api.database import DatabaseWriter
from mcm_api.http.state import part_of
from mcm_api.notifications.cursor import MessageCursor
from mcm_api.resources.clock import Clock
from mcm_notifier.channel_tests import ChannelTester
from mcm_notifier.channels_file import ChannelsFile
from mcm_notifier.config_reporter import ConfigReporter
from mcm_notifier.testing.delivering import SECRET, Delivering, a_route, a_webhook
from mcm_notifier.testing.receivers import HttpReceiver, HttpReply, http_receiver
from mcm_shared.db.engine import transaction
from mcm_shared.db.notification_tables import NOTIFIER_CONFIG


@pytest.fixture
async def receiver() -> AsyncIterator[HttpReceiver]:
    """A webhook's receiver."""
    async with http_receiver() as running:
        yield running


async def notifying(app: FastAPI, receiver: HttpReceiver) -> Delivering:
    """Starts the parts of a notifier on the API's database and clock."""
    quiet = {"from": "22:00", "to": "07:00", "zone": "Europe/Berlin"}
    routes = {"all": a_route(), "night": a_route(filter={"severity": "critical"}, quiet=quiet)}
    channels = {"hook": a_webhook(receiver)}
    notifier = Delivering(part_of(app, DatabaseWriter).engine, channels, routes)
    notifier.now = datetime.now(UTC)
    part_of(app, Clock).now = lambda: notifier.now
    await notifier.start()
    shown = ChannelsFile(channels, routes, ("hook",)).shown()
    await ConfigReporter(notifier.engine, shown, now=lambda: notifier.now).report()
    return notifier


async def test_before_the_first_start_of_a_notifier_there_is_nothing(client: httpx.AsyncClient) -> None:
    channels = (await client.get("/notifications/channels")).json()
    routes = (await client.get("/notifications/routes")).json()
    messages = (await client.get("/notifications/messages")).json()
    tested = await client.post("/notifications/channels/hook/test")

    assert channels == {"running": False, "seen_at": None, "items": [], "reminders": []}
    assert (routes, messages) == ({"items": []}, {"items": [], "next": None})
    assert tested.status_code == 404


async def test_channels_routes_and_messages_are_shown_without_secrets(
    app: FastAPI, client: httpx.AsyncClient, receiver: HttpReceiver
) -> None:
    notifier = await notifying(app, receiver)
    unused = (await client.get("/notifications/channels")).json()["items"]
    finding = await notifier.finding()
    await notifier.deliver()
    healthy = (await client.get("/notifications/channels")).json()
    receiver.replies = [HttpReply(404, "no such hook")]
    await notifier.finding()
    await notifier.after(minutes=2)
    failing = (await client.get("/notifications/channels")).json()["items"]
    receiver.replies = [HttpReply(500, "broken")]
    await notifier.finding()
    await notifier.after(minutes=2)
    retried = (await client.get("/notifications/channels")).json()["items"]
    routes = (await client.get("/notifications/routes")).json()["items"]
    first = (await client.get("/notifications/messages", params={"limit": 2})).json()
    rest = (await client.get("/notifications/messages", params={"limit": 2, "before": first["next"]})).json()
    failed = (await client.get("/notifications/messages", params={"state": "failed"})).json()["items"]
    wrong = [
        (await client.get("/notifications/messages", params={"before": before})).status_code
        for before in ("eyJ4IjoxfQ", MessageCursor(2**61, str(UUID(int=0))).encode(), MessageCursor(0, "x").encode())
    ]

    assert [each["health"] for each in unused] == ["unused"]
    assert (healthy["running"], healthy["reminders"]) == (True, ["hook"])
    assert [(each["health"], each["last_error"]) for each in healthy["items"]] == [("healthy", None)]
    assert [(each["health"], each["last_error"]) for each in failing] == [("failing", "HTTP 404: no such hook")]
    assert [(each["last_error"], each["pending"], each["failed"]) for each in retried] == [("HTTP 500: broken", 1, 1)]
    assert [(each["name"], each["channel"], each["when"]) for each in routes] == [
        ("all", "hook", "immediately"),
        ("night", "hook", "immediately"),
    ]
    assert routes[1]["filter"] == {"severity": ["critical"]}
    assert routes[1]["quiet"] == {"from": "22:00", "to": "07:00", "zone": "Europe/Berlin"}
    assert [each["state"] for each in first["items"] + rest["items"]] == ["pending", "failed", "sent"]
    assert rest["next"] is None
    assert rest["items"][0]["finding_id"] == finding.id
    assert [each["response"] for each in failed] == ["HTTP 404: no such hook"]
    assert wrong == [422] * 3
    served = str([unused, healthy, failing, retried, routes, first, rest])
    assert SECRET not in served
    assert str(receiver.port) not in served


async def test_a_failed_message_is_retried_and_the_audit_trail_says_by_whom(
    app: FastAPI, client: httpx.AsyncClient, receiver: HttpReceiver
) -> None:
    notifier = await notifying(app, receiver)
    receiver.replies = [HttpReply(404, "gone")]
    await notifier.finding()
    await notifier.deliver()
    [failed] = (await client.get("/notifications/messages")).json()["items"]
    path = f"/notifications/messages/{failed['id']}/retry"

    retried = await client.post(path)
    twice = await client.post(path)
    await notifier.deliver()
    sent = await client.post(path)
    unknown = await client.post("/notifications/messages/0f8fad5b-d9cb-469f-a165-70867728950e/retry")
    audited = (await client.get("/audit", params={"action": "notification.retry"})).json()["items"]

    assert (retried.status_code, retried.json()["state"], retried.json()["attempts"]) == (200, "pending", 0)
    assert (twice.status_code, twice.json()["detail"]) == (409, "The message has not failed: it is pending.")
    assert (sent.status_code, sent.json()["detail"]) == (409, "The message has not failed: it is sent.")
    assert unknown.status_code == 404
    assert receiver.ids == [failed["id"]] * 2
    assert [(each["actor"], each["target"]) for each in audited] == [("local", failed["id"])]


async def test_a_test_shows_what_the_channel_really_answered(
    app: FastAPI, client: httpx.AsyncClient, receiver: HttpReceiver
) -> None:
    notifier = await notifying(app, receiver)
    testers = [
        ChannelTester(notifier.engine, {"hook": a_webhook(receiver)}, None, now=lambda: notifier.now) for _ in range(2)
    ]
    receiver.replies = [HttpReply(200, "thank you"), HttpReply(403, f"bad key {SECRET[6:]}")]
    results = []
    for _ in range(2):
        requested = await client.post("/notifications/channels/hook/test")
        assert (requested.status_code, requested.json()["state"]) == (202, "waiting")
        sent = [await each.test_next() for each in testers]
        assert sent == [True, False]
        results.append((await client.get(requested.headers["location"])).json())
    unsent = await client.post("/notifications/channels/hook/test")
    notifier.now += timedelta(minutes=6)
    expired = (await client.get(unsent.headers["location"])).json()
    is_sent = await testers[0].test_next()
    audited = (await client.get("/audit", params={"action": "notification.test"})).json()["items"]

    assert [(each["state"], each["response"]) for each in results] == [
        ("accepted", "HTTP 200: thank you"),
        ("refused", "HTTP 403: bad key ***"),
    ]
    assert [request.json["type"] for request in receiver.requests] == ["test", "test"]
    for outcome in ("sent", "failed"):
        labels = {"channel": "hook", "kind": "test", "outcome": outcome}
        assert (REGISTRY.get_sample_value("mcm_notification_attempts_total", labels) or 0) >= 1
    assert receiver.ids == [each["id"] for each in results]
    assert (expired["state"], is_sent) == ("expired", False)
    assert [each["target"] for each in audited] == ["hook"] * 3


async def test_without_a_running_notifier_a_test_is_refused(
    app: FastAPI, client: httpx.AsyncClient, receiver: HttpReceiver
) -> None:
    notifier = await notifying(app, receiver)
    async with transaction(notifier.engine) as connection:
        await connection.execute(update(NOTIFIER_CONFIG).values(seen_at=notifier.now - timedelta(minutes=2)))

    tested = await client.post("/notifications/channels/hook/test")
    channels = (await client.get("/notifications/channels")).json()

    assert (tested.status_code, tested.json()["detail"]) == (503, "No notifier runs, so nothing can be sent; start it.")
    assert channels["running"] is False
    assert [each["name"] for each in channels["items"]] == ["hook"]
