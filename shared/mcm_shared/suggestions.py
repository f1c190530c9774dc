"""Suggestions for misspelt names."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

_SURE: Final = 0.8
_LIKELY: Final = 0.6


def close_to(name: str, known: Iterable[str], cutoff: float = _SURE) -> str | None:
    """Finds the known name closest to a misspelt one; None below the similarity asked for (1.0: equal)."""
    by_spelling = {each.replace("_", "-"): each for each in known}
    matches = get_close_matches(name.lower().replace("_", "-"), by_spelling, n=1, cutoff=cutoff)
    return by_spelling[matches[0]] if matches else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Returns ``, did you mean 'x'?`` for a name that resembles a known one, else nothing."""
    close = close_to(name, known, _LIKELY)
    return "" if close is None else f", did you mean '{close}'?"
