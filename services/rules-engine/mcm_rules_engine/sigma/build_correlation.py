"""From a YAML document to a compiled correlation."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from mcm_rules_engine.sigma.compile.fields import canonical_json
from mcm_rules_engine.sigma.compile.group_keys import object_among
from mcm_rules_engine.sigma.model.correlation import SUMMED, Correlation, Kind, Reading, Series, SeriesMember
from mcm_rules_engine.sigma.model.rule import Braces, Rule
from mcm_rules_engine.sigma.parse.correlation_keys import CorrelationKeys
from mcm_rules_engine.sigma.parse.documents import Document, Problem
from mcm_rules_engine.sigma.parse.metadata import Metadata, Reader, read_braces, read_metadata
from mcm_rules_engine.sigma.parse.templates import template_fields
from mcm_shared.uuids import UUIDNamespace

_SERIES_UUIDS: Final = UUIDNamespace(UUID("3d1f0a52-9a43-5c1e-8a0e-52f7a0f6c0de"))
_ONE_INPUT: Final = (Kind.EVENT_COUNT, Kind.VALUE_COUNT, Kind.NEW_VALUE, *SUMMED)


@dataclass(frozen=True, slots=True)
class ParsedCorrelation:
    """A correlation document as read, before the rules it refers to are known."""

    document: Document
    metadata: Metadata
    keys: CorrelationKeys
    braces: Braces


def read_correlation(document: Document) -> tuple[ParsedCorrelation | None, list[Problem]]:
    """Reads a correlation document; returns it, or every problem it has."""
    reader = Reader(document)
    metadata = read_metadata(reader)
    keys = CorrelationKeys.read(reader, metadata.level)
    if "group_by" in document.data:
        reader.wrong(("group_by",), "a correlation groups by correlation.group-by")
    known = {"count", "timespan", *(("value",) if _has_value(keys) else ()), *keys.group_by}
    braces = read_braces(reader, metadata.description, known)
    for field in template_fields(metadata.description):
        if field not in known and braces == "fields":
            reader.wrong(("description",), f"{{{field}}} is none of {', '.join(sorted(known))}")
    parsed = ParsedCorrelation(document, metadata, keys, braces)
    return (None if reader.problems else parsed), reader.problems


def build_correlation(
    parsed: ParsedCorrelation, members: Mapping[str, Rule | Correlation]
) -> tuple[Correlation | None, list[Problem]]:
    """Compiles a correlation over its ``members``, by reference; returns it, or every problem it has."""
    reader = Reader(parsed.document)
    keys, metadata = parsed.keys, parsed.metadata
    entries = [_member(reader, keys, reference, members[reference]) for reference in keys.rules]
    correlations = [member for member in members.values() if isinstance(member, Correlation)]
    if keys.tumbling and correlations:
        reader.wrong(("correlation", "window"), "a tumbling window counts single-event rules only")
    if any(member.tumbling for member in correlations):
        reader.wrong(("correlation", "rules"), "a correlation over a tumbling window cannot be counted itself")
    if any(member.is_recomputed for member in correlations):
        what = "cannot be counted: later events can take back the results of a rule that is recomputed"
        reader.wrong(("correlation", "rules"), what)
    if reader.problems:
        return None, reader.problems
    versions = {member.id: member.version for member in members.values()}
    groups = [tuple(entries)] if keys.kind in _ONE_INPUT else [(entry,) for entry in entries]
    correlation = Correlation(
        **metadata.definition(parsed.document, _version(parsed, versions), keys.group_by),
        braces=parsed.braces,
        kind=keys.kind,
        inputs=tuple(_series(keys, group, versions) for group in groups),
        timespan=keys.timespan,
        steps=keys.steps,
        tumbling=keys.tumbling,
        alternatives=None if keys.alternatives is None else _by_input(keys),
        readings=_readings(keys, members),
        cased=keys.cased,
        depth=1 + max((member.depth for member in correlations), default=0),
        # what did not follow is what must be complete
        sources=_sources(members[one] for one in (keys.rules[1:] if keys.kind is Kind.NOT_FOLLOWED_BY else keys.rules)),
        comparison=keys.comparison,
        learning=keys.periods.learning if keys.periods else timedelta(0),
        history=keys.periods.history if keys.periods else timedelta(0),
        # several fields together have no spelling of their own
        value_readings=_value_readings(keys, members) if len(keys.value_fields) == 1 else (),
        value_cased=any(field.cased for field in keys.value_fields),
        score=keys.score,
    )
    return correlation, []


def _sources(members: Iterable[Rule | Correlation]) -> tuple[str, ...] | None:
    """Lists the sources whose events members are about; None where one of them is about any source."""
    found: set[str] = set()
    for member in members:
        own = (member.log_source.source,) if isinstance(member, Rule) else member.sources
        if own is None or None in own:
            return None
        found.update(source for source in own if source is not None)
    return tuple(sorted(found))


def _value_readings(keys: CorrelationKeys, members: Mapping[str, Rule | Correlation]) -> tuple[Reading, ...]:
    (field,) = keys.value_fields
    rules = [member for member in members.values() if isinstance(member, Rule)]
    return tuple(dict.fromkeys(Reading(rule.log_source.space, field.name) for rule in rules))


def _has_value(keys: CorrelationKeys) -> bool:
    return keys.comparison is not None or keys.kind in (Kind.NEW_VALUE, Kind.SILENCE, Kind.UNUSUAL_BEHAVIOUR)


def _member(reader: Reader, keys: CorrelationKeys, reference: str, member: Rule | Correlation) -> SeriesMember:
    fields = tuple(keys.aliases.get(field, {}).get(reference, field) for field in keys.group_by)
    value_fields = tuple(field.name for field in keys.value_fields)
    if isinstance(member, Correlation):
        # a detection of a correlation has its group and nothing else
        cased = [field for name, field in zip(keys.group_by, fields, strict=True) if name in keys.cased]
        cased += [field.name for field in keys.value_fields if field.cased]
        for field in (*fields, *value_fields):
            if field not in member.group_by:
                known = ", ".join(member.group_by) or "nothing"
                what = f"{field!r} is no field that the correlation {reference!r} groups by ({known})"
                reader.wrong(("correlation", "group-by"), what)
            elif field in cased and field not in member.cased:
                what = (
                    f"the correlation {reference!r} does not keep the case of {field!r}: write {field}|cased there too"
                )
                reader.wrong(("correlation", "group-by"), what)
    else:
        whole = object_among(fields, member.reads)
        if whole is not None:
            what = f"{whole!r} is an object: the rule {reference!r} reads into it; group by a field inside it"
            reader.wrong(("correlation", "group-by"), what)
    return SeriesMember(member.id, fields, value_fields)


def _series(keys: CorrelationKeys, members: tuple[SeriesMember, ...], versions: Mapping[str, str]) -> Series:
    definition: dict[str, Any] = {
        "group_by": keys.group_by,
        "members": sorted(
            [member.rule_id, versions[member.rule_id], list(member.fields), _counted(member)] for member in members
        ),
        "bucket": keys.timespan // timedelta(microseconds=1) if keys.tumbling else None,
    }
    values_cased = frozenset(field.name for field in keys.value_fields if field.cased)
    if keys.cased or values_cased:
        definition["cased"] = [sorted(keys.cased), sorted(values_cased)]
    return Series(_SERIES_UUIDS.uuid5(canonical_json(definition)), keys.group_by, members, keys.cased, values_cased)


def _counted(member: SeriesMember) -> list[str] | str | None:
    fields = list(member.value_fields)
    return fields if len(fields) > 1 else (fields[0] if fields else None)


def _by_input(keys: CorrelationKeys) -> tuple[frozenset[int], ...]:
    return tuple(frozenset(map(keys.rules.index, needed)) for needed in keys.alternatives or ())


def _readings(keys: CorrelationKeys, members: Mapping[str, Rule | Correlation]) -> dict[str, tuple[Reading, ...]]:
    readings: dict[str, tuple[Reading, ...]] = {}
    for name in keys.group_by:
        # behaviour is that of the user of any event
        found = [] if members else [Reading("activity", name)]
        for reference in keys.rules:
            member, field = members[reference], keys.aliases.get(name, {}).get(reference, name)
            if isinstance(member, Correlation):
                found.extend(member.readings[field])
            else:
                found.append(Reading(member.log_source.space, field))
        readings[name] = tuple(dict.fromkeys(found))
    return readings


def _version(parsed: ParsedCorrelation, versions: Mapping[str, str]) -> str:
    definition = {
        "correlation": parsed.document.data["correlation"],
        "escalate": parsed.document.data.get("escalate"),
        "level": parsed.metadata.level,
        "group_for": parsed.metadata.group_for.total_seconds(),
        "members": versions,
    }
    return hashlib.sha256(canonical_json(definition).encode()).hexdigest()[:12]
