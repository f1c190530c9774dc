"""Events: the raw event, as pushed by people and sources, and the source event, as the product stores it."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from mcm_shared.contracts.sources import INGESTOR_SOURCE, NATIVE_SOURCES
from mcm_shared.errors import PoisonEventError
from mcm_shared.event_time import EPOCH
from mcm_shared.uuids import UUIDNamespace

EVENT_NAMESPACE: Final = UUID("5f6f5c02-6c5c-5b0a-9d0e-3b1c0f6f0a11")
"""Namespace of event uids; changing it changes every uid."""

MAX_AHEAD: Final = timedelta(hours=24)
"""Maximum time by which an event's timestamp may exceed the time its record was written."""

EARLIEST: Final = EPOCH
END_OF_TIME: Final = datetime(3000, 1, 1, tzinfo=UTC)
"""Times of events lie in [EARLIEST, END_OF_TIME): others come from broken clocks, and some no database can hold."""

EVENT_FAMILIES: Final[dict[str, tuple[str, ...]]] = {
    "auth": ("login_success", "login_failed"),
    "mfa": ("mfa_challenge", "mfa_failed", "mfa_success"),
    "git": ("pull_request_opened", "pull_request_merged"),
    "permissions": ("permission_changed",),
    "api_tokens": ("api_token_created", "api_token_revoked"),
    "deployments": ("deployment_started", "deployment_succeeded", "deployment_failed"),
    "storage": ("storage_bucket_created", "storage_bucket_permission_changed"),
}
"""Known event types by family. A source's other actions are kept as ``<source>.<action>``."""

ASSIGNED_ID: Final = "mcm:"
"""Beginning of the ids that the product assigns; events that bring such an id are refused."""

ENGINE_SOURCE: Final = "mcm.engine"
"""Source of the events that the rules engine itself writes; events that claim it are refused."""

ID_REUSED: Final = "event_id_reused"
"""Type of the event that the rules engine writes for each of several contents of one event id."""

SOURCE_PATTERN: Final = "^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$"
EVENT_TYPE_PATTERN: Final = "^[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}$"
MAX_TEXT: Final = 512
"""Characters that an event's id and its user's name may have."""

_MAX_TIME: Final = 64
_SHOWN_NAME: Final = 60
_MAX_SHOWN: Final = 5
_MAX_KEYS: Final = 50
_UIDS: Final = UUIDNamespace(EVENT_NAMESPACE)

EVENT_TYPES: Final = frozenset(event_type for family in EVENT_FAMILIES.values() for event_type in family)


class RawEvent(BaseModel):
    """An event in its canonical JSON form, as pushed to ``events.raw`` or to ``POST /events``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str | None, Field(min_length=1, max_length=MAX_TEXT)] = None
    source: Annotated[str, Field(pattern=SOURCE_PATTERN)]
    event_type: Annotated[str, Field(pattern=EVENT_TYPE_PATTERN)]
    user: Annotated[str | None, Field(min_length=1, max_length=MAX_TEXT)] = None
    timestamp: datetime
    raw_data: Annotated[dict[str, Any], Field(default_factory=dict)]

    @field_validator("timestamp", mode="before")
    @classmethod
    def _in_utc(cls, value: object) -> datetime:
        # a bare number is ambiguous (seconds, milliseconds, microseconds), so it is refused rather than guessed
        return require_event_time(to_utc(value)) if isinstance(value, datetime) else parse_time(value)


@dataclass(slots=True)
class SourceEvent:
    """An event in the product's own form, from any source.

    ``timestamp`` is in UTC. ``raw_data`` is the payload untouched. ``attributes`` are the normalised facts of a native
    payload; None says that ``raw_data`` holds the facts itself (a canonical event).
    """

    uid: UUID
    id: str
    source: str
    event_type: str
    user: str | None
    timestamp: datetime
    raw_data: dict[str, Any]
    attributes: dict[str, Any] | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """The facts that rules on normalised events read."""
        return self.raw_data if self.attributes is None else self.attributes


def content_id(event: RawEvent) -> str:
    """Computes an id from the content, for an event without one that does not come from Kafka."""
    return payload_id(event.model_dump(mode="json", exclude={"id"}))


def payload_id(payload: object) -> str:
    """Computes an id for a native payload without one: equal JSON, in any order of keys, has the same id."""
    content = json.dumps(payload, sort_keys=True, separators=(",", ":"), default=str)
    return f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"


def event_uid(source: str, event_id: str) -> UUID:
    """Computes an event's uid, a version 5 UUID, from its source and the source's id."""
    return _UIDS.uuid5(f"{source}|{event_id}")


def parse_time(value: object) -> datetime:
    """Parses an ISO 8601 time with a zone, also in PostgreSQL's format; raises ValueError with the reason.

    Offsets may be of hours only (``+01``), a space may stand for the T, and digits beyond the microsecond are cut off.
    """
    try:
        text = value.strip().upper() if isinstance(value, str) and len(value) <= _MAX_TIME else None
        parsed = None if text is None else datetime.fromisoformat(text)
    except ValueError:
        parsed = None
    if parsed is None:
        raise ValueError("is not a time in ISO 8601 with a time zone, such as 2026-11-20T12:00:00Z")
    return require_event_time(to_utc(parsed))


def require_event_time(timestamp: datetime) -> datetime:
    """Returns the time of an event; raises ValueError when it lies before 1970 or after 2999."""
    if EARLIEST <= timestamp < END_OF_TIME:
        return timestamp
    raise ValueError("lies outside the years 1970 to 2999; is the sender's clock right?")


def to_utc(value: datetime) -> datetime:
    """Converts a time with a zone to UTC; raises ValueError for one without."""
    if value.tzinfo is None:
        raise ValueError("has no time zone; write it like 2026-11-20T12:00:00Z")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside the years 1 to 9999") from None


def require_not_ahead(timestamp: datetime, written_at: datetime) -> None:
    """Raises PoisonEventError when an event's timestamp lies over 24 h after the time its record was written."""
    if timestamp - written_at > MAX_AHEAD:
        raise PoisonEventError(
            f"timestamp {timestamp.isoformat()} lies more than 24 h after the time the event was received "
            f"({written_at.isoformat(timespec='seconds')}); is the sender's clock right?"
        )


