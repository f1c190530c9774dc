"""Replays files of events to Kafka: native payloads with their source in a header, or canonical events."""

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

import orjson

from mcm_ingestor.generate import in_batches, pause
from mcm_ingestor.progress import ProgressCounter
from mcm_ingestor.push import event_of
from mcm_ingestor.read_ahead import ReadAhead
from mcm_ingestor.replay_files import follow
from mcm_ingestor.replay_position import ReplayPosition
from mcm_ingestor.replay_speed import Pace
from mcm_shared.contracts.sources import CANONICAL, ENVELOPE, GITHUB_WEBHOOK, open_envelope
from mcm_shared.contracts.topics import SOURCE_HEADER, WEBHOOK_EVENT_HEADER
from mcm_shared.errors import PoisonEventError
from mcm_shared.event_files import Entry, read_entries
from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.records import Headers, Outgoing

_BATCH: Final = 2_000
_REASONS_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Origin:
    """The format of a file's records: their source, and the event name for GitHub webhooks."""

    source: str
    webhook_event: str | None = None

    def message(self, entry: Entry, topic: str) -> Outgoing:
        """Builds the message of a record; raises PoisonEventError if it can never be processed."""
        if entry.error is not None:
            raise PoisonEventError(entry.error)
        if self.source == CANONICAL:
            event_of(entry)
            return Outgoing(topic, entry.payload)
        if not isinstance(entry.data, dict):
            raise PoisonEventError(f"a record must be a JSON object, not {type(entry.data).__name__}")
        if self.source != ENVELOPE:
            return Outgoing(topic, entry.payload, headers=self._headers(self.source))
        source, payload = open_envelope(entry.data)
        return Outgoing(topic, orjson.dumps(payload), headers=() if source is None else self._headers(source))

    def _headers(self, source: str) -> Headers:
        headers: Headers = ((SOURCE_HEADER, source.encode()),)
        if self.webhook_event is None:
            return headers
        return (*headers, (WEBHOOK_EVENT_HEADER, self.webhook_event.encode()))


def origin_of(name: str, source: str, webhook_event: str | None) -> Origin:
    """Determines a file's format; without ``webhook_event``, a webhook's event is the file name up to ``--``."""
    if source == GITHUB_WEBHOOK and webhook_event is None:
        event, dashes, _ = PurePath(name).name.partition("--")
        webhook_event = event if dashes else None
    return Origin(source, webhook_event)


class Replay:
    """Sends the records of files in order, at most ``rate`` per second, and counts refused records."""

    def __init__(
        self,
        producer: Producer,
        topic: str,
        rate: float | None,
        tally: ProgressCounter,
        stop: asyncio.Event,
        position: ReplayPosition,
        pace: Pace | None = None,
    ) -> None:
        self._producer = producer
        self._topic = topic
        self._rate = rate
        self._tally = tally
        self._stop = stop
        self._position = position
        self._pace = pace
        self._began = time.monotonic()
        self.refused = 0

    async def run(self, files: Sequence[tuple[str, Origin]], max_bytes: int, *, following: bool = False) -> None:
        """Replays the files in order until they end or ``stop`` is set; ``following`` waits for what is appended.

        Raises BrokerDownError, and ConfigurationError for a file that cannot be read.
        """
        size = _BATCH if self._rate is None else max(1, min(_BATCH, int(self._rate / 10)))
        counts: dict[str, int] = {}
        async for name, origin, entries in ReadAhead(_read(files, max_bytes, self._stop, following), self._stop):
            start = counts.get(name, 0)
            counts[name] = start + len(entries)
            for batch in in_batches(entries[max(0, self._position.done(name) - start) :], size):
                await self._replay(origin, batch)
                if self._stop.is_set():
                    return
                # by the records left: those that a position left out count too
                self._position.acknowledge(name, counts[name] - len(entries) + _index_after(entries, batch))

    async def _replay(self, origin: Origin, batch: Sequence[Entry]) -> None:
        due: list[Outgoing] = []
        for entry in batch:
            wait_s = 0.0 if self._pace is None else self._pace.wait_s(entry.data)
            if wait_s > 0:
                await self._send(due)
                due = []
                await pause(wait_s, self._stop)
                if self._stop.is_set():
                    return
            message = self._message(origin, entry)
            if message is not None:
                due.append(message)
        await self._send(due)

    def _message(self, origin: Origin, entry: Entry) -> Outgoing | None:
        try:
            return origin.message(entry, self._topic)
        except PoisonEventError as error:
            self.refused += 1
            if self.refused == 1 and origin.source == CANONICAL and isinstance(entry.data, dict):
                self._tally.say("records are read as canonical events; for native records pass --source")
            if self.refused <= _REASONS_SHOWN:
                self._tally.say(f"{entry.place}: {error.reason}")
            elif self.refused == _REASONS_SHOWN + 1:
                self._tally.say("… further invalid records are only counted")
            return None

    async def _send(self, messages: Iterable[Outgoing]) -> None:
        batch = list(messages)
        if self._rate is not None:
            due = self._began + self._tally.done / self._rate
            await pause(max(0.0, due - time.monotonic()), self._stop)
        await self._producer.send(batch)
        self._tally.add(len(batch))


def _index_after(entries: Sequence[Entry], batch: Sequence[Entry]) -> int:
    last = batch[-1]
    return next(index for index, entry in enumerate(entries) if entry is last) + 1


def _read(
    files: Sequence[tuple[str, Origin]], max_bytes: int, stop: asyncio.Event, following: bool
) -> Iterator[tuple[str, Origin, list[Entry]]]:
    for name, origin in files:
        found = follow(name, max_bytes, stop.is_set) if following else read_entries(name, max_bytes)
        for entries in found:
            yield name, origin, entries
