"""Exponential backoff: delays that double with each failure in a row, up to a limit."""

from typing import Final

_MAX_DOUBLINGS: Final = 30


def backoff_s(failures: int, *, first_s: float, longest_s: float) -> float:
    """Returns the seconds to wait after this many failures in a row, one or more."""
    return min(first_s * 2.0 ** min(failures - 1, _MAX_DOUBLINGS), longest_s)
