"""Rows of setup links."""

from datetime import UTC, datetime

from sqlalchemy import delete, insert, select

from mcm_api.access.secret_values import hash_of
from mcm_shared.db.access_tables import SETUP_LINKS
from mcm_shared.db.engine import AsyncConnection


async def insert_link(connection: AsyncConnection, secret: str, expires_at: datetime) -> None:
    """Inserts a setup link."""
    await connection.execute(insert(SETUP_LINKS).values(secret_hash=hash_of(secret), expires_at=expires_at))


async def is_valid_link(connection: AsyncConnection, secret: str) -> bool:
    """Returns whether a setup link is neither used nor expired."""
    query = select(SETUP_LINKS.c.expires_at).where(SETUP_LINKS.c.secret_hash == hash_of(secret))
    expires_at = (await connection.execute(query)).scalar_one_or_none()
    return expires_at is not None and expires_at > datetime.now(UTC)


async def delete_links(connection: AsyncConnection) -> None:
    """Deletes all setup links."""
    await connection.execute(delete(SETUP_LINKS))
