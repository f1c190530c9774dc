"""Cursor of ``GET /users``."""

from dataclasses import dataclass

from mcm_api.http.cursor import Cursor


@dataclass(frozen=True, slots=True)
class UserCursor(Cursor):
    """Position of a user: the order of the list, the number it is ordered by, and the name."""

    sort: str
    value: int
    user: str
