"""The keys below ``correlation:``, and ``escalate`` beside it: read, checked, every mistake reported with its line."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sigma.correlations import (
    CorrelationConditionAND,
    CorrelationConditionItem,
    SigmaExtendedCorrelationCondition,
    SigmaRuleReference,
)
from sigma.exceptions import SigmaError

from mcm_rules_engine.sigma.compile.group_keys import too_many_fields
from mcm_rules_engine.sigma.model.correlation import Kind
from mcm_rules_engine.sigma.parse.durations import parse_duration
from mcm_rules_engine.sigma.parse.metadata import Reader
from mcm_rules_engine.sigma.parse.references import reference_key
from mcm_shared.contracts.findings import Severity
from mcm_shared.suggestions import did_you_mean

KEYS: Final = ("type", "rules", "group-by", "timespan", "condition", "aliases", "generate", "window")
LONGEST_TIMESPAN: Final = timedelta(days=90)
HIGHEST_SLIDING: Final = 500
"""The highest threshold of a sliding window, whose cost grows with it."""

_NOT_MONOTONE: Final = ("lt", "lte", "eq", "neq")
_NOT_COUNTS: Final = ("value_sum", "value_avg", "value_percentile", "value_median")
_TEMPORAL: Final = (Kind.TEMPORAL, Kind.TEMPORAL_ORDERED)


@dataclass(frozen=True, slots=True)
class CorrelationKeys:
    """What a correlation document asks for; ``aliases`` maps a field of ``group_by`` to each rule's own name for it."""

    kind: Kind
    rules: tuple[str, ...]
    group_by: tuple[str, ...]
    timespan: timedelta
    steps: tuple[tuple[int, Severity], ...]
    value_field: str | None
    aliases: dict[str, dict[str, str]]
    generate: bool
    tumbling: bool

    @classmethod
    def read(cls, reader: Reader, level: Severity) -> "CorrelationKeys":
        """Reads and checks the keys; mistakes gather in the reader and a neutral value stands in for them."""
        return _KeysReader(reader, level).read()


