"""What the oracle says of groups: which values are the same, how they are shown, and whom a finding is about."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from ipaddress import ip_address
from itertools import product
from typing import Any
from uuid import UUID

from mcm_rules_engine.sigma.compile.fields import EventView, canonical_json, text_of
from mcm_rules_engine.sigma.compile.group_keys import any_getter, group_key
from mcm_rules_engine.sigma.model.correlation import Correlation, Kind, Series, SeriesMember
from mcm_rules_engine.sigma.model.rule import Rule
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.findings import Severity

Position = tuple[int, UUID]
"""Event time in microseconds since 1970; ties by event uid."""


@dataclass(frozen=True)
class Hit:
    """A rule holds for an event, or a correlation at one; ``first`` and ``last`` differ for a tumbling window.

    ``group`` holds canonical values. ``why`` follows the description of the rule.
    """

    rule: Rule | Correlation
    at: int
    group: dict[str, str | None]
    severity: Severity
    first: Position
    last: Position
    count: int | None = None
    completed_by: tuple[Position, ...] = ()
    value: str | None = None
    why: str = ""


@dataclass(frozen=True)
class OracleEntry:
    """A detection as a correlation counts it."""

    position: Position
    value: str | None
    input: int


def counted_groups(
    correlation: Correlation, hits: Mapping[str, list[Hit]], events: Mapping[UUID, SourceEvent], ruleset: Ruleset
) -> dict[str, tuple[dict[str, str | None], list[OracleEntry]]]:
    """Finds what the correlation counts, by group; a detection that lacks a field of the group is in none."""
    groups: dict[str, tuple[dict[str, str | None], list[OracleEntry]]] = {}
    for number, series in enumerate(correlation.inputs):
        for member, hit in _members(series, hits):
            read = _reader(hit, member, events, ruleset)
            fields = zip(series.group_by, member.fields, strict=True)
            found = {name: list(read(path, name in series.cased)) for name, path in fields}
            counted = [read(path, path in series.values_cased) for path in member.value_fields]
            values = [_counted(chosen) for chosen in product(*counted)]
            for chosen in product(*found.values()):
                group: dict[str, str | None] = dict(zip(found, chosen, strict=True))
                for value in values:
                    groups.setdefault(group_key(group), (group, []))[1].append(OracleEntry(hit.last, value, number))
    return groups


def _counted(values: Sequence[str]) -> str | None:
    if len(values) > 1:
        return canonical_json(list(values))
    return values[0] if values else None


def _members(series: Series, hits: Mapping[str, list[Hit]]) -> Iterable[tuple[SeriesMember, Hit]]:
    return ((member, hit) for member in series.members for hit in hits[member.rule_id])


def _reader(
    hit: Hit, member: SeriesMember, events: Mapping[UUID, SourceEvent], ruleset: Ruleset
) -> Callable[[str, bool], Iterable[str]]:
    if isinstance(hit.rule, Correlation):
        # all that a detection of a correlation has is its group
        return lambda field, _: [value for value in [hit.group[field]] if value is not None]
    view = EventView(events[hit.last[1]])
    space = ruleset.by_id[member.rule_id].log_source.space
    return lambda field, cased: {
        comparable(value, cased): None for value in any_getter(space, field)(view) if value is not None
    }


def groups_of(rule: Rule, event: SourceEvent) -> Iterable[dict[str, str | None]]:
    """Lists the groups an event is in: an array stands for each of its elements."""
    view = EventView(event)
    found: dict[str, list[str | None]] = {}
    for field in rule.group_by:
        values = [
            comparable(value, field in rule.cased)
            for value in any_getter(rule.log_source.space, field)(view)
            if value is not None
        ]
        found[field] = list(dict.fromkeys(values)) or [None]
    return (dict(zip(found, chosen, strict=True)) for chosen in product(*found.values()))


def comparable(value: Any, cased: bool) -> str:
    """Writes a value so that two are the same text when a group takes them for the same."""
    value = int(value) if isinstance(value, float) and value.is_integer() else value
    text = "true" if value is True else "false" if value is False else str(value)
    if cased or isinstance(value, bool):
        return text
    if re.fullmatch(r"[+-]?\d+(\.\d+)?", text, re.ASCII):
        number = Fraction(text)
        return str(number.numerator) if number.denominator == 1 else repr(float(number))
    try:
        address = ip_address(text)
    except ValueError:
        return text.casefold()
    return str(getattr(address, "ipv4_mapped", None) or address)


def spelled(rule: Rule | Correlation, group: Mapping[str, str | None], event: SourceEvent) -> dict[str, Any]:
    """Writes a group as an event spells it, read in the first way that gives the value."""
    view = EventView(event)
    spelled: dict[str, Any] = {}
    for name, canonical in group.items():
        readings = [(rule.log_source.space, name)] if isinstance(rule, Rule) else rule.readings[name]
        cased = name in rule.cased
        values = [value for space, path in readings for value in any_getter(space, path)(view) if value is not None]
        same = [value for value in values if comparable(value, cased) == canonical]
        spelled[name] = same[0] if same else canonical
    return spelled


def shown_value(rule: Correlation, value: str | None, event: SourceEvent) -> str | None:
    """Writes a new value as its event spells it; what was measured in a window as it is."""
    if rule.kind is not Kind.NEW_VALUE or len(rule.inputs[0].members[0].value_fields) > 1:
        return value
    view = EventView(event)
    spelled = [one for space, path in rule.value_readings for one in any_getter(space, path)(view) if one is not None]
    same = [one for one in spelled if comparable(one, rule.value_cased) == value]
    return text_of(same[0]) if same else value


def user_of(rule: Rule | Correlation, group: Mapping[str, Any], events: Sequence[SourceEvent]) -> str | None:
    """Names the user of the group, or of a single-event rule that groups by other fields the one user of its events.

    ``events`` are those of its detections, the earliest first.
    """
    if "user" in group:
        return None if group["user"] is None else str(group["user"])
    if isinstance(rule, Correlation):
        user = events[0].user
        return (
            user
            if user is not None and comparable(user, False) in {comparable(v, False) for v in group.values()}
            else None
        )
    if len({None if event.user is None else comparable(event.user, False) for event in events}) > 1:
        return None
    return events[0].user


def user_totals(events: Iterable[SourceEvent]) -> dict[str, tuple[int, datetime, datetime]]:
    """Counts the events of each user, with the earliest and the latest time."""
    times: dict[str, list[datetime]] = {}
    for event in events:
        if event.user is not None:
            times.setdefault(event.user, []).append(event.timestamp)
    return {user: (len(of_user), min(of_user), max(of_user)) for user, of_user in times.items()}
