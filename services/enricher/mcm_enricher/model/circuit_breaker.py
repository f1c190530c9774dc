"""A circuit breaker: when a server fails again and again, it is left alone for a while, then tried with one request."""

import time
from collections.abc import Callable
from typing import Final

import structlog

log = structlog.get_logger()

_FAILURES: Final = 5
_FIRST_PAUSE_S: Final = 10.0
_LONGEST_PAUSE_S: Final = 300.0
_PROBE_S: Final = 120.0


class CircuitBreaker:
    """Says whether a server may be asked.

    Closed, everything may pass. After some failures in a row it opens: nothing passes until a pause is over, then one
    probe; a failed probe opens it again, for twice as long, up to five minutes. ``clock`` gives seconds.
    """

    def __init__(
        self,
        *,
        failures: int = _FAILURES,
        first_pause_s: float = _FIRST_PAUSE_S,
        longest_pause_s: float = _LONGEST_PAUSE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most_failures = failures
        self._first_pause_s = first_pause_s
        self._longest_pause_s = longest_pause_s
        self._clock = clock
        self._failures = 0
        self._pause_s = 0.0
        self._closed = True
        self._probing = False
        self._next_at = 0.0

    @property
    def would_pass(self) -> bool:
        """Says whether ``passes`` would say yes now."""
        return self._closed or self._clock() >= self._next_at

    def passes(self) -> bool:
        """Says whether a request may go out now; after a pause that is one, until it is known how it went."""
        if self._closed:
            return True
        if self._clock() < self._next_at:
            return False
        self._probing = True
        # a probe that is never heard of again does not close the way for good
        self._next_at = self._clock() + _PROBE_S
        return True

    def succeeded(self) -> None:
        """Notes a request that was answered."""
        if not self._closed:
            log.info("the model answers again")
        self._failures, self._pause_s, self._closed, self._probing = 0, 0.0, True, False

    def failed(self, reason: str, *, retry_after_s: float | None = None, lasting: bool = False) -> None:
        """Notes a request that was not; one that is ``lasting``, sure to fail again, opens the breaker at once."""
        self._failures += 1
        if not self._closed and not self._probing:
            # it was under way already when the breaker opened
            return
        if self._closed and not lasting and self._failures < self._most_failures:
            return
        self._pause_s = min(max(self._pause_s * 2, self._first_pause_s), self._longest_pause_s)
        pause = max(self._pause_s, min(retry_after_s or 0.0, self._longest_pause_s))
        self._closed, self._probing = False, False
        self._next_at = self._clock() + pause
        log.warning("the model is left alone for a while", reason=reason, seconds=round(pause))
