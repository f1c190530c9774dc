"""Stores events and raises findings by Sigma rules; keeps no state of its own.

``await apply_rules_to_event(event, db)`` runs the rules over one event, for programs that use the engine as a library.
"""

from mcm_rules_engine.catalogue import RecordedRule, compile_recorded, read_recorded
from mcm_rules_engine.pipeline.apply_rules import apply_rules_to_event
from mcm_rules_engine.profiles.explain import counts_of
from mcm_rules_engine.profiles.features import Feature, canonical_user, read_values
from mcm_rules_engine.profiles.history import HISTORY, History, ProfileDay, Totals, alike, weeks_of_everyone
from mcm_rules_engine.profiles.score import LEARNING_DAYS, LEARNING_EVENTS, THRESHOLDS
from mcm_rules_engine.recomputed.silence import silence_series
from mcm_rules_engine.sigma.exclusion import Exclusion, compile_exclusion
from mcm_rules_engine.sigma.explain import ConditionNode, explain_finding
from mcm_rules_engine.sigma.feeds import UnseenField, asked_types, counted_rules, feeding_sources, unseen_fields
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.sigma.parse.durations import parse_duration

__all__ = [
    "HISTORY",
    "LEARNING_DAYS",
    "LEARNING_EVENTS",
    "THRESHOLDS",
    "ConditionNode",
    "Exclusion",
    "Feature",
    "History",
    "ProfileDay",
    "RecordedRule",
    "Ruleset",
    "Totals",
    "UnseenField",
    "alike",
    "apply_rules_to_event",
    "asked_types",
    "canonical_user",
    "compile_exclusion",
    "compile_recorded",
    "counted_rules",
    "counts_of",
    "explain_finding",
    "feeding_sources",
    "parse_duration",
    "read_recorded",
    "read_values",
    "silence_series",
    "unseen_fields",
    "weeks_of_everyone",
]