class _KeysReader:
    def __init__(self, reader: Reader, level: Severity) -> None:
        self._reader = reader
        self._level = level
        value = reader.document.data.get("correlation")
        self._keys: dict[Any, Any] = value if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            reader.wrong(("correlation",), "must be a map with type, rules, timespan and condition")

    def read(self) -> CorrelationKeys:
        self._reader.check_spelling(self._keys, KEYS, ("correlation",))
        kind = self._kind()
        rules = self._texts("rules", required=True)
        if kind in _TEMPORAL and len(rules) < 2:
            self._wrong("rules", f"{kind} needs two rules or more")
        tumbling = self._tumbling(kind)
        group_by = self._texts("group-by")
        too_many = too_many_fields(group_by)
        if too_many is not None:
            self._wrong("group-by", too_many)
        least = self._least(kind, rules, tumbling)
        return CorrelationKeys(
            kind=kind,
            rules=rules,
            group_by=group_by,
            timespan=self._timespan(),
            steps=((least, self._level), *self._escalation(kind, least, tumbling)),
            value_field=self._value_field(kind),
            aliases=self._aliases(group_by, rules),
            generate=self._flag("generate"),
            tumbling=tumbling,
        )

    def _wrong(self, key: str, what: str) -> None:
        self._reader.wrong(("correlation", key), what)

    def _kind(self) -> Kind:
        value = self._keys.get("type")
        if value in tuple(Kind):
            return Kind(value)
        if value in _NOT_COUNTS:
            self._wrong("type", f"{value} is not monotone: one more event could take a finding back")
        elif value is None:
            self._wrong("type", f"is missing; one of {', '.join(Kind)}")
        else:
            self._wrong("type", f"{value!r} is not one of {', '.join(Kind)}{did_you_mean(str(value), Kind)}")
        return Kind.EVENT_COUNT

    def _texts(self, key: str, *, required: bool = False) -> tuple[str, ...]:
        value = self._keys.get(key)
        if value is None:
            if required:
                self._wrong(key, "is missing")
            return ()
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not all(isinstance(each, str) and each for each in values):
            self._wrong(key, "must be a text or a list of texts")
            return ()
        values = [reference_key(each) if key == "rules" else each for each in values]
        if len(set(values)) < len(values):
            self._wrong(key, "names one twice")
        return tuple(values)

    def _timespan(self) -> timedelta:
        try:
            timespan = parse_duration(self._keys.get("timespan"))
        except ValueError as error:
            self._wrong("timespan", str(error))
            return timedelta(hours=1)
        if not timedelta(0) < timespan <= LONGEST_TIMESPAN:
            self._wrong("timespan", f"must be over 0 and at most {LONGEST_TIMESPAN.days}d")
        return timespan

    def _flag(self, key: str) -> bool:
        value = self._keys.get(key, False)
        if not isinstance(value, bool):
            self._wrong(key, "must be true or false")
        return value is True

    def _tumbling(self, kind: Kind) -> bool:
        value = self._keys.get("window", "sliding")
        if value not in ("sliding", "tumbling"):
            self._wrong("window", f"{value!r} is neither sliding nor tumbling")
        if value == "tumbling" and kind is not Kind.EVENT_COUNT:
            self._wrong("window", "only event_count can be tumbling")
        return bool(value == "tumbling")

    def _value_field(self, kind: Kind) -> str | None:
        condition = self._keys.get("condition")
        field = condition.get("field") if isinstance(condition, dict) else None
        if kind is Kind.VALUE_COUNT:
            if not isinstance(field, str) or not field:
                self._wrong("condition", "value_count needs the field whose values are counted, as one text")
                return None
            return field
        if field is not None and self._keys.get("type") == kind:
            self._wrong("condition", f"{kind} counts no field; value_count does")
        return None

    def _least(self, kind: Kind, rules: tuple[str, ...], tumbling: bool) -> int:
        condition = self._keys.get("condition")
        if kind in _TEMPORAL:
            self._check_all_rules(condition, rules)
            return max(1, len(rules))
        if not isinstance(condition, dict):
            self._wrong("condition", "must be a map such as {gte: 5}")
            return 1
        for operator in _NOT_MONOTONE:
            if operator in condition:
                self._wrong("condition", f"{operator} is not monotone: one more event could take a finding back")
                return 1
        self._reader.check_spelling(condition, ("gte", "gt", "field"), ("correlation", "condition"))
        asked = [(operator, condition[operator]) for operator in ("gte", "gt") if operator in condition]
        if len(asked) != 1 or type(asked[0][1]) is not int:
            self._wrong("condition", "needs one whole number by gte or gt")
            return 1
        least = int(asked[0][1]) + (asked[0][0] == "gt")
        self._check_threshold(("correlation", "condition"), least, tumbling)
        return least

    def _check_threshold(self, at: tuple[str | int, ...], threshold: int, tumbling: bool) -> None:
        if threshold < 1:
            self._reader.wrong(at, "must count to 1 at least")
        if threshold > HIGHEST_SLIDING and not tumbling:
            self._reader.wrong(at, f"a sliding window counts to {HIGHEST_SLIDING}; add `window: tumbling` beyond that")

    def _check_all_rules(self, condition: Any, rules: tuple[str, ...]) -> None:
        if condition is None or condition in ({"gte": len(rules)}, {"gt": len(rules) - 1}):
            return
        if not isinstance(condition, str):
            self._wrong("condition", "a temporal correlation asks for all of its rules; leave the condition out")
            return
        try:
            parsed = SigmaExtendedCorrelationCondition(condition).parsed
        except SigmaError as error:
            self._wrong("condition", str(error))
            return
        named = _all_of(parsed)
        if named is None:
            self._wrong("condition", f"{condition!r} is not supported: only `and` over all of the rules is")
        elif named != set(rules):
            self._wrong("condition", "must name all of the rules and no other")

    def _escalation(self, kind: Kind, least: int, tumbling: bool) -> list[tuple[int, Severity]]:
        value = self._reader.document.data.get("escalate", {})
        if not isinstance(value, dict) or (value and kind in _TEMPORAL):
            self._reader.wrong(
                ("escalate",), "must be a map of a severity to a count, such as {high: 10}, and of a count"
            )
            return []
        steps = []
        for key, count in value.items():
            if key not in tuple(Severity) or type(count) is not int:
                self._reader.wrong(("escalate", key), "must be one of low, medium, high, critical with a whole number")
                continue
            self._check_threshold(("escalate", key), count, tumbling)
            steps.append((count, Severity(key)))
        steps.sort(key=lambda step: step[1].rank)
        below, severity = least, self._level
        for count, higher in steps:
            if count <= below or higher.rank <= severity.rank:
                self._reader.wrong(
                    ("escalate", higher.value), "must rise, in count and in severity, above the step before"
                )
            below, severity = count, higher
        return steps

    def _aliases(self, group_by: tuple[str, ...], rules: tuple[str, ...]) -> dict[str, dict[str, str]]:
        value = self._keys.get("aliases", {})
        aliases: dict[str, dict[str, str]] = {}
        for alias, mapping in value.items() if isinstance(value, dict) else [("", None)]:
            if not isinstance(mapping, dict) or not all(isinstance(field, str) for field in mapping.values()):
                self._wrong("aliases", "must map an alias to a map of each rule to its field")
                return {}
            mapping = {reference_key(str(rule)): field for rule, field in mapping.items()}
            if alias not in group_by:
                self._wrong("aliases", f"{alias!r} is not in group-by")
            for rule in rules:
                if rule not in mapping:
                    self._wrong("aliases", f"{alias!r} has no field for the rule {rule!r}")
            for rule in mapping:
                if rule not in rules:
                    self._wrong("aliases", f"{rule!r} is none of the rules{did_you_mean(str(rule), rules)}")
            aliases[str(alias)] = mapping
        return aliases


def _all_of(parsed: CorrelationConditionItem | SigmaRuleReference) -> set[str] | None:
    if isinstance(parsed, SigmaRuleReference):
        return {reference_key(parsed.reference)}
    if not isinstance(parsed, CorrelationConditionAND):
        return None
    parts = [_all_of(part) for part in parsed.args]
    return None if None in parts else {name for part in parts if part is not None for name in part}
