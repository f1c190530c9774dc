"""The port of native sources: what a normaliser is, and what all of them need."""

import re
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from mcm_shared.contracts.events import SourceEvent, to_utc
from mcm_shared.errors import PoisonEventError

MAX_NAME: Final = 512
"""Characters an id or a user's name may have; the canonical form has the same limit."""

_NOT_IN_A_TYPE: Final = re.compile(r"[^A-Za-z0-9._:/-]")


class Normalise(Protocol):
    """Turns one native payload into an event.

    ``payload`` is the decoded JSON, of any shape. The event keeps it untouched as ``raw_data`` and holds as
    ``attributes`` the normalised facts of its type (docs/events.md); an action that is none of the known event types
    becomes ``<source>.<action>``, so that nothing is dropped. ``id`` is the source's own, else ``fallback_id``. Raises
    PoisonEventError, and nothing else, for a payload that cannot be an event of this source: not an object, no action,
    no timestamp with a zone. Everything else may be missing or of the wrong type.
    """

    def __call__(self, payload: Any, fallback_id: str) -> SourceEvent:
        """Makes the event."""
        ...


def text_at(node: Any, *path: str) -> str | None:
    """Reads a text that is not empty, by keys from the outside in; None when anything on the way is missing."""
    value = value_at(node, *path)
    return value if isinstance(value, str) and value else None


def value_at(node: Any, *path: str) -> Any:
    """Reads any value by keys from the outside in; None when anything on the way is missing."""
    for key in path:
        if not isinstance(node, dict):
            return None
        node = node.get(key)
    return node


def time_at(payload: dict[str, Any], key: str) -> datetime:
    """Reads an ISO 8601 time with a zone; raises PoisonEventError naming the field when there is none."""
    value = payload.get(key)
    if value is None:
        raise PoisonEventError(f"{key} is missing: an event needs the time it happened at")
    try:
        return to_utc(datetime.fromisoformat(value))
    except (TypeError, ValueError) as error:
        reason = str(error) if "time zone" in str(error) else "is not a time such as 2026-11-20T12:00:00Z"
        raise PoisonEventError(f"{key} {str(value)[:60]!r} {reason}") from None


def moment_at(payload: dict[str, Any], key: str) -> datetime:
    """Reads a time that is either milliseconds since 1970 or as ``time_at`` reads it."""
    value = payload.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return time_at(payload, key)
    try:
        return datetime.fromtimestamp(value / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        raise PoisonEventError(f"{key} {str(value)[:60]} is no number of milliseconds since 1970") from None


def id_at(payload: dict[str, Any], key: str, fallback_id: str) -> str:
    """Reads the source's own id, else ``fallback_id``; raises PoisonEventError for one that is too long."""
    event_id = text_at(payload, key) or fallback_id
    if len(event_id) > MAX_NAME:
        raise PoisonEventError(f"{key} has {len(event_id)} characters; the limit is {MAX_NAME}")
    return event_id


def other_type(source: str, action: str) -> str:
    """Makes the event type of an action that is none of the known ones, so that nothing is dropped."""
    return f"{source}.{_NOT_IN_A_TYPE.sub('_', action)[:150]}"


def known(facts: dict[str, Any]) -> dict[str, Any]:
    """Leaves out what is not known."""
    return {name: value for name, value in facts.items() if value is not None}
