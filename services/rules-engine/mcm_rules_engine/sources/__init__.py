"""Sources of events: one file each turns a native payload into a source event."""

from mcm_rules_engine.sources.registry import NORMALISERS, known_sources, normalise

__all__ = ["NORMALISERS", "known_sources", "normalise"]
