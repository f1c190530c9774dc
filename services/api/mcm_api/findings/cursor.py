"""Cursor of ``GET /findings``."""

from dataclasses import dataclass

from mcm_api.http.cursor import Cursor


@dataclass(frozen=True, slots=True)
class FindingCursor(Cursor):
    """Position of a finding: the order of the list, the number it is ordered by, and its id."""

    sort: str
    order: str
    value: int
    id: int
