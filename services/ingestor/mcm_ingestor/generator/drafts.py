"""A draft event: an event before it has a position in the stream, and so an id."""

import hashlib
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from mcm_shared.contracts.events import EVENT_FAMILIES, RawEvent
from mcm_shared.event_time import EPOCH

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

_SOURCES: Final = {
    "auth": "sso",
    "mfa": "sso",
    "git": "git",
    "permissions": "iam",
    "api_tokens": "iam",
    "deployments": "ci",
    "storage": "cloud",
}
_SOURCE_OF: Final = {
    event_type: _SOURCES[family] for family, event_types in EVENT_FAMILIES.items() for event_type in event_types
}


class Draft(NamedTuple):
    """An activity; ``at`` is in milliseconds since 1970."""

    at: int
    event_type: str
    user: str
    raw_data: dict[str, Any]


def to_event(draft: Draft, event_id: str) -> RawEvent:
    """Converts a draft to a canonical event, without validation because the generator made it."""
    return RawEvent.model_construct(
        id=event_id,
        source=_SOURCE_OF[draft.event_type],
        event_type=draft.event_type,
        user=draft.user,
        timestamp=to_time(draft.at),
        raw_data=draft.raw_data,
    )


def to_time(at: int) -> datetime:
    """Converts milliseconds since 1970 to a time in UTC."""
    return EPOCH + timedelta(milliseconds=at)


def to_ms(time: datetime) -> int:
    """Converts a time to whole milliseconds since 1970, exactly."""
    return (time - EPOCH) // timedelta(milliseconds=1)


def iso(at: int) -> str:
    """Formats milliseconds since 1970 as ISO 8601 with seconds."""
    return f"{to_time(at):%Y-%m-%dT%H:%M:%SZ}"


def series_name(seed: int, *what: object) -> str:
    """Names a series of generated events by the seed and all other parameters; the first part of their ids."""
    return f"gen-{seed}-{hashlib.sha256(repr(what).encode()).hexdigest()[:8]}"
