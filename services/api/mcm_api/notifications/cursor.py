"""Cursor of ``GET /notifications/messages``."""

from dataclasses import dataclass

from mcm_api.http.cursor import Cursor


@dataclass(frozen=True, slots=True)
class MessageCursor(Cursor):
    """Position of a message: when it was composed, in microseconds since 1970, and its id."""

    created_us: int
    id: str
