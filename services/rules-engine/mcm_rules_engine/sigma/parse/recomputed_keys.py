"""The keys of correlations whose results are recomputed: comparisons of complete windows, and histories of values."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from typing import Any, Final

from mcm_rules_engine.sigma.model.correlation import COMPARISONS, SUMMED, Comparison, Kind
from mcm_rules_engine.sigma.parse.durations import parse_duration
from mcm_rules_engine.sigma.parse.metadata import Reader

NOT_MONOTONE: Final = ("lt", "lte", "eq", "neq")
LONGEST_HISTORY: Final = timedelta(days=90)

_HISTORY: Final = "60d"
_LEARNING: Final = "14d"
_AT_CONDITION: Final = ("correlation", "condition")


def is_recomputed(kind: Kind, keys: Mapping[Any, Any]) -> bool:
    """Whether a correlation of these keys is recomputed: one more event could take a result of it back."""
    condition = keys.get("condition")
    compares = isinstance(condition, dict) and any(operator in condition for operator in NOT_MONOTONE)
    is_window = kind is Kind.EVENT_COUNT and keys.get("window") == "tumbling" and compares
    return is_window or kind in (Kind.NOT_FOLLOWED_BY, Kind.NEW_VALUE, *SUMMED)


def read_comparison(reader: Reader, keys: Mapping[Any, Any], kind: Kind, *, tumbling: bool) -> Comparison | None:
    """Reads what a complete window is compared with; None for a kind that compares nothing."""
    condition = keys.get("condition")
    if kind is Kind.NOT_FOLLOWED_BY:
        if condition is not None:
            reader.wrong(_AT_CONDITION, "does not go with not_followed_by: its second rule is the condition")
        return None
    if not isinstance(condition, dict):
        reader.wrong(_AT_CONDITION, _example(kind))
        return None
    if kind is Kind.NEW_VALUE:
        if condition.keys() - {"field"}:
            reader.wrong(_AT_CONDITION, "new_value takes a field and nothing else")
        return None
    reader.check_spelling(condition, (*COMPARISONS, "field"), _AT_CONDITION)
    stated = [(operator, condition[operator]) for operator in COMPARISONS if operator in condition]
    if len(stated) != 1 or not _is_number(stated[0][1]) or not tumbling:
        reader.wrong(_AT_CONDITION, f"needs one number by one of {', '.join(COMPARISONS)}")
        return None
    operator, number = stated[0]
    if kind is Kind.EVENT_COUNT and (number < 0 or number != int(number)):
        reader.wrong(_AT_CONDITION, "a count is compared with a whole number from 0 on")
    return Comparison(operator, Fraction(Decimal(str(number))))


def read_history(reader: Reader, keys: Mapping[Any, Any], kind: Kind) -> tuple[timedelta | None, timedelta]:
    """Reads the history and the learning period of a rule for new values; no history for other kinds."""
    if kind is not Kind.NEW_VALUE:
        for key in ("history", "learning"):
            if key in keys:
                reader.wrong(("correlation", key), "goes with new_value only")
        return None, timedelta(0)
    if "timespan" in keys:
        reader.wrong(("correlation", "timespan"), "does not go with new_value, which has a history")
    history = _duration(reader, "history", keys.get("history", _HISTORY))
    learning = _duration(reader, "learning", keys.get("learning", _LEARNING))
    if not timedelta(0) < history <= LONGEST_HISTORY:
        reader.wrong(("correlation", "history"), f"must be over 0 and at most {LONGEST_HISTORY.days}d")
    elif learning >= history:
        reader.wrong(("correlation", "learning"), "must be shorter than the history")
    return history, learning


def _duration(reader: Reader, key: str, value: Any) -> timedelta:
    try:
        return parse_duration(value)
    except ValueError as error:
        reader.wrong(("correlation", key), str(error))
        return timedelta(days=1)


def _is_number(value: Any) -> bool:
    return type(value) is int or (type(value) is float and isfinite(value))


def _example(kind: Kind) -> str:
    return "must be a map such as {field: country}" if kind is Kind.NEW_VALUE else "must be a map such as {lt: 1}"
