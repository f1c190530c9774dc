"""Durations as Sigma writes them: a number and a unit."""

import re
from datetime import timedelta
from typing import Any, Final

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION: Final = re.compile(r"([0-9]{1,9})([smhdw])")


def parse_duration(value: Any) -> timedelta:
    """Reads ``90s``, ``10m``, ``1h``, ``7d`` or ``2w``; raises ValueError for anything else."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{value!r} is not a duration such as 30s, 10m, 1h or 7d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
