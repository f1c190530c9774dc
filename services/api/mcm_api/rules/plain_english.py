"""What a rule looks for, in sentences."""

from collections.abc import Mapping
from typing import Any, Final

from mcm_api.rules.plain_recomputed import recomputed_sentence, span_of

_OPERATORS: Final = {
    "contains": "contains",
    "startswith": "begins with",
    "endswith": "ends with",
    "re": "matches the pattern",
    "cidr": "lies in",
    "gt": "is more than",
    "gte": "is at least",
    "lt": "is less than",
    "lte": "is at most",
    "exists": "exists:",
    "fieldref": "is the same as the field",
}


def plain_english(document: Mapping[str, Any]) -> list[str]:
    """Writes what a Sigma document looks for: a sentence for each part of its detection, or for its correlation."""
    if isinstance(document.get("correlation"), Mapping):
        return _correlation(document, document["correlation"])
    return _detection(document)


def _detection(document: Mapping[str, Any]) -> list[str]:
    detection = document.get("detection")
    if not isinstance(detection, Mapping):
        return []
    sentences = [_log_source(document.get("logsource"))]
    for name, part in detection.items():
        if name not in {"condition", "timeframe"}:
            sentences.append(f"“{name}” holds when {_selection(part)}.")
    condition = detection.get("condition")
    conditions = condition if isinstance(condition, list) else [condition]
    sentences.append(f"The rule holds when: {'; or '.join(map(str, conditions))}.")
    return sentences


def _log_source(source: Any) -> str:
    given = source if isinstance(source, Mapping) else {}
    if given.get("category") == "activity":
        return "It looks at every event, whatever its source."
    named = " ".join(str(given[key]) for key in ("product", "service", "category") if key in given)
    return f"It looks at the events of {named or 'any source'}, as the source writes them."


def _selection(part: Any) -> str:
    if isinstance(part, Mapping):
        return " and ".join(_field(str(key), value) for key, value in part.items())
    if isinstance(part, list):
        return ", or ".join(_selection(each) if isinstance(each, Mapping) else f"the text {each!s}" for each in part)
    return f"the text {part!s}"


def _field(key: str, value: Any) -> str:
    name, *modifiers = key.split("|")
    joined = " and " if "all" in modifiers else " or "
    operator = next((_OPERATORS[each] for each in modifiers if each in _OPERATORS), "is")
    values = value if isinstance(value, list) else [value]
    return f"{name} {operator} {joined.join(_value(each) for each in values)}"


def _value(value: Any) -> str:
    if value is None:
        return "missing"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"“{value}”" if isinstance(value, str) else str(value)


def _correlation(document: Mapping[str, Any], correlation: Mapping[str, Any]) -> list[str]:
    rules = correlation.get("rules", [])
    names = [rules] if isinstance(rules, str) else list(rules)
    counted = f"detections of {', '.join(map(str, names))}"
    group = correlation.get("group-by") or []
    group = [group] if isinstance(group, str) else list(group)
    span = span_of(str(correlation.get("timespan", "")))
    condition = correlation.get("condition") or {}
    recomputed = recomputed_sentence(correlation, names, counted, span)
    threshold = condition.get("gte", condition.get("gt")) if isinstance(condition, Mapping) else None
    if threshold is not None and "gte" not in condition:
        threshold = int(threshold) + 1
    within = (
        f"in one stretch of {span}" if document.get("correlation", {}).get("window") == "tumbling" else f"within {span}"
    )
    match correlation.get("type"):
        case _ if recomputed is not None:
            what = recomputed
        case "event_count":
            what = f"It counts {counted} and holds at {threshold} or more {within}."
        case "value_count":
            field = _fields(condition.get("field")) if isinstance(condition, Mapping) else "a field"
            what = f"It counts the different values of {field} in {counted} and holds at {threshold} or more {within}."
        case "temporal" if isinstance(condition, str):
            what = f"It holds when {condition} hold {within}, in any order."
        case "temporal" if threshold is not None:
            what = f"It holds when at least {threshold} of {', '.join(map(str, names))} hold {within}, in any order."
        case "temporal":
            what = f"It holds when all of {', '.join(map(str, names))} hold {within}, in any order."
        case _:
            what = f"It holds when {', then '.join(map(str, names))} hold {within}, in this order."
    sentences = [what]
    if group:
        sentences.append(f"Each {' and '.join(map(str, group))} is counted separately.")
    escalate = document.get("escalate")
    if isinstance(escalate, Mapping):
        steps = ", ".join(f"{severity} from {count} on" for severity, count in escalate.items())
        sentences.append(f"The severity is {document.get('level')}, and {steps}.")
    return sentences


def _fields(value: Any) -> str:
    names = value if isinstance(value, list) else [value or "a field"]
    return " and ".join(map(str, names))
