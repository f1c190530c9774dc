"""Change counter of findings, which validates caches."""

from typing import Final

from sqlalchemy import func, select

from mcm_shared.db.bulk import BulkInsert
from mcm_shared.db.engine import AsyncConnection
from mcm_shared.db.tables import FINDING_CHANGES

ENRICHER_SHARD: Final = -1
"""The row of those who write enrichments; workers of the engine have their own."""

PEOPLE_SHARD: Final = -2
"""The row of the API, which writes people's actions."""

_CHANGES: Final = select(func.coalesce(func.sum(FINDING_CHANGES.c["count"]), 0))
_NOTE: Final = BulkInsert(
    FINDING_CHANGES,
    ("shard", "count"),
    conflict='(shard) DO UPDATE SET "count" = finding_changes."count" + excluded."count"',
)


async def note_change(connection: AsyncConnection, shard: int) -> None:
    """Records that this transaction changes findings; call it after the rows are locked, as every writer does."""
    await _NOTE.execute(connection, [(shard, 1)])


async def read_changes(connection: AsyncConnection) -> int:
    """Reads how often findings have changed: while the number is the same, they are the same."""
    return int((await connection.execute(_CHANGES)).scalar_one())
