"""Health of a source: its state, from the record of its polls and the results of the rule about silence."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final, NamedTuple

from mcm_api.sources.schemas import SourceState

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


def health_of(
    lane: Any, backfill: Any, last_event_at: datetime | None, silent_for: timedelta | None, now: datetime
) -> SourceHealth:
    """Judges a source.

    ``lane`` is the row of its live position, None when its events are pushed, and ``backfill`` that of what happened
    before, if it is read. ``silent_for`` is how long it has sent nothing at least, None while the engine does not
    find it silent.
    """
    for position, what in ((lane, ""), (backfill, "older events cannot be read: ")):
        if position is not None and position.error_kind is not None:
            state: SourceState = "unauthorised" if position.error_kind == "unauthorised" else "failing"
            to_do = _TO_DO.get(position.error_kind, "it is retried")
            return SourceHealth(state, f"{what}{position.error}; {to_do}")
    if lane is not None and lane.succeeded_at is None:
        return SourceHealth("never_connected", "it was never read to the end; start mcm-ingestor run")
    if last_event_at is None and lane is None:
        return SourceHealth("never_connected", "no event has arrived")
    if lane is not None and now - lane.succeeded_at > _MISSED_POLLS * timedelta(seconds=lane.interval_s) + _LATE:
        return SourceHealth("late", "it was not polled for a while; check that mcm-ingestor run is up")
    if silent_for is not None:
        return SourceHealth(
            "silent",
            f"no event for more than {_hours(silent_for)}, twice its longest pause; "
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
    number, unit = (hours / 24, "days") if hours >= 48 else (hours, "h")
    return f"{f'{number:.1f}'.removesuffix('.0')} {unit}"
