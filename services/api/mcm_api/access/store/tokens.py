"""Rows of API tokens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select, update

from mcm_api.access.store.users import USER_COLUMNS, StoredUser
from mcm_shared.db.access_tables import API_TOKENS, USERS
from mcm_shared.db.engine import AsyncConnection

MAX_LISTED: Final = 1_000

_TOKEN: Final = API_TOKENS.c


@dataclass(frozen=True, slots=True)
class StoredToken:
    """An API token as stored: without its secret."""

    id: str
    secret_hash: str
    user_id: UUID
    name: str
    scopes: list[str]
    sources: list[str] | None
    push_sources: list[str]
    created_by: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    def is_valid(self, now: datetime) -> bool:
        """Returns whether the token is neither expired nor revoked."""
        return self.revoked_at is None and self.expires_at > now

    def audited(self) -> dict[str, Any]:
        """Lists what the audit trail shows of the token."""
        return {
            "id": self.id,
            "name": self.name,
            "scopes": sorted(self.scopes),
            "sources": self.sources,
            "push_sources": self.push_sources,
            "expires_at": self.expires_at,
            "created_by": self.created_by,
        }


_COLUMNS: Final = tuple(_TOKEN[name] for name in StoredToken.__slots__)


async def insert_token(connection: AsyncConnection, token: StoredToken) -> None:
    """Inserts a token."""
    await connection.execute(insert(API_TOKENS).values({name: getattr(token, name) for name in StoredToken.__slots__}))


async def find_tokens(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, tuple[StoredToken, StoredUser]]:
    """Finds tokens with their users, by id."""
    query = select(*_COLUMNS, *USER_COLUMNS).join_from(API_TOKENS, USERS).where(_TOKEN.id.in_(ids))
    rows = await connection.execute(query)
    return {row[0]: (StoredToken(*row[: len(_COLUMNS)]), StoredUser(*row[len(_COLUMNS) :])) for row in rows}


async def count_valid(connection: AsyncConnection, user_id: UUID, now: datetime) -> int:
    """Counts the tokens of a user that are neither expired nor revoked."""
    valid = (_TOKEN.user_id == user_id, _TOKEN.revoked_at.is_(None), _TOKEN.expires_at > now)
    return (await connection.execute(select(func.count()).select_from(API_TOKENS).where(*valid))).scalar_one()


async def list_tokens(connection: AsyncConnection, user_id: UUID | None = None) -> list[tuple[StoredToken, StoredUser]]:
    """Lists the tokens of a user, or all, each with its user: the newest first, revoked ones after the others.

    Lists MAX_LISTED tokens at most.
    """
    query = select(*_COLUMNS, *USER_COLUMNS).join_from(API_TOKENS, USERS)
    if user_id is not None:
        query = query.where(_TOKEN.user_id == user_id)
    order = (_TOKEN.revoked_at.is_not(None), _TOKEN.created_at.desc(), _TOKEN.id)
    rows = await connection.execute(query.order_by(*order).limit(MAX_LISTED))
    return [(StoredToken(*row[: len(_COLUMNS)]), StoredUser(*row[len(_COLUMNS) :])) for row in rows]


async def revoke_token(connection: AsyncConnection, token_id: str, now: datetime) -> bool:
    """Revokes a token; False when it was revoked before."""
    query = update(API_TOKENS).where(_TOKEN.id == token_id, _TOKEN.revoked_at.is_(None)).values(revoked_at=now)
    return bool((await connection.execute(query)).rowcount)


async def note_use(connection: AsyncConnection, used: Mapping[str, datetime]) -> None:
    """Notes when tokens were last used, by id."""
    query = update(API_TOKENS).where(_TOKEN.id == bindparam("of")).values(last_used_at=bindparam("at"))
    await connection.execute(query, [{"of": token_id, "at": at} for token_id, at in sorted(used.items())])
