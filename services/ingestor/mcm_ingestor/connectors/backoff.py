"""Jittered exponential backoff that opens like a circuit breaker: after repeated failures one probe at a time."""

import random
from typing import Final

from mcm_shared.backoff import backoff_s

_FIRST_S: Final = 1.0
_LONGEST_S: Final = 300.0
_LONGEST_WISH_S: Final = 3600.0


class PollBackoff:
    """Delays after failures in a row: doubled each time up to five minutes, with full jitter on the upper half.

    A source is polled by one request at a time, so a long delay is an open circuit and the poll after it the probe.
    """

    def __init__(self, *, first_s: float = _FIRST_S, longest_s: float = _LONGEST_S) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self.failures = 0

    def failed(self, retry_after_s: float | None = None) -> float:
        """Counts a failure and returns the seconds to wait, at least as long as the source asks for."""
        self.failures += 1
        delay = backoff_s(self.failures, first_s=self._first_s, longest_s=self._longest_s)
        jittered = delay * random.uniform(0.5, 1.0)  # noqa: S311 (spreads polls, guards no secret)
        return max(jittered, min(retry_after_s or 0.0, _LONGEST_WISH_S))

    def succeeded(self) -> None:
        """Ends the series of failures."""
        self.failures = 0
