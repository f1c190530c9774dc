"""From a YAML document to a compiled rule."""

import hashlib
from collections.abc import Callable, Mapping, Sequence

from sigma.exceptions import SigmaError
from sigma.rule import SigmaDetections

from mcm_rules_engine.sigma.build_filter import Filter, with_filters
from mcm_rules_engine.sigma.compile.conditions import compile_condition, depends_only_on, required_values
from mcm_rules_engine.sigma.compile.fields import RESERVED, EventView, Space, canonical_json
from mcm_rules_engine.sigma.compile.group_keys import group_reader, object_among
from mcm_rules_engine.sigma.compile.log_sources import LogSource, read_log_source
from mcm_rules_engine.sigma.model.rule import Rule
from mcm_rules_engine.sigma.parse.detections import DetectionReader, compile_step, condition_tree
from mcm_rules_engine.sigma.parse.documents import Document, Problem
from mcm_rules_engine.sigma.parse.metadata import Metadata, Reader, read_braces, read_metadata
from mcm_rules_engine.sigma.unsupported import UnsupportedError
from mcm_shared.contracts.findings import Severity
from mcm_shared.suggestions import did_you_mean


def build_rule(document: Document, filters: Sequence[Filter]) -> tuple[Rule | None, list[Problem]]:
    """Compiles a rule, with the filters that apply to it; returns the rule, or every problem it has."""
    reader = Reader(document)
    metadata = read_metadata(reader)
    log_source = _log_source(reader)
    if log_source is None:
        return None, reader.problems
    detections = DetectionReader(reader, "detection", log_source.space)
    definition = detections.read()
    steps = _read_steps(reader, detections, metadata.level)
    whole = object_among(metadata.group_by, detections.fields)
    if whole is not None:
        reader.wrong(("group_by",), f"{whole!r} is an object: the detection reads into it; group by a field inside it")
    fields_known = (*RESERVED, *metadata.group_by, *detections.fields)
    braces = read_braces(reader, metadata.description, fields_known)
    if reader.problems:
        return None, reader.problems
    applied = _applied(filters, metadata, log_source, reader)
    try:
        sigma = SigmaDetections.from_dict(definition)
        tree = with_filters(condition_tree(sigma), applied)
        matches = compile_condition(tree, log_source.space)
        severity_of = _severity_of(metadata.level, steps, sigma, log_source.space)
    except (SigmaError, UnsupportedError) as error:
        reader.wrong(("detection",), str(error))
    if reader.problems:
        return None, reader.problems
    rule = Rule(
        **metadata.definition(document, _version(document, metadata, applied), metadata.group_by),
        braces=braces,
        log_source=log_source,
        matches=matches,
        severity_of=severity_of,
        groups_of=group_reader(log_source.space, metadata.group_fields),
        required=required_values(tree),
        needs_only_type=log_source.space == "activity" and depends_only_on(tree, ("source", "event_type")),
        reads=frozenset(detections.fields),
        filters=tuple(each.document.text for each in applied),
        cased=frozenset(field.name for field in metadata.group_fields if field.cased),
    )
    return rule, []


def _log_source(reader: Reader) -> LogSource | None:
    value = reader.read_log_source_keys()
    if value is None:
        return None
    try:
        return read_log_source(value)
    except UnsupportedError as error:
        reader.wrong(("logsource",), str(error))
        return None


def _applied(filters: Sequence[Filter], metadata: Metadata, log_source: LogSource, reader: Reader) -> list[Filter]:
    applied = [each for each in filters if each.applies_to(metadata, log_source)]
    for each in filters:
        if each.names(metadata) and each not in applied:
            what = f"does not cover the log source of the rule {metadata.name!r}, which the filter names"
            reader.problems.append(each.document.problem(("logsource",), what))
    return applied


def _read_steps(reader: Reader, detections: DetectionReader, level: Severity) -> dict[Severity, str]:
    value = reader.document.data.get("escalate", {})
    if not isinstance(value, dict):
        reader.wrong(("escalate",), "must be a map of a severity to a condition, such as {critical: in_production}")
        return {}
    steps = {}
    for key, condition in value.items():
        at = ("escalate", str(key))
        if key not in tuple(Severity):
            reader.wrong(at, f"is not one of {', '.join(Severity)}{did_you_mean(str(key), Severity)}")
            continue
        if Severity(key).rank <= level.rank:
            reader.wrong(at, f"does not raise the severity: the rule's level is {level}")
        detections.check_condition(condition, at)
        steps[Severity(key)] = condition
    return steps


def _severity_of(
    level: Severity, steps: Mapping[Severity, str], detections: SigmaDetections, space: Space
) -> Callable[[EventView], Severity]:
    if not steps:
        return lambda _: level
    highest_first = sorted(steps.items(), key=lambda step: -step[0].rank)
    compiled = [(severity, compile_step(condition, detections, space)) for severity, condition in highest_first]
    return lambda view: next((severity for severity, holds in compiled if holds(view)), level)


def _version(document: Document, metadata: Metadata, applied: Sequence[Filter]) -> str:
    definition = {
        "logsource": document.data["logsource"],
        "detection": document.data["detection"],
        "escalate": document.data.get("escalate"),
        "level": metadata.level,
        "group_by": metadata.written_group_by,
        "group_for": metadata.group_for.total_seconds(),
        "filters": [each.document.data["filter"] for each in applied],
    }
    return hashlib.sha256(canonical_json(definition).encode()).hexdigest()[:12]
