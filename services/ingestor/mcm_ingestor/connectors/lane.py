"""The poll loop of one lane of a source: lease, pages, acknowledgement, position."""

import asyncio
import contextlib
import hashlib
import random
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog

from mcm_ingestor.connectors.backoff import PollBackoff
from mcm_ingestor.connectors.deliver import PageDelivery
from mcm_ingestor.connectors.errors import SourceError, SourceStuckError
from mcm_ingestor.connectors.polled import PolledRecords
from mcm_ingestor.connectors.protocol import Connector, Page, Position
from mcm_ingestor.connectors.sources_file import ConfiguredSource
from mcm_ingestor.store import positions
from mcm_ingestor.store.positions import BACKFILL, LaneKey
from mcm_shared.db.engine import AsyncEngine
from mcm_shared.errors import McmError
from mcm_shared.metrics import counter

log = structlog.get_logger()

_REPEATS: Final = 3
"""How often the same page may come again within one poll before its source counts as stuck."""

_LATEST_PAGES: Final = 100
"""How many pages are compared: a cursor may also run in a circle."""

_STUCK_PAUSE_S: Final = 60.0
_MAX_REASON: Final = 500


class LeaseLostError(McmError):
    """Another process holds the lease of the lane: stop, and wait for it again."""


class Lane:
    """Polls one lane of a source: leases it, sends each page, and stores the position once Kafka has acknowledged.

    A failure of any kind delays this lane only. ``may_read`` is awaited before each page, so that backfill yields to
    live polling.
    """

    def __init__(
        self,
        source: ConfiguredSource,
        connector: Connector,
        engine: AsyncEngine,
        delivery: PageDelivery,
        polled: PolledRecords,
        key: LaneKey,
        *,
        lease_s: float,
        idle: asyncio.Event,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        backoff: PollBackoff | None = None,
    ) -> None:
        self._source = source
        self._connector = connector
        self._engine = engine
        self._delivery = delivery
        self._polled = polled
        self._key = key
        self._lease_s = lease_s
        self._idle = idle
        self._now = now
        self._backoff = backoff or PollBackoff()
        self._pages: OrderedDict[bytes, int] = OrderedDict()
        self._records = counter("mcm_source_records").labels(source.name)
        self._failures = counter("mcm_source_failures").labels(source.name)

    async def run(self) -> None:
        """Polls until cancelled, or until a backfill has read all there was."""
        while True:
            try:
                position = await positions.lease_lane(self._engine, self._key, self._now(), self._lease_s)
                if position is None:
                    # another process polls what happens now, so backfill need not wait for it here
                    self._idle.set()
                    if await positions.is_done(self._engine, self._key.source, self._key.lane):
                        return None
                    await asyncio.sleep(self._lease_s / 3)
                    continue
                async with self._held():
                    return await self._poll_until_done(position)
            except McmError as error:
                log.warning("lane deferred, retrying", source=self._key.source, lane=self._key.lane, reason=str(error))
                await asyncio.sleep(self._backoff.failed())

    async def _poll_until_done(self, position: Position) -> None:
        while True:
            pause_s = self._source.settings.interval_s * random.uniform(0.9, 1.1)  # noqa: S311 (spreads polls)
            try:
                position = await self._poll(position)
                if self._key.lane == BACKFILL:
                    await self._change({"done": True, "leased_by": None, "leased_until": None})
                    log.info("backfill done", source=self._key.source)
                    return
                pause_s = max(pause_s, self._connector.pause_s or 0.0)
            except LeaseLostError:
                raise
            except SourceError as error:
                pause_s = await self._failed(error.kind, str(error), error.retry_after_s)
                position = await self._stored(position)
            except McmError as error:
                # Kafka or the database: the source is well
                pause_s = self._backoff.failed()
                log.warning("page deferred, retrying", source=self._key.source, reason=str(error))
                position = await self._stored(position)
            except Exception as error:
                # whatever a connector stumbles over must not stop the other sources
                log.exception("poll failed, retrying", source=self._key.source)
                pause_s = await self._failed("failing", f"{type(error).__name__}: {error}", None)
                position = await self._stored(position)
            await asyncio.sleep(pause_s)

    async def _poll(self, position: Position) -> Position:
        """Reads the pages from a position on until there is no more now; returns the position after them."""
        pages = self._connector.pages(position)
        # overlapping polls begin with the same page each time; only within one poll a repeated page is a fault
        self._pages.clear()
        if self._key.lane != BACKFILL:
            self._idle.clear()
        complete_until: datetime | None = None
        try:
            while True:
                if self._key.lane == BACKFILL:
                    await self._idle.wait()
                page = await anext(pages, None)
                if page is None:
                    break
                await self._store(page)
                position, complete_until = page.next_position, page.complete_until or complete_until
        finally:
            self._idle.set()
            await pages.aclose()  # type: ignore[attr-defined]
        now = self._now()
        await self._change(
            {
                "polled_at": now,
                "succeeded_at": now,
                "error": None,
                "error_kind": None,
                "failing_since": None,
                **({} if complete_until is None else {"complete_until": complete_until}),
            }
        )
        if self._key.lane != BACKFILL:
            await self._polled.publish(now, complete_until)
        return position

    async def _store(self, page: Page) -> None:
        self._require_progress(page)
        sent, refused = await self._delivery.send(page.records)
        self._records.inc(sent)
        self._polled.count(sent)
        now = self._now()
        values: dict[str, Any] = {
            "position": page.next_position,
            "polled_at": now,
            "leased_until": now + timedelta(seconds=self._lease_s),
            **positions.counted(sent, refused),
        }
        # a queue keeps its own position: a message is taken off once its records are safe
        if page.acknowledge is not None:
            await page.acknowledge()
        await self._change(values)
        self._backoff.succeeded()

    def _require_progress(self, page: Page) -> None:
        if not page.records:
            return
        content = hashlib.blake2b(digest_size=16)
        for record in page.records:
            content.update(record.payload)
        digest = content.digest()
        repeats = self._pages.pop(digest, -1) + 1
        self._pages[digest] = repeats
        if len(self._pages) > _LATEST_PAGES:
            self._pages.popitem(last=False)
        if repeats >= _REPEATS:
            raise SourceStuckError(
                f"the source returns the same page of {len(page.records):,} records again and again; "
                "its cursor does not move on",
                retry_after_s=_STUCK_PAUSE_S,
            )

    async def _failed(self, kind: str, reason: str, retry_after_s: float | None) -> float:
        self._failures.inc()
        pause_s = self._backoff.failed(retry_after_s)
        now = self._now()
        log.warning("poll failed, retrying", source=self._key.source, kind=kind, reason=reason, seconds=round(pause_s))
        first = {"failing_since": now} if self._backoff.failures == 1 else {}
        with contextlib.suppress(LeaseLostError):
            await self._change({"polled_at": now, "error": reason[:_MAX_REASON], "error_kind": kind, **first})
        return pause_s

    async def _stored(self, otherwise: Position) -> Position:
        # what a failed poll has stored already need not be read again
        with contextlib.suppress(McmError):
            return await positions.lease_lane(self._engine, self._key, self._now(), self._lease_s) or otherwise
        return otherwise

    async def _change(self, values: dict[str, Any]) -> None:
        if not await positions.change_lane(self._engine, self._key, values):
            raise LeaseLostError(f"another process reads the source {self._key.source} now")

    @asynccontextmanager
    async def _held(self) -> AsyncIterator[None]:
        renewing = asyncio.create_task(self._renew())
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
            with contextlib.suppress(McmError):
                await asyncio.shield(positions.release_lane(self._engine, self._key))

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._lease_s / 3)
            with contextlib.suppress(McmError):
                until = self._now() + timedelta(seconds=self._lease_s)
                await positions.change_lane(self._engine, self._key, {"leased_until": until})
