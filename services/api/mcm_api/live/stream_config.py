"""Configuration of the live stream."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from mcm_api.database import DatabaseReader
from mcm_api.http.pacing import Pacer
from mcm_api.live.broadcaster import Broadcaster
from mcm_shared.settings import KafkaSettings

MAX_PIECES: Final = 32
"""Pieces of streams that are sent in one iteration of the event loop."""

MAX_REPLAYS: Final = 4
"""Replays from Kafka at once; each has a consumer of its own."""


@dataclass(frozen=True, slots=True)
class StreamConfig:
    """The broadcaster, the cluster it reads from (None without Kafka), the database, and the maxima of subscribers.

    ``streams`` counts the streams by address. ``turn`` is held while a piece is read again for a returning subscriber.
    ``pacer`` paces the pieces of all streams.
    """

    broadcaster: Broadcaster
    kafka: KafkaSettings | None
    reader: DatabaseReader
    max_streams: int
    max_streams_per_address: int
    streams: Counter[str] = field(default_factory=Counter)
    replays: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_REPLAYS))
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    pacer: Pacer = field(default_factory=lambda: Pacer(MAX_PIECES))
