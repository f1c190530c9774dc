"""Health of a source: its state and its cadence, from roll-ups of its events and the record of its polls."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any, Final, NamedTuple

from mcm_api.sources.schemas import SourceState

MIN_HISTORY: Final = timedelta(days=3)
"""How much history a cadence is learned from, at least."""

_MIN_SILENCE: Final = timedelta(hours=1)
_LATE: Final = timedelta(minutes=10)
_MISSED_POLLS: Final = 3
_TO_DO: Final = {
    "unauthorised": "renew the credential or its permissions; mcm-ingestor check names what is missing",
    "refused": "check its settings in sources.yml",
    "rate_limited": "wait, or poll less often (interval_s)",
    "stuck": "it is read again; if that lasts, contact the vendor",
}


class SourceHealth(NamedTuple):
    """State of a source, why it is not ok, and what to do."""

    state: SourceState
    reason: str | None


def learned_silence(hours: Sequence[datetime]) -> timedelta | None:
    """Learns how long a source may be quiet: twice its longest gap between hours with events, at least an hour.

    None before it has MIN_HISTORY. ``hours`` are the hours with events, ascending.
    """
    if len(hours) < 2 or hours[-1] - hours[0] < MIN_HISTORY:
        return None
    longest = max(after - before for before, after in pairwise(hours))
    return max(2 * longest, _MIN_SILENCE)


def health_of(
    lane: Any,
    last_event_at: datetime | None,
    silent_after: timedelta | None,
    known_until: datetime | None,
    now: datetime,
) -> SourceHealth:
    """Judges a source.

    ``lane`` is the row of its live position, None when its events are pushed. ``known_until`` is the time up to which
    the absence of an event is known: where its connector is complete, else the newest event of any source.
    """
    if lane is not None and lane.error_kind is not None:
        state: SourceState = "unauthorised" if lane.error_kind == "unauthorised" else "failing"
        return SourceHealth(state, f"{lane.error}; {_TO_DO.get(lane.error_kind, 'it is retried')}")
    if lane is not None and lane.succeeded_at is None:
        return SourceHealth("never_connected", "it was never read to the end; start mcm-ingestor run")
    if last_event_at is None and lane is None:
        return SourceHealth("never_connected", "no event has arrived")
    if lane is not None and now - lane.succeeded_at > _MISSED_POLLS * timedelta(seconds=lane.interval_s) + _LATE:
        return SourceHealth("late", "it was not polled for a while; check that mcm-ingestor run is up")
    if silent_after is not None and last_event_at is not None and known_until is not None:
        quiet = known_until - last_event_at
        if quiet > silent_after:
            return SourceHealth(
                "silent",
                f"no event for {_hours(quiet)}, usually it is quiet for at most {_hours(silent_after / 2)}; "
                "check that the source still logs, and that its events still reach us",
            )
    return SourceHealth("ok", None)


def usual_of(counts: Sequence[int]) -> int | None:
    """Returns the median of the days before the last one, from the first day with events on."""
    first = next((index for index, count in enumerate(counts) if count), None)
    before = [] if first is None else counts[first:-1]
    return round(median(before)) if before else None


def _hours(duration: timedelta) -> str:
    hours = duration / timedelta(hours=1)
    return f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.1f} h"
