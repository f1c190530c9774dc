"""Circuit breaker for the model server: pauses requests after repeated failures, then probes with one request."""

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
    """Decides whether a request may be sent.

    Closed, every request passes. After several consecutive failures it opens: no request passes until a pause is over,
    then one probe does. A failed probe opens it again for twice as long, up to five minutes. ``clock`` returns seconds.
    """

    def __init__(
        self,
        *,
        failures: int = _FAILURES,
        first_pause_s: float = _FIRST_PAUSE_S,
        longest_pause_s: float = _LONGEST_PAUSE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_failures = failures
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
        """Whether ``passes`` would return True now."""
        return self._closed or self._clock() >= self._next_at

    def passes(self) -> bool:
        """Whether a request may be sent now; after a pause only one may, until its outcome is known."""
        if self._closed:
            return True
        if self._clock() < self._next_at:
            return False
        self._probing = True
        # a probe whose outcome is never reported must not block requests forever
        self._next_at = self._clock() + _PROBE_S
        return True

    def succeeded(self) -> None:
        """Records a request that succeeded."""
        if not self._closed:
            log.info("circuit breaker closed, model requests resume")
        self._failures, self._pause_s, self._closed, self._probing = 0, 0.0, True, False

    def failed(self, reason: str, *, retry_after_s: float | None = None, lasting: bool = False) -> None:
        """Records a request that failed; a ``lasting`` failure opens the breaker at once."""
        self._failures += 1
        if not self._closed and not self._probing:
            # it was sent before the breaker opened
            return
        if self._closed and not lasting and self._failures < self._max_failures:
            return
        self._pause_s = min(max(self._pause_s * 2, self._first_pause_s), self._longest_pause_s)
        pause = max(self._pause_s, min(retry_after_s or 0.0, self._longest_pause_s))
        self._closed, self._probing = False, False
        self._next_at = self._clock() + pause
        log.warning("circuit breaker opened, model requests paused", reason=reason, seconds=round(pause))
