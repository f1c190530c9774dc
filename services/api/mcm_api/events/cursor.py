"""Cursor of ``GET /events``."""

from dataclasses import dataclass

from mcm_api.http.cursor import Cursor


@dataclass(frozen=True, slots=True)
class EventCursor(Cursor):
    """Position of an event: its time in microseconds since 1970 and, among equal times, its id."""

    at: int
    id: int
