"""Builders of test data, plainly fake: a test names the fields that matter, the rest have defaults."""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import orjson

from mcm_shared.contracts.events import EVENT_NAMESPACE, RawEvent, SourceEvent, from_raw_event
from mcm_shared.contracts.findings import FindingMessage, Severity

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
"""A Friday; the time of what does not say when it was."""

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class ARecord:
    """A record as it would be read from Kafka."""

    value: bytes | None
    key: bytes | None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()
    topic: str = "events.raw"
    partition: int = 0
    offset: int = 0
    timestamp: int = int((NOON + timedelta(minutes=1)).timestamp() * 1000)


def a_raw_event(**said: Any) -> RawEvent:
    """Builds a canonical event; facts that are not fields go into ``raw_data``."""
    fields = {name: said.pop(name) for name in list(said) if name in RawEvent.model_fields}
    fields["raw_data"] = {**fields.get("raw_data", {}), **said}
    defaults = {
        "id": f"evt-{next(_numbers)}",
        "source": "test-app",
        "event_type": "login_success",
        "user": "mona@example.com",
        "timestamp": NOON,
    }
    return RawEvent(**{**defaults, **fields})


def an_event(**said: Any) -> SourceEvent:
    """Builds a source event; see :func:`a_raw_event`."""
    raw = a_raw_event(**said)
    return from_raw_event(raw, fallback_id="test/0/0")


def an_event_payload(**said: Any) -> bytes:
    """Builds the JSON that a person would push to ``events.raw``."""
    return orjson.dumps(a_raw_event(**said).model_dump(mode="json"))


def a_public_bucket(**said: Any) -> SourceEvent:
    """Builds an event that a built-in rule finds critical."""
    facts = {"bucket": "customer-exports", "visibility": "public", "old_visibility": "private"}
    return an_event(**{"event_type": "storage_bucket_permission_changed", **facts, **said})


def a_finding(**said: Any) -> FindingMessage:
    """Builds the message of a finding."""
    number = next(_numbers)
    group = {"user": said.get("user", "mona@example.com")}
    evidence = {
        "event_uid": str(UUID(int=number)),
        "at": "2026-11-20T12:00:00Z",
        "source": "test-app",
        "event_type": "permission_changed",
        "user": group["user"],
        "facts": {"old_role": "viewer", "new_role": "admin"},
    }
    defaults: dict[str, Any] = {
        "uid": uuid5(EVENT_NAMESPACE, f"finding {number}"),
        "id": number,
        "version": 1,
        "rule_id": "00000000-0000-4000-8000-000000000001",
        "rule_name": "role_escalated_to_admin",
        "rule_version": "1",
        "title": "Role escalated to admin",
        "description": "mona@example.com was made admin",
        "severity": Severity.HIGH,
        "user": group["user"],
        "group": group,
        "tags": ["soc2.cc6.3"],
        "first_seen": NOON,
        "last_seen": NOON,
        "detection_count": 1,
        "event_id": number,
        "event_uid": UUID(int=number),
        "source": "test-app",
        "created_at": NOON,
        "withdrawn": False,
        "extra_data": {"rule_version": "1", "group": group, "earliest": evidence, "latest": evidence},
    }
    return FindingMessage(**{**defaults, **said})
