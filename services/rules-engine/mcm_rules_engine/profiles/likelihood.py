"""Likelihood ratios in integers: the same on every machine, and recomputable from the counts that are shown."""

from functools import lru_cache
from typing import Final

MILLIBITS: Final = 1000
"""A doubling of a ratio adds 1,000 to its logarithm."""

_FRACTION_BITS: Final = 24
_MANTISSA_BITS: Final = 64


def log_ratio(numerator: int, denominator: int) -> int:
    """Computes the binary logarithm of a ratio of positive integers, in thousandths, rounded down."""
    return (_log2(numerator) - _log2(denominator)) * MILLIBITS >> _FRACTION_BITS


@lru_cache(1 << 16)
def _log2(number: int) -> int:
    """Computes the binary logarithm of a positive integer in fixed point, by squaring its mantissa."""
    whole = number.bit_length() - 1
    mantissa = (number << _MANTISSA_BITS) >> whole
    fraction = 0
    for _ in range(_FRACTION_BITS):
        mantissa = mantissa * mantissa >> _MANTISSA_BITS
        fraction <<= 1
        if mantissa >> (_MANTISSA_BITS + 1):
            fraction |= 1
            mantissa >>= 1
    return (whole << _FRACTION_BITS) | fraction
