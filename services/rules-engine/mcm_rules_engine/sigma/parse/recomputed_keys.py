"""The keys of correlations whose results are recomputed: comparisons of complete windows, and histories of values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from typing import Any, Final

from mcm_rules_engine.sigma.model.correlation import COMPARISONS, SUMMED, Comparison, Kind, Measure
from mcm_rules_engine.sigma.parse.durations import parse_duration
from mcm_rules_engine.sigma.parse.metadata import Reader

NOT_MONOTONE: Final = ("lt", "lte", "eq", "neq")
LONGEST_HISTORY: Final = timedelta(days=90)

_PERIODS: Final = {Kind.NEW_VALUE: ("60d", "14d"), Kind.SILENCE: ("14d", "3d")}
"""Kinds with a history: its usual length, and that of learning."""

_DAY: Final = timedelta(days=1)
_BEHAVIOUR_PERIODS: Final = (timedelta(days=60), timedelta(days=14))
"""The history and the learning of behaviour profiles; the thresholds are measured with these."""

_SILENCE_WINDOW: Final = timedelta(hours=1)
_AT_RULES: Final = ("correlation", "rules")
_AT_CONDITION: Final = ("correlation", "condition")


def is_recomputed(kind: Kind, keys: Mapping[Any, Any]) -> bool:
    """Whether a correlation of these keys is recomputed: one more event could take a result of it back."""
    condition = keys.get("condition")
    compares = isinstance(condition, dict) and any(operator in condition for operator in NOT_MONOTONE)
    is_window = kind is Kind.EVENT_COUNT and keys.get("window") == "tumbling" and compares
    return is_window or kind in (Kind.NOT_FOLLOWED_BY, Kind.UNUSUAL_BEHAVIOUR, *_PERIODS, *SUMMED)


def escalates(kind: Kind, keys: Mapping[Any, Any]) -> bool:
    """Whether the severity of a rule can rise with a count."""
    return kind is Kind.SILENCE or not is_recomputed(kind, keys)


def read_comparison(reader: Reader, keys: Mapping[Any, Any], kind: Kind, *, tumbling: bool) -> Comparison | None:
    """Reads what a complete window is compared with; None for a kind that compares nothing."""
    condition = keys.get("condition")
    if kind is Kind.NOT_FOLLOWED_BY:
        if condition is not None:
            reader.wrong(_AT_CONDITION, "does not go with not_followed_by: its second rule is the condition")
        return None
    if kind is Kind.SILENCE:
        if condition is not None:
            reader.wrong(_AT_CONDITION, "does not go with silence: how long a group may pause is learned")
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
    if kind is Kind.UNUSUAL_BEHAVIOUR and operator not in ("gt", "gte"):
        reader.wrong(_AT_CONDITION, "a score is unusual from a number of bits on: {gte: 10}")
    if kind is Kind.EVENT_COUNT and (number < 0 or number != int(number)):
        reader.wrong(_AT_CONDITION, "a count is compared with a whole number from 0 on")
    return Comparison(operator, Fraction(Decimal(str(number))))


def read_score(reader: Reader, keys: Mapping[Any, Any], kind: Kind) -> Measure | None:
    """Reads which score a rule for unusual behaviour compares, and checks what it is about; None for other kinds."""
    score = keys.get("score")
    if kind is not Kind.UNUSUAL_BEHAVIOUR:
        if score is not None:
            reader.wrong(("correlation", "score"), f"goes with {Kind.UNUSUAL_BEHAVIOUR} only")
        return None
    measure = next((each for each in Measure if each == score), None)
    if measure is None:
        reader.wrong(("correlation", "score"), f"must be one of {', '.join(Measure)}")
    if keys.get("group-by") not in ("user", ["user"]):
        reader.wrong(("correlation", "group-by"), "must be [user]: a profile is one of a user")
    if reader.document.data.get("group_for") not in ("24h", "1d"):
        reader.wrong(("group_for",), "must be 24h: a result is about a day of a user")
    return measure


@dataclass(frozen=True, slots=True)
class Periods:
    """The periods of a rule that has a history; ``timespan`` is what it looks back over, or its windows."""

    timespan: timedelta
    history: timedelta
    learning: timedelta


def check_number_of_rules(reader: Reader, kind: Kind, rules: Sequence[str]) -> None:
    """Checks how many rules a recomputed rule is over."""
    if kind is Kind.UNUSUAL_BEHAVIOUR and rules:
        reader.wrong(_AT_RULES, f"do not go with {kind}, which is about all events of a user")
    if kind is Kind.NOT_FOLLOWED_BY and len(rules) != 2:
        reader.wrong(_AT_RULES, f"{kind} needs two rules: what happened, and what did not follow")
    if kind is Kind.SILENCE and len(rules) > 2:
        reader.wrong(_AT_RULES, f"{kind} takes one rule, and a second for the record that its events were read")


def read_periods(reader: Reader, keys: Mapping[Any, Any], kind: Kind) -> Periods | None:
    """Reads the history and the learning period of a rule that has them; None for other kinds."""
    if kind is Kind.UNUSUAL_BEHAVIOUR:
        for key in ("timespan", "history", "learning"):
            if key in keys:
                reader.wrong(("correlation", key), f"does not go with {kind}: it is a day and 60 days")
        return Periods(_DAY, *_BEHAVIOUR_PERIODS)
    if kind not in _PERIODS:
        for key in ("history", "learning"):
            if key in keys:
                reader.wrong(("correlation", key), "goes with new_value and silence only")
        return None
    if "timespan" in keys:
        reader.wrong(("correlation", "timespan"), f"does not go with {kind}, which has a history")
    history, learning = (
        _duration(reader, key, keys.get(key, usual))
        for key, usual in zip(("history", "learning"), _PERIODS[kind], strict=True)
    )
    if not timedelta(0) < history <= LONGEST_HISTORY:
        reader.wrong(("correlation", "history"), f"must be over 0 and at most {LONGEST_HISTORY.days}d")
    elif learning >= history:
        reader.wrong(("correlation", "learning"), "must be shorter than the history")
    return Periods(_SILENCE_WINDOW if kind is Kind.SILENCE else history, history, learning)


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
