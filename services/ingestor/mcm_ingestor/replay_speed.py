"""Pacing of a replay by event time: sixty times as fast as it happened, or any other factor."""

import re
import time
from datetime import datetime
from typing import Any, Final

from mcm_shared.contracts.events import parse_time

_FACTOR: Final = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)x?")
_TIMES: Final = (
    "timestamp",
    "eventTime",
    "published",
    "createdDateTime",
    "activityDateTime",
    "time",
    "created_at",
    "@timestamp",
)
_MILLISECONDS_FROM: Final = 10**11


def parse_speed(text: str) -> float:
    """Reads a factor such as ``60x``; raises ValueError."""
    match = _FACTOR.fullmatch(text.strip())
    factor = float(match[1]) if match else 0.0
    if factor <= 0:
        raise ValueError("write a factor above 0, such as 60x")
    return factor


class Pace:
    """Says how long to wait before an event, so that the gaps of event time pass ``factor`` times as fast."""

    def __init__(self, factor: float) -> None:
        self._factor = factor
        self._first: float | None = None
        self._began = 0.0

    def wait_s(self, data: Any) -> float:
        """Returns the seconds until an event is due; 0 for one without a time, or older than the first."""
        at = event_seconds(data)
        if at is None:
            return 0.0
        if self._first is None:
            self._first, self._began = at, time.monotonic()
        return max(0.0, self._began + (at - self._first) / self._factor - time.monotonic())


def event_seconds(data: Any) -> float | None:
    """Returns the time of a payload in seconds since 1970, by the names that sources give it; None without one."""
    for payload in (data, data.get("payload") if isinstance(data, dict) else None):
        if not isinstance(payload, dict):
            continue
        for key in _TIMES:
            value = payload.get(key)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return value / 1000 if abs(value) >= _MILLISECONDS_FROM else float(value)
            found = _parsed(value)
            if found is not None:
                return found.timestamp()
    return None


def _parsed(value: Any) -> datetime | None:
    try:
        return parse_time(value)
    except ValueError:
        return None
