"""Canonical events: the product's own form, which people and applications push."""

import re
from datetime import datetime
from typing import Any, Final

from mcm_shared.contracts.events import (
    ASSIGNED_ID,
    EARLIEST,
    END_OF_TIME,
    ENGINE_SOURCE,
    EVENT_TYPE_PATTERN,
    MAX_TEXT,
    SOURCE_PATTERN,
    RawEvent,
    SourceEvent,
    event_uid,
    from_raw_event,
    parse_raw_event,
)
from mcm_shared.contracts.sources import NATIVE_SOURCES

_KEYS: Final = frozenset(RawEvent.model_fields)
_TAKEN: Final = frozenset({*NATIVE_SOURCES, ENGINE_SOURCE})
_is_source: Final = re.compile(SOURCE_PATTERN).fullmatch
_is_event_type: Final = re.compile(EVENT_TYPE_PATTERN).fullmatch
# what nearly every event has; whatever else may pass for a time is left to the model
_is_utc: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3])(?::[0-9]{2}){2}(?:\.[0-9]{1,6})?Z"
).fullmatch


def normalise(payload: Any, fallback_id: str) -> SourceEvent:
    """Makes the event; its facts are its ``raw_data``."""
    event = normalise_plain(payload, fallback_id)
    return from_raw_event(parse_raw_event(payload), fallback_id) if event is None else event


def normalise_plain(payload: Any, fallback_id: str | None) -> SourceEvent | None:
    """Makes the event of a payload that is plainly good, at a third of what the model costs; None: ask the model.

    Without ``fallback_id`` only an event that brings its id is plainly good.
    """
    if type(payload) is not dict or not payload.keys() <= _KEYS:
        return None
    get = payload.get
    event_id, source, event_type, user = get("id"), get("source"), get("event_type"), get("user")
    time, raw_data = get("timestamp"), get("raw_data")
    known_id = fallback_id if event_id is None else event_id
    if (
        known_id is None
        or type(source) is not str
        or type(event_type) is not str
        or type(time) is not str
        or type(raw_data) is not dict
        or not (event_id is None or (type(event_id) is str and 0 < len(event_id) <= MAX_TEXT))
        or not (user is None or (type(user) is str and 0 < len(user) <= MAX_TEXT))
        or _is_source(source) is None
        or source.lower() in _TAKEN
        or (event_id is not None and event_id.startswith(ASSIGNED_ID))
        or _is_event_type(event_type) is None
        or _is_utc(time) is None
    ):
        return None
    try:
        timestamp = datetime.fromisoformat(time)
    except ValueError:
        return None
    if not EARLIEST <= timestamp < END_OF_TIME:
        return None
    return SourceEvent(event_uid(source, known_id), known_id, source, event_type, user, timestamp, raw_data)
