"""Numbers: of events by value, of rules also by their spelling."""

import re
from dataclasses import dataclass
from typing import Any, Final

from sigma.types import SigmaNumber, type_map

_EXACT: Final = 2**53
_NUMERIC: Final = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?")


@dataclass(frozen=True, slots=True)
class WrittenNumber:
    """A number of a rule file whose spelling says more than its value, such as ``1e3``, ``0x40`` or ``007``."""

    value: int | float
    text: str


class SigmaWrittenNumber(SigmaNumber):
    """A number of a detection with its spelling; pySigma's own rounds integers beyond 53 bits."""

    text: str

    def __post_init__(self, init_number: Any) -> None:
        super().__post_init__(init_number.value)
        self.number = init_number.value
        self.text = init_number.text


# pySigma looks types up here, and has no other place to add one
type_map[WrittenNumber] = SigmaWrittenNumber


def with_spelling(value: int | float, text: str | None) -> int | float | WrittenNumber:
    """Returns a number with its spelling where its value alone would lose something."""
    if text is None or (text == str(value) and abs(value) < _EXACT):
        return value
    return WrittenNumber(value, text)


def as_number(value: Any) -> float | None:
    """Reads a number from a number or a numeric text; None for anything else, also for true and false."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and _NUMERIC.fullmatch(value):
        return float(value) if "." in value else int(value)
    return None
