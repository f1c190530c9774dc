"""Likelihood ratios in integers: the same on every machine, and recomputable from the counts that are shown."""

from functools import lru_cache
from math import floor, gcd, log2
from typing import Final

MILLIBITS: Final = 1000
"""A doubling of a ratio adds 1,000 to its logarithm."""

_DOUBT: Final = 1e-6
"""Distance to a whole number below which floating point does not decide: machines may differ in the last digits."""


def log_ratio(numerator: int, denominator: int) -> int:
    """Computes the binary logarithm of a ratio of positive integers, in thousandths, rounded down."""
    approximate = log2(numerator / denominator) * MILLIBITS
    whole = floor(approximate)
    if _DOUBT < approximate - whole < 1 - _DOUBT:
        return whole
    return _exact(numerator, denominator, round(approximate))


@lru_cache(1 << 12)
def _exact(numerator: int, denominator: int, nearest: int) -> int:
    """Decides by integers whether a logarithm reaches the whole number next to it."""
    common = gcd(numerator, denominator)
    over, under = (numerator // common) ** MILLIBITS, (denominator // common) ** MILLIBITS
    reached = over >= under << nearest if nearest >= 0 else over << -nearest >= under
    return nearest if reached else nearest - 1
