"""How detections enter the series that correlations count."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from mcm_rules_engine.sigma.compile.fields import EventView, Space, canonical_json
from mcm_rules_engine.sigma.compile.group_keys import any_getter, group_key, group_reader
from mcm_rules_engine.sigma.model.correlation import Correlation, Member, Series, SeriesEntry
from mcm_rules_engine.sigma.model.rule import Rule

_REMEMBERED: Final = 4096
"""Texts (users, addresses) whose place in a series is kept, for each of them."""

Placing = Callable[[EventView], SeriesEntry | None]


@dataclass(frozen=True, slots=True)
class _Feed:
    series: Series
    member: Member

    def counted(self, values: dict[str, Any]) -> SeriesEntry | None:
        """Places a detection in the series; None where it lacks a field to group by, or the value to count."""
        group = {name: values[field] for name, field in zip(self.series.group_by, self.member.fields, strict=True)}
        if None in group.values():
            return None
        if self.member.value_field is None:
            return SeriesEntry(self.series.id, group_key(group))
        value = values[self.member.value_field]
        if value is None:
            return None
        return SeriesEntry(self.series.id, group_key(group), value if isinstance(value, str) else canonical_json(value))


class SeriesIndex:
    """The series of a ruleset, by the rule whose detections enter them."""

    def __init__(self, rules: Iterable[Rule], correlations: Iterable[Correlation]) -> None:
        correlations = tuple(correlations)
        spaces = {rule.id: rule.log_source.space for rule in rules}
        self._feeds: dict[str, list[_Feed]] = defaultdict(list)
        self._placings: dict[str, list[Placing]] = defaultdict(list)
        known = set()
        for series in (series for correlation in correlations for series in correlation.inputs):
            # correlations that count the same share one series
            if series.id in known:
                continue
            known.add(series.id)
            for member in series.members:
                feed = _Feed(series, member)
                self._feeds[member.rule_id].append(feed)
                self._placings[member.rule_id].append(_series_entry(feed, spaces.get(member.rule_id, "activity")))

    def of_event(self, rule_id: str, view: EventView) -> tuple[SeriesEntry, ...]:
        """Says how a single-event rule that holds for an event enters its series."""
        placings = self._placings.get(rule_id)
        if placings is None:
            return ()
        return tuple([counted for place in placings if (counted := place(view)) is not None])

    def of_group(self, rule_id: str, group: dict[str, Any]) -> tuple[SeriesEntry, ...]:
        """Says how a detection of a correlation enters its series, from its group."""
        found = (feed.counted(group) for feed in self._feeds.get(rule_id, ()))
        return tuple(counted for counted in found if counted is not None)


def _series_entry(feed: _Feed, space: Space) -> Placing:
    """Compiles the placing of an event in a series: at once where nothing or one text, often the same, decides."""
    fields = tuple(dict.fromkeys((*feed.member.fields, *filter(None, [feed.member.value_field]))))
    if not fields:
        of_all = feed.counted({})
        return lambda _: of_all
    read = group_reader(space, fields)
    if len(fields) > 1:
        return lambda view: feed.counted(read(view))
    get = any_getter(space, fields[0])
    known: dict[str, SeriesEntry | None] = {}

    def place(view: EventView) -> SeriesEntry | None:
        values = get(view)
        text = values[0] if len(values) == 1 else None
        if type(text) is not str:
            return feed.counted(read(view))
        if text not in known:
            if len(known) == _REMEMBERED:
                known.clear()
            known[text] = feed.counted(read(view))
        return known[text]

    return place
