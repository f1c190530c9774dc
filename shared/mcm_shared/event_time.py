"""Event time as an integer: microseconds since 1970 (UTC), which sort and compare without time zones."""

from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_MIN_MICROS: Final = (datetime.min.replace(tzinfo=UTC) - EPOCH) // _MICROSECOND
_MAX_MICROS: Final = (datetime.max.replace(tzinfo=UTC) - EPOCH) // _MICROSECOND


def to_micros(instant: datetime) -> int:
    """Converts a time with a zone to microseconds since 1970."""
    return (instant - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Converts microseconds since 1970 to a time in UTC, clamped to the years 1 to 9999."""
    return EPOCH + min(max(micros, _MIN_MICROS), _MAX_MICROS) * _MICROSECOND


def duration_micros(duration: timedelta) -> int:
    """Converts a duration to whole microseconds."""
    return duration // _MICROSECOND
