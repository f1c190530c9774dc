"""Canonical events: the product's own form, which people and applications push."""

from typing import Any

from mcm_shared.contracts.events import SourceEvent, from_raw_event, parse_raw_event


def normalise(payload: Any, fallback_id: str) -> SourceEvent:
    """Makes the event; its facts are its ``raw_data``."""
    return from_raw_event(parse_raw_event(payload), fallback_id)
