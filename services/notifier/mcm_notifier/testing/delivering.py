"""A notifier in this process, with a clock that tests set."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_notifier.channels import Channel
from mcm_notifier.channels.webhook import WebhookChannel
from mcm_notifier.compose import Composer
from mcm_notifier.consume import NotificationHandler
from mcm_notifier.exception_watcher import ExceptionWatcher
from mcm_notifier.routes import Route
from mcm_notifier.send import Sender
from mcm_notifier.store.notified import start_once
from mcm_notifier.store.outbox import OutboxEntry, list_messages
from mcm_notifier.store.waiting import insert_routes
from mcm_notifier.testing.receivers import HttpReceiver
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.db.engine import transaction
from mcm_shared.db.tables import FINDINGS
from mcm_shared.testing.builders import NOON, a_finding
from mcm_shared.testing.stored_findings import store_findings

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PUBLIC_URL = "https://monitor.example.com"


def a_webhook(receiver: HttpReceiver) -> WebhookChannel:
    """Builds the channel of a receiver."""
    return WebhookChannel.model_validate(
        {"type": "webhook", "url": receiver.url, "secret": SECRET, "allow": ["127.0.0.1"]}
    )


def a_route(**settings: Any) -> Route:
    """Builds a route to the channel ``hook``."""
    return Route.model_validate({"channel": "hook", **settings})


class Delivering:
    """The parts of a notifier on one clock: findings are stored, handled, composed and sent when a test says so."""

    def __init__(
        self,
        engine: AsyncEngine,
        channels: Mapping[str, Channel],
        routes: Mapping[str, Route],
        reminders: Sequence[str] = (),
    ) -> None:
        self.engine = engine
        self.now = NOON
        self._routes = routes
        self._handler = NotificationHandler(engine, routes, now=self._clock)
        self.composer = Composer(engine, routes, now=self._clock)
        self._channels = channels
        self._reminders = reminders
        self.watcher = self.another_watcher()
        self.sender = self.another_sender()

    async def start(self) -> "Delivering":
        """Starts as the service does."""
        await start_once(self.engine, self.now)
        await insert_routes(self.engine, self._routes.keys())
        return self

    def another_sender(self) -> Sender:
        """Makes the sender of another process."""
        return Sender(self.engine, self._channels, PUBLIC_URL, now=self._clock)

    def another_watcher(self) -> ExceptionWatcher:
        """Makes the watcher of exceptions of another process, or of this one after a restart."""
        return ExceptionWatcher(self.engine, self._routes, self._reminders, now=self._clock)

    async def stored(self, findings: Iterable[FindingMessage]) -> list[FindingMessage]:
        """Stores findings and handles their messages."""
        saved = await store_findings(self.engine, findings)
        await self.handle(finding.uid for finding in saved)
        return saved

    async def finding(self, **said: Any) -> FindingMessage:
        """Stores one finding and handles its message."""
        [finding] = await self.stored([a_finding(**said)])
        return finding

    async def change(self, finding: FindingMessage, **values: Any) -> None:
        """Changes the row of a finding, and handles the message about it."""
        async with transaction(self.engine) as connection:
            await connection.execute(update(FINDINGS).where(FINDINGS.c.uid == finding.uid).values(**values))
        await self.handle([finding.uid])

    async def handle(self, uids: Iterable[UUID]) -> None:
        """Handles a batch of messages about findings."""
        await self._handler.store(list(uids))

    async def deliver(self) -> None:
        """Watches exceptions, composes what is due, and tries each message that is due once."""
        await self.watcher.watch_once()
        await self.composer.compose_due()
        while await self.sender.send_due():
            pass

    async def after(self, **time: float) -> None:
        """Lets time pass, then delivers."""
        self.now += timedelta(**time)
        await self.deliver()

    async def outbox(self) -> list[OutboxEntry]:
        """Lists all messages, the newest first."""
        return await list_messages(self.engine, None, 1000)

    def _clock(self) -> datetime:
        return self.now
