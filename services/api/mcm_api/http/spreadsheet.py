"""Cells of CSV files that spreadsheets do not take for formulas."""

from typing import Final

# OWASP's list against CSV injection, with the full-width forms that spreadsheets of some locales take as well
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def defused(cell: str) -> str:
    """Puts an apostrophe before a text that a spreadsheet would take for a formula."""
    return f"'{cell}" if cell.startswith(_DANGEROUS) else cell
