"""Stores events and raises findings by Sigma rules; keeps no state of its own.

``await apply_rules_to_event(event, db)`` runs the rules over one event, for programs that use the engine as a library.
"""

from mcm_rules_engine.pipeline.apply_rules import apply_rules_to_event

__all__ = ["apply_rules_to_event"]
