"""Schemas of counts, shared by the features that serve them."""

from datetime import date as calendar_date
from typing import Final

from pydantic import BaseModel

MAX_VALUES: Final = 500
"""Values that a facet lists, those with the most items."""


class ValueCount(BaseModel):
    """A value and the number of items that have it."""

    value: str
    count: int


class DayCount(BaseModel):
    """Events of one UTC day, by event time."""

    date: calendar_date
    count: int


class SeverityCounts(BaseModel):
    """Findings by severity; every severity is present."""

    low: int = 0
    medium: int = 0
    high: int = 0
    critical: int = 0
