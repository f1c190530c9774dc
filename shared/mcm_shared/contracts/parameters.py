"""Kinds of parameters that several filters and endpoints take."""

import re
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, StringConstraints

from mcm_shared.contracts.events import to_utc

MAX_ID: Final = 2**63 - 1

_SPACED_OFFSET: Final = re.compile(r"(\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?) (\d\d:?\d\d)$")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _to_instant(value: Any) -> datetime:
    if isinstance(value, datetime):
        return to_utc(value)
    # a plus sign that was not written as %2B arrives as a space
    text = _SPACED_OFFSET.sub(r"\1+\2", str(value).strip())
    try:
        instant = datetime.fromisoformat(text)
        time.fromisoformat(text[11:])  # a date alone is not a point in time
    except ValueError:
        raise ValueError("must be a time in ISO 8601, like 2026-11-20T12:00:00Z") from None
    return to_utc(instant if instant.tzinfo else instant.replace(tzinfo=UTC))


def _to_day(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not _DATE.fullmatch(str(value)):
        raise ValueError("must be a date like 2026-11-20")
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise ValueError(f"must be a date like 2026-11-20: {error}") from None


Instant = Annotated[datetime, BeforeValidator(_to_instant)]
"""A point in time, ISO 8601; without an offset it is in UTC."""

Day = Annotated[date, BeforeValidator(_to_day)]
"""A whole day in UTC, ``YYYY-MM-DD``."""

UserName = Annotated[str, StringConstraints(min_length=1, max_length=512)]
"""A user's name, matched exactly."""

RowId = Annotated[int, Field(ge=1, le=MAX_ID)]
"""The number of a row."""

EventType = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""An event type, matched exactly."""

RuleName = Annotated[str, StringConstraints(min_length=1, max_length=100)]
"""A rule's name, matched exactly."""

SourceName = Annotated[str, StringConstraints(min_length=1, max_length=100)]
"""A source's name, matched exactly."""
