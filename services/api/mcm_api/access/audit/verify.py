"""Verification of the audit trail: finds the first entry that was changed, removed or inserted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mcm_api.access.audit.entry import GENESIS, AuditEntry, hash_entry
from mcm_api.access.store.audit_log import read_after, read_head
from mcm_shared.db.engine import AsyncEngine, transaction

_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Verification:
    """Result of a verification: the number of entries, the head, and what is wrong with the first bad entry."""

    entries: int
    head: str
    seq: int | None = None
    fault: str | None = None


async def verify_chain(engine: AsyncEngine, published: Mapping[int, str]) -> Verification:
    """Verifies every entry against its hash, its predecessor, and the heads that were published outside.

    ``published`` maps the number of an entry to its hash. Raises DatabaseDownError.
    """
    seq, head = 0, GENESIS
    async with transaction(engine) as connection:
        while rows := await read_after(connection, seq, _PAGE):
            for row in rows:
                fault = _fault(row, seq + 1, head) or _rewritten(row, published)
                if fault is not None:
                    return Verification(seq, head, *fault)
                seq, head = row["seq"], row["hash"]
        stored = await read_head(connection)
    last_published = max(published, default=0)
    if last_published > seq:
        return Verification(
            seq, head, seq + 1, f"removed: entry {last_published} was published, the table ends at {seq}"
        )
    if stored is not None and stored[0] > seq:
        return Verification(seq, head, seq + 1, f"removed: the table ends at {seq}, the head is entry {stored[0]}")
    if (stored is None and seq) or (stored is not None and stored != (seq, head)):
        at = seq if stored is None else max(1, min(seq, stored[0] + 1))
        return Verification(seq, head, at, "inserted or rewritten: the head of the chain is another entry")
    return Verification(seq, head)


def _fault(row: Mapping[Any, Any], expected: int, head: str) -> tuple[int, str] | None:
    values: dict[str, Any] = {name: row[name] for name in AuditEntry.__slots__}
    if row["seq"] != expected:
        return expected, f"removed: after it comes entry {row['seq']}"
    if hash_entry(expected, AuditEntry(**values), row["prev_hash"]) != row["hash"]:
        # entries that were renumbered to hide a gap or to make room still match their own number
        if hash_entry(expected + 1, AuditEntry(**values), row["prev_hash"]) == row["hash"]:
            return expected, "removed: the entries after it were renumbered"
        if hash_entry(expected - 1, AuditEntry(**values), row["prev_hash"]) == row["hash"]:
            return expected - 1, "inserted: the entries after it were renumbered"
        return expected, "changed: its content does not match its hash"
    if row["prev_hash"] != head:
        return expected, "inserted or rewritten: it does not follow from the entry before it"
    return None


def _rewritten(row: Mapping[Any, Any], published: Mapping[int, str]) -> tuple[int, str] | None:
    if published.get(row["seq"], row["hash"]) != row["hash"]:
        return row["seq"], "rewritten: its hash differs from the published one"
    return None
