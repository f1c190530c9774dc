"""Any number of events: months of a fictional company, each in its own year, so that no window spans two of them."""

from datetime import UTC, datetime

from mcm_ingestor.generator import generate_fake_events_batch
from mcm_shared.contracts.events import SourceEvent, from_raw_event

BEFORE_MONTHS = datetime(1970, 11, 20, tzinfo=UTC)
"""A time before all months, for events of tests: after a later one every source of the months would be silent."""

_FIRST_YEAR, _YEARS = 1971, 55


def month(number: int, count: int) -> list[SourceEvent]:
    """Makes the events of one month; the same number makes the same events.

    There are 55 of them, from 0: events before 1970 are refused.
    """
    assert number < _YEARS, "a month that has not been yet would be refused as lying ahead"
    now = datetime(_FIRST_YEAR + number, 11, 20, tzinfo=UTC)
    generated = generate_fake_events_batch(count, seed=number, now=now)
    return list({one.uid: one for one in (from_raw_event(raw, "") for raw in generated)}.values())
