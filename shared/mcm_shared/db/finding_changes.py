"""How whoever reads findings knows that they are as they were."""

from typing import Final

from mcm_shared.db.bulk import BulkInsert
from mcm_shared.db.engine import AsyncConnection
from mcm_shared.db.tables import FINDING_CHANGES

ENRICHER_SHARD: Final = -1
"""The row of those who write enrichments; workers of the engine have their own."""

_NOTE: Final = BulkInsert(
    FINDING_CHANGES,
    ("shard", "count"),
    conflict='(shard) DO UPDATE SET "count" = finding_changes."count" + excluded."count"',
)


async def note_change(connection: AsyncConnection, shard: int) -> None:
    """Notes that this transaction changes findings; after the rows themselves are locked, as every writer does."""
    await _NOTE.execute(connection, [(shard, 1)])
