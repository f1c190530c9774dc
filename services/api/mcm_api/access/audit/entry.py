"""An entry of the audit trail, and its hash."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from mcm_shared.event_time import to_micros

GENESIS: Final = "0" * 64
"""The previous hash of the first entry."""

AUDITED_FIELDS: Final = frozenset(
    {
        "accepted", "address", "claim", "columns", "comment", "count", "created_at", "created_by", "disabled",
        "email", "expires_at", "filter", "format", "id", "issuer", "kind", "limit", "matcher", "name", "order",
        "owner", "period_from", "period_to", "provider", "push_sources", "reason", "requester", "role", "scopes",
        "sort", "sources", "starts_at", "state", "subject", "ticket", "topic", "user", "value", "verdict",
    }
)  # fmt: skip
"""The fields that ``before`` and ``after`` may have; none of them holds a secret."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What happened, without its place in the chain."""

    at: datetime
    actor: str
    via: str
    action: str
    target: str
    before: str | None
    after: str | None
    request_id: str


def canonical(values: dict[str, Any] | None) -> str | None:
    """Writes values as canonical JSON; raises ValueError for a field that is not in AUDITED_FIELDS."""
    if values is None:
        return None
    unknown = values.keys() - AUDITED_FIELDS
    if unknown:
        raise ValueError(f"AUDITED_FIELDS does not list {', '.join(sorted(unknown))}; it may hold no secrets")
    return orjson.dumps(values, _sorted, orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z).decode()


def hash_entry(seq: int, entry: AuditEntry, prev_hash: str) -> str:
    """Hashes an entry with its number and the hash of the entry before it."""
    values = [
        seq,
        to_micros(entry.at),
        entry.actor,
        entry.via,
        entry.action,
        entry.target,
        entry.before,
        entry.after,
        entry.request_id,
        prev_hash,
    ]
    return hashlib.sha256(orjson.dumps(values)).hexdigest()


def _sorted(value: Any) -> Any:
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot be written to the audit trail")
