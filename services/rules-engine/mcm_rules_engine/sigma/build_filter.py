"""Sigma filters: exclusions from rules, as conditions of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sigma.conditions import ConditionAND
from sigma.rule.detection import SigmaDetections

from mcm_rules_engine.sigma.compile.log_sources import LogSource, LogSources, read_log_sources
from mcm_rules_engine.sigma.parse.detections import DetectionReader, condition_tree
from mcm_rules_engine.sigma.parse.documents import Document, Problem
from mcm_rules_engine.sigma.parse.metadata import Metadata, Reader
from mcm_rules_engine.sigma.parse.references import reference_key
from mcm_rules_engine.sigma.unsupported import UnsupportedError

_ANY: Final = "any"


@dataclass(frozen=True, slots=True)
class Filter:
    """A Sigma filter: which rules it excludes from (``rules`` None: all of its log sources), and its condition."""

    document: Document
    log_sources: LogSources
    detections: SigmaDetections
    rules: tuple[str, ...] | None

    def names(self, metadata: Metadata) -> bool:
        """Whether this filter names a rule, by id, name or title."""
        return self.rules is not None and not {metadata.id, metadata.name, metadata.title}.isdisjoint(self.rules)

    def applies_to(self, metadata: Metadata, log_source: LogSource) -> bool:
        """Whether this filter excludes events from a rule."""
        return (self.rules is None or self.names(metadata)) and log_source in self.log_sources


def build_filter(document: Document) -> tuple[Filter | None, list[Problem]]:
    """Reads a filter document; returns the filter, or every problem it has."""
    reader = Reader(document)
    reader.check_spelling(document.data, ("title", "logsource", "filter"))
    reader.text("title", required=True)
    log_sources = _log_sources(reader)
    if log_sources is None:
        return None, reader.problems
    detections = DetectionReader(reader, "filter", log_sources.space, ("rules",))
    definition = detections.read()
    rules = _rules(reader)
    condition = definition.get("condition")
    if condition is not None and not isinstance(condition, str):
        reader.wrong(("filter", "condition"), "must be one text: a filter has one condition")
    if reader.problems:
        return None, reader.problems
    definition.pop("rules", None)
    return Filter(document, log_sources, SigmaDetections.from_dict(definition), rules), []


def with_filters(tree: Any, filters: Sequence[Filter]) -> Any:
    """Joins the condition of a rule with those of its filters.

    Each is parsed over its own detections, so that no pattern such as ``all of _*`` takes in another's.
    """
    if not filters:
        return tree
    return ConditionAND([tree, *(condition_tree(each.detections) for each in filters)])


def _log_sources(reader: Reader) -> LogSources | None:
    value = reader.read_log_source_keys()
    if value is None:
        return None
    try:
        return read_log_sources(value)
    except UnsupportedError as error:
        reader.wrong(("logsource",), str(error))
        return None


def _rules(reader: Reader) -> tuple[str, ...] | None:
    definition = reader.document.data.get("filter")
    if not isinstance(definition, dict):
        return ()
    value = definition.get("rules")
    if isinstance(value, str):
        return None if value.lower() == _ANY else (reference_key(value),)
    if value == []:
        return None
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        reader.wrong(("filter", "rules"), "must be `any`, or a list of rules by id, name or title")
        return ()
    return tuple(map(reference_key, value))
