"""Rate limits per identity: requests, bytes in flight, streams, exports, new sources; in the memory of the process."""

import time
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from mcm_api.http.problems import ProblemError

_MAX_IDENTITIES: Final = 10_000
_MAX_KNOWN_SOURCES: Final = 100_000
_DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Limits of one identity."""

    requests_per_s: float = 1000.0
    request_burst: int = 10_000
    bytes_in_flight: int = 64 * 1024 * 1024
    streams: int = 20
    exports: int = 4
    new_sources_per_day: int = 20


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


@dataclass(slots=True)
class RateLimiter:
    """Applies the limits to identities by key."""

    limits: RateLimits
    _requests: OrderedDict[str, _Bucket] = field(default_factory=OrderedDict)
    _new_sources: OrderedDict[str, _Bucket] = field(default_factory=OrderedDict)
    _known_sources: set[str] = field(default_factory=set)
    _held: Counter[tuple[str, str]] = field(default_factory=Counter)

    def count_request(self, key: str) -> None:
        """Counts a request; raises ProblemError 429 beyond the rate."""
        limits = self.limits
        wait_s = _take(self._requests, key, limits.requests_per_s, limits.request_burst, 1)
        if wait_s:
            raise _refused(f"more than {limits.requests_per_s:g} requests a second", wait_s)

    @contextmanager
    def hold_bytes(self, key: str, count: int) -> Iterator[None]:
        """Counts the bytes of a body while it is processed; raises ProblemError 429 beyond the limit."""
        with self._hold("bytes in flight", key, count, self.limits.bytes_in_flight):
            yield

    @contextmanager
    def hold_stream(self, key: str) -> Iterator[None]:
        """Counts an open stream; raises ProblemError 429 beyond the limit."""
        with self._hold("streams", key, 1, self.limits.streams):
            yield

    @contextmanager
    def hold_export(self, key: str) -> Iterator[None]:
        """Counts a running export; raises ProblemError 429 beyond the limit."""
        with self._hold("exports at once", key, 1, self.limits.exports):
            yield

    def count_sources(self, key: str, sources: Iterable[str]) -> None:
        """Counts sources that this process has not seen; raises ProblemError 429 for too many new ones in a day."""
        new = set(sources) - self._known_sources
        if not new:
            return
        limit = self.limits.new_sources_per_day
        wait_s = _take(self._new_sources, key, limit / _DAY_S, limit, len(new))
        if wait_s:
            raise _refused(f"more than {limit} new sources a day", wait_s)
        if len(self._known_sources) < _MAX_KNOWN_SOURCES:
            self._known_sources |= new

    @contextmanager
    def _hold(self, what: str, key: str, count: int, limit: int) -> Iterator[None]:
        place = what, key
        if self._held[place] + count > limit:
            raise _refused(f"more than {limit:,} {what}", 1)
        self._held[place] += count
        try:
            yield
        finally:
            self._held[place] -= count
            if not self._held[place]:
                del self._held[place]


def _take(buckets: OrderedDict[str, _Bucket], key: str, rate: float, burst: int, count: int) -> float:
    """Takes from a token bucket; returns the seconds to wait when it holds too little."""
    now = time.monotonic()
    bucket = buckets.get(key)
    if bucket is None:
        bucket = buckets[key] = _Bucket(burst, now)
        if len(buckets) > _MAX_IDENTITIES:
            buckets.popitem(last=False)
    bucket.tokens = min(burst, bucket.tokens + (now - bucket.at) * rate)
    bucket.at = now
    if bucket.tokens < count:
        return (count - bucket.tokens) / rate
    bucket.tokens -= count
    return 0.0


def _refused(limit: str, wait_s: float) -> ProblemError:
    seconds = str(max(1, min(int(wait_s) + 1, 86_400)))
    return ProblemError(429, f"This identity sends {limit}; wait and try again.", headers={"Retry-After": seconds})
