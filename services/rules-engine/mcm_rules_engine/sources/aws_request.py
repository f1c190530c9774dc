"""Parts of a CloudTrail record that every action reads."""

from collections.abc import Callable
from typing import Any

from mcm_rules_engine.sources.read import value_at

Facts = dict[str, Any]
Action = Callable[[dict[str, Any], Facts], str]
"""Adds the facts of one action and returns the event type; '' when it is none of the known types."""


def request_of(payload: dict[str, Any]) -> dict[str, Any]:
    """Returns the parameters of the call; empty when the record has none."""
    return _object_at(payload, "requestParameters")


def response_of(payload: dict[str, Any]) -> dict[str, Any]:
    """Returns what the call responded with; empty when the record does not say."""
    return _object_at(payload, "responseElements")


def _object_at(payload: dict[str, Any], key: str) -> dict[str, Any]:
    value = value_at(payload, key)
    return value if isinstance(value, dict) else {}
