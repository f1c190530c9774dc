"""Asking the database whether it answers and holds the schema this code needs."""

from sqlalchemy import text

from mcm_api.database import DatabaseReader
from mcm_shared.db.migrate import is_up_to_date
from mcm_shared.errors import ConfigurationError


async def require_database(reader: DatabaseReader) -> None:
    """Returns when the database answers; raises DatabaseDownError or ConfigurationError otherwise."""
    async with reader.transaction() as connection:
        await connection.execute(text("SELECT 1"))


async def require_schema(reader: DatabaseReader) -> None:
    """Returns when the schema is there; raises ConfigurationError or DatabaseDownError otherwise."""
    if not await is_up_to_date(reader.engine):
        raise ConfigurationError("the schema is not up to date; run mcm-migrate")
