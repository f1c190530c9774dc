"""The protocol of a connector: pages of records, each with the position after it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

import orjson

from mcm_ingestor.connectors.settings import SourceSettings
from mcm_shared.contracts.topics import SOURCE_HEADER, WEBHOOK_EVENT_HEADER
from mcm_shared.kafka.records import Headers

Position = dict[str, Any]
"""How far a source was read, as JSON: a cursor, a time, or both. Only its connector reads it."""


class SourceRecord(NamedTuple):
    """One record of a source: its JSON, and the value of the ``source`` header it is sent with."""

    payload: bytes
    source: str
    webhook_event: str | None = None

    @property
    def headers(self) -> Headers:
        """The headers of the record in Kafka."""
        headers: Headers = ((SOURCE_HEADER, self.source.encode()),)
        if self.webhook_event is None:
            return headers
        return (*headers, (WEBHOOK_EVENT_HEADER, self.webhook_event.encode()))


@dataclass(frozen=True, slots=True)
class Page:
    """Records that are read together, and the position after them.

    ``complete_until``: no event up to this time is missing once the page is stored; None when the page does not tell.
    ``acknowledge`` is called after Kafka acknowledged every record, for sources that keep a queue themselves.
    """

    records: Sequence[SourceRecord]
    next_position: Position
    complete_until: datetime | None = None
    acknowledge: Callable[[], Awaitable[None]] | None = None


class Permission(NamedTuple):
    """A permission that a connector needs, and whether its credential has it."""

    name: str
    granted: bool
    detail: str = ""


class Connector(Protocol):
    """Reads one source.

    ``pages`` yields the pages after a position, in order, and returns when there is no more to read now. It raises
    SourceError for a source that is down, slow, or refuses the request; what it yielded before stays valid. The caller
    stores the records of a page and then its ``next_position``; a restart reads from the last position that was stored.
    So a page may be read twice, and its ``next_position`` must never lie beyond a record that was not yielded.
    """

    pause_s: float | None
    """How long the source asks to wait before the next poll; None: the interval of the settings."""

    def start(self, start_at: datetime, until: datetime | None) -> Position:
        """Returns the position from which everything after ``start_at`` is read, up to ``until`` if it is given."""
        ...

    def pages(self, position: Position) -> AsyncIterator[Page]:
        """Reads the pages after a position."""
        ...

    async def check(self) -> list[Permission]:
        """Tries the credential; returns the permissions it has and lacks. Raises SourceError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorType:
    """A kind of connector, exported as ``CONNECTOR`` by one file of this package or by a plug-in.

    ``name`` is the value of ``connector`` in sources.yml, ``feeds`` the sources whose payloads it sends.
    """

    name: str
    feeds: tuple[str, ...]
    settings: type[SourceSettings]
    open: Callable[[Any], AbstractAsyncContextManager[Connector]]
    has_history: bool = True
    """Whether the source can be read from a time in the past, so that a first start reads from ``start_at``."""


_JSON: Final = orjson.OPT_NON_STR_KEYS


def record_of(payload: Any, source: str) -> SourceRecord:
    """Makes the record of a decoded payload, of whatever shape: what cannot be an event is dead-lettered later."""
    return SourceRecord(orjson.dumps(payload, option=_JSON), source)
