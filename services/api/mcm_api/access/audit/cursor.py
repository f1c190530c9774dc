"""Cursor of ``GET /audit``."""

from dataclasses import dataclass

from mcm_api.http.cursor import Cursor


@dataclass(frozen=True, slots=True)
class AuditCursor(Cursor):
    """Position in the audit trail: the number of an entry."""

    seq: int
