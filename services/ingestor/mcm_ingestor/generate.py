"""Event generator: a backlog at once, or a live feed at a rate until stopped."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Final, TypeVar

import structlog

from mcm_ingestor.generator.live import LiveFeed
from mcm_ingestor.progress import ProgressCounter
from mcm_ingestor.sinks import Sink
from mcm_shared.contracts.events import RawEvent
from mcm_shared.errors import TransientError

log = structlog.get_logger()

ItemT = TypeVar("ItemT")

_BATCH: Final = 2_000
_TICK_S: Final = 0.1


async def generate_backlog(events: Iterable[RawEvent], sink: Sink, tally: ProgressCounter, stop: asyncio.Event) -> None:
    """Writes events to a sink in batches until they end or ``stop`` is set."""
    for batch in in_batches(events, _BATCH):
        new = await sink.write(batch)
        tally.add(len(batch), new)
        # a sink that never yields would keep the loop from seeing the signal
        await asyncio.sleep(0)
        if stop.is_set():
            return


async def generate_live(
    rate: float, seed: int, count: int | None, sink: Sink, tally: ProgressCounter, stop: asyncio.Event
) -> None:
    """Writes ``rate`` events per second, stamped with the current time, until ``count`` or until ``stop`` is set.

    Waits while the sink is unreachable; the events due in the last minute of the outage are written afterwards.
    """
    feed = LiveFeed(rate, seed=seed, started=datetime.now(UTC))
    while not stop.is_set() and (count is None or tally.done < count):
        left = _BATCH if count is None else min(_BATCH, count - tally.done)
        events = feed.due(datetime.now(UTC), left)
        if await _write_when_up(sink, events, stop):
            tally.add(len(events))
        await pause(0.0 if len(events) == left else max(_TICK_S, min(1.0, 1 / rate)), stop)


async def _write_when_up(sink: Sink, events: Sequence[RawEvent], stop: asyncio.Event) -> bool:
    said = False
    while True:
        try:
            await sink.write(events)
        except TransientError as error:
            if stop.is_set():
                return False
            if not said:
                log.warning("waiting", reason=str(error))
                said = True
            await pause(1.0, stop)
        else:
            return True


async def pause(seconds: float, stop: asyncio.Event) -> None:
    """Sleeps until ``seconds`` have passed or ``stop`` is set."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


def in_batches(items: Iterable[ItemT], size: int) -> Iterator[Sequence[ItemT]]:
    """Splits items into lists of ``size``; the last may be shorter."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
