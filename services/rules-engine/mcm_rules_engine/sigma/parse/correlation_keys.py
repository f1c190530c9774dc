"""The keys below ``correlation:``, and ``escalate`` beside it: read, checked, every mistake reported with its line."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from mcm_rules_engine.sigma.compile.group_keys import CASED, GroupField, too_many_fields
from mcm_rules_engine.sigma.model.correlation import SUMMED, Comparison, Kind, Measure
from mcm_rules_engine.sigma.parse.aliases import read_aliases
from mcm_rules_engine.sigma.parse.durations import parse_duration
from mcm_rules_engine.sigma.parse.metadata import Reader, group_field
from mcm_rules_engine.sigma.parse.recomputed_keys import (
    NOT_MONOTONE,
    Periods,
    check_number_of_rules,
    escalates,
    is_recomputed,
    read_comparison,
    read_periods,
    read_score,
)
from mcm_rules_engine.sigma.parse.references import reference_key
from mcm_rules_engine.sigma.parse.rule_conditions import read_alternatives
from mcm_rules_engine.sigma.unsupported import UnsupportedError
from mcm_shared.contracts.findings import Severity
from mcm_shared.suggestions import did_you_mean

KEYS: Final = (
    *("type", "rules", "group-by", "timespan", "condition"),
    *("aliases", "generate", "window", "history", "learning", "score"),
)
LONGEST_TIMESPAN: Final = timedelta(days=90)
HIGHEST_SLIDING: Final = 500
"""The highest threshold of a sliding window, whose cost grows with it."""

_ORDER_STATISTICS: Final = ("value_percentile", "value_median")
_TEMPORAL: Final = (Kind.TEMPORAL, Kind.TEMPORAL_ORDERED)


@dataclass(frozen=True, slots=True)
class CorrelationKeys:
    """The keys of a correlation document, checked.

    ``aliases`` maps a field of ``group_by`` to each rule's own name for it. ``alternatives`` are the sets of rules of
    which one must be there whole, where the condition joins rules by ``or``. ``timespan`` is the history of a rule for
    new values; ``comparison`` makes a rule one over complete windows. ``periods`` are those of a kind with a history.
    ``score`` is that of a rule for unusual behaviour.
    """

    kind: Kind
    rules: tuple[str, ...]
    group_by: tuple[str, ...]
    timespan: timedelta
    steps: tuple[tuple[int, Severity], ...]
    value_fields: tuple[GroupField, ...]
    alternatives: tuple[frozenset[str], ...] | None
    cased: frozenset[str]
    aliases: dict[str, dict[str, str]]
    generate: bool
    tumbling: bool
    comparison: Comparison | None
    periods: Periods | None
    score: Measure | None

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
        rules = self._texts("rules", required=kind is not Kind.UNUSUAL_BEHAVIOUR)
        if kind in _TEMPORAL and len(rules) < 2:
            self._wrong("rules", f"{kind} needs two rules or more")
        check_number_of_rules(self._reader, kind, rules)
        tumbling = self._tumbling(kind)
        group_fields = self._group_fields()
        group_by = tuple(field.name for field in group_fields)
        too_many = too_many_fields(group_by)
        if too_many is not None:
            self._wrong("group-by", too_many)
        alternatives = self._alternatives(kind, rules)
        recomputed = is_recomputed(kind, self._keys)
        comparison = read_comparison(self._reader, self._keys, kind, tumbling=tumbling) if recomputed else None
        periods = read_periods(self._reader, self._keys, kind)
        lowest = int(kind is not Kind.SILENCE) if recomputed else self._lowest(kind, rules, tumbling)
        if alternatives is not None:
            lowest = min(map(len, alternatives))
        return CorrelationKeys(
            kind=kind,
            rules=rules,
            group_by=group_by,
            timespan=self._timespan() if periods is None else periods.timespan,
            steps=((lowest, self._level), *self._escalation(kind, lowest, tumbling, rules, alternatives)),
            comparison=comparison,
            periods=periods,
            score=read_score(self._reader, self._keys, kind),
            value_fields=self._value_fields(kind),
            alternatives=alternatives,
            cased=frozenset(field.name for field in group_fields if field.cased),
            aliases=read_aliases(self._reader, self._keys.get("aliases", {}), group_by, rules),
            generate=self._flag("generate"),
            tumbling=tumbling,
        )

    def _wrong(self, key: str, what: str) -> None:
        self._reader.wrong(("correlation", key), what)

    def _kind(self) -> Kind:
        value = self._keys.get("type")
        if value in tuple(Kind):
            return Kind(value)
        if value in _ORDER_STATISTICS:
            self._wrong(
                "type", f"{value} is not supported: it needs every value of a window; take value_avg or value_sum"
            )
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

    def _group_fields(self) -> list[GroupField]:
        fields: list[GroupField] = []
        for text in self._texts("group-by"):
            field = group_field(text)
            if field is None:
                self._wrong("group-by", f"{text!r} is not the name of a field; only the modifier |{CASED} goes here")
            elif any(field.name == known.name for known in fields):
                self._wrong("group-by", f"names {field.name!r} twice")
            else:
                fields.append(field)
        return fields

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
        if kind in (Kind.SILENCE, Kind.UNUSUAL_BEHAVIOUR) and "window" not in self._keys:
            return True
        value = self._keys.get("window", "tumbling" if kind in SUMMED else "sliding")
        if value not in ("sliding", "tumbling"):
            self._wrong("window", f"{value!r} is neither sliding nor tumbling")
        if value == "tumbling" and kind not in (Kind.EVENT_COUNT, *SUMMED):
            self._wrong("window", "only event_count, value_sum and value_avg can be tumbling")
        if value == "sliding" and kind in SUMMED:
            self._wrong("window", f"{kind} is computed over whole windows: leave window out, or write tumbling")
        return bool(value == "tumbling")

    def _value_fields(self, kind: Kind) -> tuple[GroupField, ...]:
        condition = self._keys.get("condition")
        value = condition.get("field") if isinstance(condition, dict) else None
        if kind not in (Kind.VALUE_COUNT, Kind.NEW_VALUE, *SUMMED):
            if value is not None and self._keys.get("type") == kind:
                self._wrong("condition", f"{kind} counts no field; value_count does")
            return ()
        texts = value if isinstance(value, list) else [value]
        fields = [group_field(text) if isinstance(text, str) else None for text in texts]
        read = tuple(field for field in fields if field is not None)
        if not read or None in fields or len({field.name for field in read}) < len(read):
            needs = "the field whose values are counted, or a list of several"
            self._wrong("condition", f"{kind} needs {'the field that it adds up' if kind in SUMMED else needs}")
        elif kind in SUMMED and len(read) > 1:
            self._wrong("condition", f"{kind} adds up one field")
        return read

    def _lowest(self, kind: Kind, rules: tuple[str, ...], tumbling: bool) -> int:
        """Reads the lowest count that the condition holds for."""
        condition = self._keys.get("condition")
        if kind in _TEMPORAL and not isinstance(condition, dict):
            return max(1, len(rules))
        if not isinstance(condition, dict):
            self._wrong("condition", "must be a map such as {gte: 5}")
            return 1
        for operator in NOT_MONOTONE:
            if operator in condition:
                self._wrong(
                    "condition", f"{operator} holds for complete windows only: event_count with window: tumbling"
                )
                return 1
        self._reader.check_spelling(condition, ("gte", "gt", "field"), ("correlation", "condition"))
        stated = [(operator, condition[operator]) for operator in ("gte", "gt") if operator in condition]
        if len(stated) != 1 or type(stated[0][1]) is not int:
            self._wrong("condition", "needs one whole number by gte or gt")
            return 1
        lowest = int(stated[0][1]) + (stated[0][0] == "gt")
        if kind in _TEMPORAL:
            if not 1 <= lowest <= len(rules):
                self._wrong("condition", f"must be from 1 to the number of rules, {len(rules)}")
            elif kind is Kind.TEMPORAL_ORDERED and lowest < len(rules):
                self._wrong("condition", "temporal_ordered needs all of its rules: the order of some is not defined")
        else:
            self._check_threshold(("correlation", "condition"), lowest, tumbling)
        return lowest

    def _check_threshold(self, at: tuple[str | int, ...], threshold: int, tumbling: bool) -> None:
        if threshold < 1:
            self._reader.wrong(at, "must be at least 1")
        if threshold > HIGHEST_SLIDING and not tumbling:
            self._reader.wrong(at, f"a sliding window counts to {HIGHEST_SLIDING}; add `window: tumbling` beyond that")

    def _alternatives(self, kind: Kind, rules: tuple[str, ...]) -> tuple[frozenset[str], ...] | None:
        """Reads a condition over rules such as ``a and (b or c)``; None where it needs all of them, or a count."""
        condition = self._keys.get("condition")
        if kind not in _TEMPORAL or condition is None or isinstance(condition, dict):
            return None
        if not isinstance(condition, str):
            self._wrong("condition", "must be a map such as {gte: 2}, or a text such as `a and (b or c)`")
            return None
        try:
            alternatives = read_alternatives(condition)
        except UnsupportedError as error:
            self._wrong("condition", str(error))
            return None
        if frozenset().union(*alternatives) != set(rules):
            self._wrong("condition", "must name all of the rules and no other")
            return None
        if alternatives == {frozenset(rules)}:
            return None
        if kind is Kind.TEMPORAL_ORDERED:
            self._wrong("condition", "temporal_ordered needs all of its rules: the order of some is not defined")
        return tuple(sorted(alternatives, key=sorted))

    def _escalation(
        self,
        kind: Kind,
        lowest: int,
        tumbling: bool,
        rules: tuple[str, ...],
        alternatives: tuple[frozenset[str], ...] | None,
    ) -> list[tuple[int, Severity]]:
        value = self._reader.document.data.get("escalate", {})
        if not isinstance(value, dict):
            self._reader.wrong(("escalate",), "must be a map of a severity to a count, such as {high: 10}")
            return []
        if value and not escalates(kind, self._keys):
            self._reader.wrong(("escalate",), "goes with counts that only rise; this rule has its level alone")
            return []
        if value and (kind is Kind.TEMPORAL_ORDERED or alternatives is not None):
            self._reader.wrong(("escalate",), "needs a count, such as {gte: 2} of a temporal correlation's rules")
            return []
        steps = []
        for key, count in value.items():
            if key not in tuple(Severity) or type(count) is not int:
                self._reader.wrong(("escalate", key), "must be one of low, medium, high, critical with a whole number")
                continue
            if kind is not Kind.TEMPORAL:
                self._check_threshold(("escalate", key), count, tumbling)
            elif count > len(rules):
                self._reader.wrong(("escalate", key), f"is more than the number of rules, {len(rules)}")
            steps.append((count, Severity(key)))
        steps.sort(key=lambda step: step[1].rank)
        below, severity = lowest, self._level
        for count, higher in steps:
            if count <= below or higher.rank <= severity.rank:
                self._reader.wrong(
                    ("escalate", higher.value), "must rise, in count and in severity, above the step before"
                )
            below, severity = count, higher
        return steps
