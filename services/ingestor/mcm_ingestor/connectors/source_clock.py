"""Clock skew between a source and this machine: what was read is judged by the clock that is behind."""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

MAX_SKEW_AT_START: Final = timedelta(hours=1)
"""How far this machine's clock may be ahead at the first start, before the source has said what time it is."""

_MAX_SKEW: Final = timedelta(days=1)


def earlier_clock(sent_at: datetime, date: str | None, took: timedelta = timedelta(0)) -> datetime:
    """Returns when a request was sent by our clock, or by that of the server where that is behind.

    ``date`` is the header of the response that came ``took`` later. The next query begins at this time, so a clock
    that is ahead of the source's would leave out what the source writes meanwhile. A date that is more than a day
    behind is not believed.
    """
    try:
        by_server = parsedate_to_datetime(date or "") - took
        return by_server if timedelta(0) < sent_at - by_server <= _MAX_SKEW else sent_at
    except (TypeError, ValueError, OverflowError):
        # no date, or one without a zone
        return sent_at
