"""Index of the active rules: an event meets only the few that can match it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from mcm_rules_engine.sigma.compile.fields import EventView, Getter, field_getter, text_of
from mcm_rules_engine.sigma.compile.group_keys import Group
from mcm_rules_engine.sigma.model.correlation import Correlation, SeriesEntry
from mcm_rules_engine.sigma.model.rule import Rule
from mcm_rules_engine.sigma.model.series import SeriesIndex
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.findings import Severity

_MAX_TYPES: Final = 4096
"""Pairs of a source and an event type whose matching rules are cached; a sender can invent any number."""


@dataclass(slots=True)
class Match:
    """A rule that holds for an event.

    ``counted`` says how the match enters the series of the correlations over the rule.
    """

    rule: Rule
    severity: Severity
    view: EventView
    counted: tuple[SeriesEntry, ...] = ()

    @property
    def groups(self) -> list[Group]:
        """The groups of the rule that the event is in; read when asked for, since most matches are only counted."""
        return self.rule.groups_of(self.view)


class _Index:
    """The rules of one log source, each filed under the values of one field that it cannot match without."""

    def __init__(self, rules: Iterable[tuple[int, Rule]]) -> None:
        self.unfiled: list[tuple[int, Rule]] = []
        self.fields: list[tuple[Getter, dict[str, list[tuple[int, Rule]]]]] = []
        numbered = list(rules)
        popular = Counter(field for _, rule in numbered for field in rule.required)
        distinct = {
            field: len({value for _, rule in numbered for value in rule.required.get(field, ())}) for field in popular
        }
        by_field: dict[str, dict[str, list[tuple[int, Rule]]]] = {}
        for number, rule in numbered:
            if not rule.required:
                self.unfiled.append((number, rule))
                continue
            # a field that many rules share keeps the lookups few, one with many values keeps the candidates few
            field = max(rule.required, key=lambda name: (popular[name] * distinct[name], name))
            for value in rule.required[field]:
                by_field.setdefault(field, {}).setdefault(value, []).append((number, rule))
        for field, by_value in by_field.items():
            self.fields.append((field_getter(numbered[0][1].log_source.space, field), by_value))

    def candidates(self, view: EventView) -> list[tuple[int, Rule]]:
        found = self.unfiled
        for get, by_value in self.fields:
            values = get(view)
            if len(values) == 1:
                value = values[0]
                text = value if type(value) is str else text_of(value)
                filed = by_value.get(text.casefold()) if text is not None else None
                if filed:
                    found = found + filed
            elif values:
                texts = {text.casefold() for text in map(text_of, values) if text is not None}
                several = {entry for text in texts for entry in by_value.get(text, ())}
                found = found + list(several)
        return found


class Ruleset:
    """The active rules; matching costs little more for 250 rules than for 25."""

    def __init__(self, rules: Iterable[Rule], correlations: Iterable[Correlation] = ()) -> None:
        self.rules: tuple[Rule, ...] = tuple(rules)
        self.correlations: tuple[Correlation, ...] = tuple(correlations)
        self.all: tuple[Rule | Correlation, ...] = (*self.rules, *self.correlations)
        self._series = SeriesIndex(self.rules, self.correlations)
        self.by_id: dict[str, Rule] = {rule.id: rule for rule in self.rules}
        self._typed: list[tuple[int, Rule]] = []
        self._of_type: dict[tuple[str, str], list[tuple[int, Rule]]] = {}
        by_source: dict[str | None, list[tuple[int, Rule]]] = {}
        for number, rule in enumerate(self.rules):
            same = self._typed if rule.needs_only_type else by_source.setdefault(rule.log_source.source, [])
            same.append((number, rule))
        self._activity = _Index(by_source.pop(None, ()))
        self._native = {source: _Index(rules) for source, rules in by_source.items() if source is not None}

    def counted_by(self, correlation_id: str, group: Mapping[str, str | None]) -> tuple[SeriesEntry, ...]:
        """Says how a detection of a correlation with this canonical group enters the series of those over it."""
        return self._series.of_group(correlation_id, group)

    def match(self, event: SourceEvent) -> list[Match]:
        """Returns the rules that hold for an event, in the order they were loaded."""
        view = EventView(event)
        matched = self._of_type.get((event.source, event.event_type))
        if matched is None:
            matched = self._match_type(view)
        candidates = self._activity.candidates(view)
        native = self._native.get(event.source)
        if native is not None:
            candidates = candidates + native.candidates(view)
        others = [entry for entry in candidates if entry[1].matches(view)]
        if others:
            matched = sorted(matched + others, key=lambda entry: entry[0])
        return [Match(rule, rule.severity_of(view), view, self._series.of_event(rule.id, view)) for _, rule in matched]

    def _match_type(self, view: EventView) -> list[tuple[int, Rule]]:
        """Tests the rules that only need the source and the type of an event, and caches which of them match."""
        if len(self._of_type) == _MAX_TYPES:
            self._of_type.clear()
        matched = [entry for entry in self._typed if entry[1].matches(view)]
        self._of_type[view.event.source, view.event.event_type] = matched
        return matched
