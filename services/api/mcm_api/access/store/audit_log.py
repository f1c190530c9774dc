"""Rows of the audit trail, appended in the transaction of the change that an entry records."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import RowMapping, insert, select, text, update

from mcm_api.access.audit.entry import GENESIS, AuditEntry, hash_entry
from mcm_shared.db.access_tables import AUDIT_HEAD, AUDIT_LOG
from mcm_shared.db.engine import AsyncConnection

# writing the row locks it until the transaction ends: entries are numbered in the order of their commits
_LOCK: Final = text(
    f"""INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '{GENESIS}')
    ON CONFLICT (id) DO UPDATE SET id = excluded.id RETURNING seq, hash"""  # noqa: S608 (constants)
)


async def lock_chain(connection: AsyncConnection) -> tuple[int, str]:
    """Locks the chain for the transaction and returns its head: the number and the hash of the last entry."""
    row = (await connection.execute(_LOCK)).one()
    return int(row.seq), str(row.hash)


async def append_entries(connection: AsyncConnection, entries: Sequence[AuditEntry]) -> None:
    """Appends entries to the chain; other transactions that append wait until this one ends."""
    seq, head = await lock_chain(connection)
    rows: list[dict[str, Any]] = []
    for entry in entries:
        seq, prev_hash = seq + 1, head
        head = hash_entry(seq, entry, prev_hash)
        values = {name: getattr(entry, name) for name in AuditEntry.__slots__}
        rows.append({**values, "seq": seq, "prev_hash": prev_hash, "hash": head})
    await connection.execute(insert(AUDIT_LOG), rows)
    await connection.execute(update(AUDIT_HEAD).where(AUDIT_HEAD.c.id == 1).values(seq=seq, hash=head))


async def read_head(connection: AsyncConnection) -> tuple[int, str] | None:
    """Reads the number and the hash of the last entry, from the head; None when there is no head."""
    row = (await connection.execute(select(AUDIT_HEAD.c.seq, AUDIT_HEAD.c.hash))).one_or_none()
    return None if row is None else (row.seq, row.hash)


async def read_after(connection: AsyncConnection, seq: int, limit: int) -> list[RowMapping]:
    """Reads the next entries after a number."""
    query = select(AUDIT_LOG).where(AUDIT_LOG.c.seq > seq).order_by(AUDIT_LOG.c.seq).limit(limit)
    return list((await connection.execute(query)).mappings().all())
