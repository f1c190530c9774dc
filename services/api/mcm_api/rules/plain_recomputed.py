"""What a recomputed rule looks for, in a sentence."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from mcm_rules_engine import parse_duration

_COMPARISONS: Final = {
    "lt": "less than",
    "lte": "at most",
    "eq": "exactly",
    "neq": "anything but",
    "gt": "more than",
    "gte": "at least",
}


def recomputed_sentence(correlation: Mapping[str, Any], names: Sequence[object], counted: str, span: str) -> str | None:
    """Writes what a rule looks for whose results later events can take back; None for any other."""
    condition = correlation.get("condition")
    given = condition if isinstance(condition, Mapping) else {}
    field = given.get("field", "a field")
    kind = correlation.get("type")
    if kind == "not_followed_by" and len(names) == 2:
        return (
            f"It holds when {names[0]} is not followed by {names[1]} within {span}, once the source is known to be "
            "complete."
        )
    if kind == "new_value":
        history, learning = (span_of(str(correlation.get(key, usual))) for key, usual in _PERIODS)
        return f"It holds for a value of {field} in {counted} not seen in {history}, after {learning} of learning."
    if kind == "silence":
        history, learning = (span_of(str(correlation.get(key, usual))) for key, usual in _PAUSES)
        return (
            f"It holds when {counted} stay away for twice the longest pause in {history}, after {learning} of learning."
        )
    comparison = next((f"{words} {given[key]}" for key, words in _COMPARISONS.items() if key in given), None)
    if kind == "unusual_behaviour":
        return (
            f"It holds for a day whose {correlation.get('score')} score is {comparison} bits by the 60 days before it."
        )
    measures = {"value_sum": f"adds up {field} in", "value_avg": f"averages {field} over"}
    if comparison is None or (kind == "event_count" and given.keys() <= {"gt", "gte"}):
        return None
    if kind == "event_count" or kind in measures:
        measured = measures.get(str(kind), "counts")
        return f"It {measured} {counted} in each complete stretch of {span}, and holds at {comparison}."
    return None


_PERIODS: Final = (("history", "60d"), ("learning", "14d"))
_PAUSES: Final = (("history", "14d"), ("learning", "3d"))


def span_of(text: str) -> str:
    """Writes a duration in words; what is no duration as it is."""
    try:
        span = parse_duration(text)
    except ValueError:
        return text
    for unit, name in ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute")):
        if span >= unit and span % unit == timedelta(0):
            number = span // unit
            return f"{number} {name}" if number == 1 else f"{number} {name}s"
    return f"{span.total_seconds():g} seconds"
