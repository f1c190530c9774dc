"""How detections enter the series that correlations count."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from mcm_rules_engine.sigma.compile.fields import EventView, Getter, Space
from mcm_rules_engine.sigma.compile.group_keys import (
    GroupField,
    any_getter,
    group_key,
    group_reader,
    joined_values,
)
from mcm_rules_engine.sigma.model.correlation import Correlation, Series, SeriesEntry, SeriesMember
from mcm_rules_engine.sigma.model.rule import Rule

_CACHED: Final = 4096
"""Texts (users, addresses) whose entry in a series is cached, for each series."""

EntryReader = Callable[[EventView], tuple[SeriesEntry, ...]]


class SeriesIndex:
    """The series of a ruleset, by the rule whose detections enter them."""

    def __init__(self, rules: Iterable[Rule], correlations: Iterable[Correlation]) -> None:
        spaces = {rule.id: rule.log_source.space for rule in rules}
        self._members: dict[str, list[tuple[Series, SeriesMember]]] = defaultdict(list)
        self._readers: dict[str, list[EntryReader]] = defaultdict(list)
        known = set()
        for series in (series for correlation in correlations for series in correlation.inputs):
            # correlations that count the same share one series
            if series.id in known:
                continue
            known.add(series.id)
            for member in series.members:
                self._members[member.rule_id].append((series, member))
                space = spaces.get(member.rule_id)
                if space is not None:
                    self._readers[member.rule_id].append(_entry_reader(series, member, space))

    def of_event(self, rule_id: str, view: EventView) -> tuple[SeriesEntry, ...]:
        """Says how a single-event rule that holds for an event enters its series."""
        readers = self._readers.get(rule_id)
        if readers is None:
            return ()
        entries = readers[0](view)
        for read in readers[1:]:
            entries += read(view)
        return entries

    def of_group(self, rule_id: str, group: Mapping[str, str | None]) -> tuple[SeriesEntry, ...]:
        """Says how a detection of a correlation enters its series, from its canonical group."""
        found = (_entry_of_group(series, member, group) for series, member in self._members.get(rule_id, ()))
        return tuple(entry for entry in found if entry is not None)


def _entry_of_group(series: Series, member: SeriesMember, values: Mapping[str, str | None]) -> SeriesEntry | None:
    group = {name: values[field] for name, field in zip(series.group_by, member.fields, strict=True)}
    counted = [values[field] for field in member.value_fields]
    if None in group.values() or None in counted:
        return None
    return SeriesEntry(series.id, group_key(group), joined_values(counted) if counted else None)


def _entry_reader(series: Series, member: SeriesMember, space: Space) -> EntryReader:
    """Compiles how an event enters a series; an event that lacks a field to group by, or the value, enters none."""
    fields = [
        GroupField(name, path, name in series.cased) for name, path in zip(series.group_by, member.fields, strict=True)
    ]
    read_groups = group_reader(space, fields)
    value_fields = [GroupField(path, path, path in series.values_cased) for path in member.value_fields]
    read_values = group_reader(space, value_fields) if value_fields else None

    def read(view: EventView) -> tuple[SeriesEntry, ...]:
        keys = [group.key for group in read_groups(view) if None not in group.canonical.values()]
        if read_values is None:
            return tuple([SeriesEntry(series.id, key) for key in keys])
        found = [list(group.canonical.values()) for group in read_values(view)] if keys else []
        values = [joined_values(counted) for counted in found if None not in counted]
        return tuple([SeriesEntry(series.id, key, value) for key in keys for value in values])

    paths = {*member.fields, *member.value_fields}
    if not paths:
        of_all = (SeriesEntry(series.id, group_key({})),)
        return lambda _: of_all
    return _cached(any_getter(space, *paths), read) if len(paths) == 1 else read


def _cached(get: Getter, read: EntryReader) -> EntryReader:
    """Caches the entries by the field's value where that is one text, which often is the same again."""
    known: dict[str, tuple[SeriesEntry, ...]] = {}

    def cached(view: EventView) -> tuple[SeriesEntry, ...]:
        values = get(view)
        text = values[0] if len(values) == 1 else None
        if type(text) is not str:
            return read(view)
        found = known.get(text)
        if found is None:
            if len(known) == _CACHED:
                known.clear()
            found = known[text] = read(view)
        return found

    return cached
