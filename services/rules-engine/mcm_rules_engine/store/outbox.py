"""Outbox of findings: changes that are committed and not yet known to be published."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, tuple_

from mcm_shared.db.bulk import BulkInsert
from mcm_shared.db.engine import AsyncConnection
from mcm_shared.db.tables import FINDING_OUTBOX

FindingVersion = tuple[UUID, int]
"""The uid of a finding, and its version from a change on."""

_ADD: Final = BulkInsert(FINDING_OUTBOX, ("finding_uid", "version"), conflict="(finding_uid, version) DO NOTHING")
_COLUMNS: Final = FINDING_OUTBOX.c


async def add_to_outbox(connection: AsyncConnection, entries: Sequence[FindingVersion]) -> None:
    """Adds changes, in the transaction that makes them."""
    await _ADD.execute(connection, sorted(entries))


async def take_from_outbox(connection: AsyncConnection, limit: int) -> list[FindingVersion]:
    """Locks and reads changes, at most ``limit``, the oldest first; those that another worker has locked are left out.

    The caller deletes them in the same transaction, once they are published.
    """
    query = (
        select(_COLUMNS.finding_uid, _COLUMNS.version)
        .order_by(_COLUMNS.written_at, _COLUMNS.finding_uid, _COLUMNS.version)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [(uid, version) for uid, version in (await connection.execute(query)).all()]


async def delete_from_outbox(connection: AsyncConnection, entries: Sequence[FindingVersion]) -> None:
    """Deletes changes that are published."""
    is_meant = tuple_(_COLUMNS.finding_uid, _COLUMNS.version).in_(entries)
    await connection.execute(delete(FINDING_OUTBOX).where(is_meant))