def parse_raw_event(data: object) -> RawEvent:
    """Validates decoded JSON as a canonical event; raises PoisonEventError saying which field is wrong and why."""
    if not isinstance(data, dict):
        raise PoisonEventError(f"an event must be a JSON object, not {type(data).__name__}")
    if len(data) > _MAX_KEYS:
        # before the model: it would build an error for each of a million keys
        _require_known_keys(data)
    require_own_identity(data.get("source"), data.get("id"))
    try:
        return RawEvent.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)[:_MAX_SHOWN]
        raise PoisonEventError("; ".join(_sentence(dict(detail)) for detail in details)) from None


def parse_pushed_event(data: object) -> RawEvent:
    """Validates an event that a sender pushes: as ``parse_raw_event``, and not one of the ingestor's own records."""
    event = parse_raw_event(data)
    if event.source.lower() == INGESTOR_SOURCE:
        raise PoisonEventError(f"source {INGESTOR_SOURCE} is kept for the product's own records; choose another")
    return event


def require_own_identity(source: object, event_id: object) -> None:
    """Raises PoisonEventError for a canonical event that claims a native source, or an id that the product assigns."""
    name = source.lower() if isinstance(source, str) else ""
    if name == ENGINE_SOURCE:
        raise PoisonEventError(f"source {ENGINE_SOURCE} is the engine's own; name the application that sends the event")
    if name in NATIVE_SOURCES:
        # in other letter case too: people would take it for the native one
        raise PoisonEventError(
            f"source {source} is that of native payloads; send its payload with the header source: {name}, "
            "or name the application that sends the event"
        )
    if isinstance(event_id, str) and event_id.startswith(ASSIGNED_ID):
        raise PoisonEventError(f"id must not begin with {ASSIGNED_ID}: such ids are assigned here")


def _require_known_keys(data: dict[str, Any]) -> None:
    unknown = list(islice((key for key in data if key not in RawEvent.model_fields), _MAX_SHOWN + 1))
    if not unknown:
        return
    sentences = [f"{_shown(key)} is not a field of an event; put it inside raw_data" for key in unknown[:_MAX_SHOWN]]
    sentences += ["and more"] if len(unknown) > _MAX_SHOWN else []
    raise PoisonEventError("; ".join(sentences))


def _shown(name: str) -> str:
    return name if len(name) <= _SHOWN_NAME else f"{name[:_SHOWN_NAME]}…"


def _sentence(detail: dict[str, Any]) -> str:
    field = ".".join(str(part) for part in detail["loc"]) or "event"
    field = _shown(field)
    match detail["type"]:
        case "missing":
            return f"{field} is missing"
        case "extra_forbidden":
            return f"{field} is not a field of an event; put it inside raw_data"
        case "string_pattern_mismatch":
            return f"{field} may hold letters, digits and . _ : / - only, and must begin with a letter or digit"
        case _:
            return f"{field}: {detail['msg'].removeprefix('Value error, ')}"


def from_raw_event(raw: RawEvent, fallback_id: str) -> SourceEvent:
    """Makes the source event of a canonical one; ``fallback_id`` names it when it brings no id of its own."""
    event_id = raw.id if raw.id is not None else fallback_id
    return SourceEvent(
        uid=event_uid(raw.source, event_id),
        id=event_id,
        source=raw.source,
        event_type=raw.event_type,
        user=raw.user,
        timestamp=raw.timestamp,
        raw_data=raw.raw_data,
    )
