"""Sources of events: one file each, which turns native payloads into events."""

from mcm_rules_engine.sources.registry import (
    active_sources,
    derived_field,
    derived_names,
    normalise,
    normalise_plain,
    payloads_of,
    recognise,
    rule_view,
)
from mcm_rules_engine.sources.source import Source, Transport

__all__ = [
    "Source",
    "Transport",
    "active_sources",
    "derived_field",
    "derived_names",
    "normalise",
    "normalise_plain",
    "payloads_of",
    "recognise",
    "rule_view",
]
