"""Cursor of ``GET /dead-letters``."""

from dataclasses import dataclass

from mcm_api.http.cursor import Cursor


@dataclass(frozen=True, slots=True)
class DeadLetterCursor(Cursor):
    """Position in the dead letters: by partition, the offset before which the next page ends."""

    offsets: list[int]
