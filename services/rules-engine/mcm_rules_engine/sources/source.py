"""A native source: its name, its Sigma log source, and its normaliser."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from mcm_shared.contracts.events import SourceEvent

Payload = dict[str, Any]


class Normalise(Protocol):
    """Turns one native payload into an event.

    ``payload`` is the decoded JSON, of any shape. The event keeps it untouched as ``raw_data`` and holds as
    ``attributes`` the normalised facts of its type (docs/events.md); an action that is none of the known event types
    becomes ``<source>.<action>``, so that nothing is dropped. ``id`` is the source's own, else ``fallback_id``. Raises
    PoisonEventError, and nothing else, for a payload that cannot be an event of this source: not an object, no action,
    no timestamp with a zone. Everything else may be missing or of the wrong type.
    """

    def __call__(self, payload: Any, fallback_id: str, /) -> SourceEvent:
        """Makes the event."""
        ...


class Transport(NamedTuple):
    """What a record says beside its payload: the event name of a webhook, and when the broker wrote the record."""

    webhook_event: str | None = None
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source of events, exported as ``SOURCE`` by one file of this package or by a plug-in.

    ``name`` is the value of the ``source`` header. ``log_source`` is Sigma's product and service for it: rules that
    name these read its native payloads. ``payload`` describes one payload ("one CloudTrail record").
    """

    name: str
    log_source: tuple[str, str]
    payload: str
    normalise: Normalise
    recognise: Callable[[Payload], bool]
    """Recognises a payload of this source that came without the header."""

    envelope: str | None = None
    """Key of the array in which the source delivers several payloads at once, as in ``{"Records": […]}``."""

    case_insensitive_keys: bool = False
    """Rules match the payload's keys in any case, because the source writes them in more than one."""

    rule_view: Callable[[Payload], Mapping[str, Any]] | None = None
    """With case-insensitive keys: adds to a payload, whose keys are in lower case then, the other names by which
    published rules know its fields. None: rules read it as it is."""

    derived: Mapping[str, Callable[[Payload], Mapping[str, Any]]] = field(default_factory=dict)
    """Fields that rules on the native payload read beside its own: each is computed from it when a rule reads it."""

    from_transport: Callable[[Payload, Transport], Payload] | None = None
    """Adds to a payload what only its record says; None: the payload says everything."""

    route: Callable[[Payload], str | None] | None = None
    """Names the source that a payload is really of, where several sources are delivered under one header."""
