"""Reading of untrusted payloads: texts, times and ids by key, of whatever shape the payload is."""

import re
from datetime import UTC, datetime
from typing import Any, Final

from mcm_shared.contracts.events import MAX_TEXT, parse_time, payload_id
from mcm_shared.errors import PoisonEventError

_NOT_IN_A_TYPE: Final = re.compile(r"[^A-Za-z0-9._:/-]")
_MAX_ACTION: Final = 150
_SHOWN: Final = 60

_UNITS: Final = ((10**14, 10**6), (10**11, 10**3))
"""Sizes from which a number counts microseconds or milliseconds; smaller ones lie before 1974."""


def text_at(node: Any, key: str, *below: str) -> str | None:
    """Reads a text that is not empty, by keys from the outside in; None when anything on the way is missing."""
    # not by value_at, and without a loop over the first key: this runs some thirty times for every event
    if not isinstance(node, dict):
        return None
    node = node.get(key)
    for each in below:
        if not isinstance(node, dict):
            return None
        node = node.get(each)
    return node if isinstance(node, str) and node else None


def value_at(node: Any, *path: str) -> Any:
    """Reads any value by keys from the outside in; None when anything on the way is missing."""
    for key in path:
        if not isinstance(node, dict):
            return None
        node = node.get(key)
    return node


def number_at(node: Any, *path: str) -> int | None:
    """Reads an integer by keys from the outside in; None when anything on the way is missing."""
    value = value_at(node, *path)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def first_text(*texts: str | None) -> str | None:
    """Returns the first text that is there."""
    for text in texts:
        if text:
            return text
    return None


def objects_in(value: Any) -> list[dict[str, Any]]:
    """Returns the objects of an array; none when it is no array."""
    # a comprehension without elements costs as much as the rest
    return [each for each in value if isinstance(each, dict)] if value and isinstance(value, list) else []


def lower_keys(value: Any) -> Any:
    """Copies JSON with all keys in lower case; of keys that differ in case only the last one stays."""
    if isinstance(value, dict):
        copy = {}
        for key, below in value.items():
            # a call costs more than all the rest
            kind = type(below)
            copy[str(key).lower()] = lower_keys(below) if kind is dict or (kind is list and below) else below
        return copy
    return [lower_keys(below) for below in value] if isinstance(value, list) else value


def time_at(payload: dict[str, Any], key: str) -> datetime:
    """Reads an ISO 8601 time with a zone; raises PoisonEventError naming the field when there is none."""
    value = payload.get(key)
    if value is None:
        raise PoisonEventError(f"{key} is missing: an event needs the time it happened at")
    try:
        return parse_time(value)
    except (TypeError, ValueError) as error:
        raise PoisonEventError(f"{key} {str(value)[:_SHOWN]!r} {error}") from None


def epoch_or_time_at(payload: dict[str, Any], key: str) -> datetime:
    """Reads a time since 1970, in seconds, milliseconds or microseconds by its size, or as ``time_at`` reads it."""
    value = payload.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return time_at(payload, key)
    try:
        unit = next((unit for size, unit in _UNITS if abs(value) >= size), 1)
        return datetime.fromtimestamp(value / unit, UTC)
    except (OverflowError, OSError, ValueError):
        raise PoisonEventError(f"{key} {str(value)[:_SHOWN]} is no number of milliseconds since 1970") from None


def id_at(payload: dict[str, Any], key: str, whole: object) -> str:
    """Reads the source's own id, else the hash of the ``whole`` payload; raises PoisonEventError when it is too long.

    A number is an id too. Without an id the same payload is the same event, however often it is delivered.
    """
    value = payload.get(key)
    event_id = str(value) if isinstance(value, int) and not isinstance(value, bool) else text_at(payload, key)
    if event_id is None:
        return payload_id(whole)
    if len(event_id) > MAX_TEXT:
        raise PoisonEventError(f"{key} has {len(event_id)} characters; the limit is {MAX_TEXT}")
    return event_id


def other_type(source: str, action: str) -> str:
    """Makes the event type of an action that is none of the known ones, so that nothing is dropped."""
    return f"{source}.{_NOT_IN_A_TYPE.sub('_', action)[:_MAX_ACTION]}"


def known(facts: dict[str, Any]) -> dict[str, Any]:
    """Leaves out what is not known."""
    return {name: value for name, value in facts.items() if value is not None}
