"""Cursor of ``GET /dead-letters``."""

from dataclasses import dataclass

from mcm_api.http.cursor import Cursor


@dataclass(frozen=True, slots=True)
class DeadLetterCursor(Cursor):
    """Position in the dead letters: when the letter was written, in milliseconds since 1970, and its place."""

    at: int
    partition: int
    offset: int
