"""The notifier's batch handler: a message about a finding says that it may have to be notified."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from mcm_notifier.routes import Route, routes_concerned
from mcm_notifier.store.notified import notify_changes
from mcm_shared.contracts.findings import parse_finding
from mcm_shared.db.engine import AsyncEngine
from mcm_shared.kafka.records import Outgoing, Record


class NotificationHandler:
    """Handles batches of ``findings``: adds the notifications that are missing; a BatchHandler."""

    def __init__(
        self,
        engine: AsyncEngine,
        routes: Mapping[str, Route],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._routes = routes
        self._now = now

    def decode(self, record: Record) -> UUID:
        """Decodes the uid of a finding."""
        return parse_finding(record.value).uid

    async def store(self, batch: Sequence[UUID]) -> None:
        """Adds the notifications of the batch's findings to their routes."""
        await notify_changes(self._engine, set(batch), partial(routes_concerned, self._routes), self._now())

    async def complete(self, stored: None) -> Sequence[Outgoing]:  # noqa: ARG002 (nothing follows)
        """Publishes nothing."""
        return ()
