"""Rows of sessions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import bindparam, delete, insert, select, update

from mcm_api.access.store.users import USER_COLUMNS, StoredUser
from mcm_shared.db.access_tables import SESSIONS, USERS
from mcm_shared.db.engine import AsyncConnection

IDLE: Final = timedelta(hours=12)
ABSOLUTE: Final = timedelta(days=7)
MAX_USER_AGENT: Final = 300
MAX_ID_TOKEN: Final = 4096
MAX_SESSIONS: Final = 100

_SESSION: Final = SESSIONS.c


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session as stored."""

    id: UUID
    secret_hash: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    address: str
    user_agent: str

    def is_valid(self, now: datetime) -> bool:
        """Returns whether neither the idle nor the absolute limit has passed."""
        return self.expires_at > now and self.last_used_at + IDLE > now


_COLUMNS: Final = tuple(_SESSION[name] for name in StoredSession.__slots__)


async def insert_session(
    connection: AsyncConnection,
    user_id: UUID,
    secret_hash: str,
    now: datetime,
    *,
    address: str,
    user_agent: str,
    id_token: str | None = None,
) -> UUID:
    """Inserts a session and returns its id; of over MAX_SESSIONS of the user, those unused longest end."""
    session_id = uuid4()
    values = {
        "id": session_id,
        "secret_hash": secret_hash,
        "user_id": user_id,
        "created_at": now,
        "last_used_at": now,
        "expires_at": now + ABSOLUTE,
        "address": address,
        "user_agent": user_agent.replace("\x00", "")[:MAX_USER_AGENT],
        # a longer one does not fit into the URL of the provider's logout
        "id_token": id_token if id_token is not None and len(id_token) <= MAX_ID_TOKEN else None,
    }
    await connection.execute(insert(SESSIONS).values(values))
    own = _SESSION.user_id == user_id
    newest = select(_SESSION.id).where(own).order_by(_SESSION.last_used_at.desc(), _SESSION.id).limit(MAX_SESSIONS)
    await connection.execute(delete(SESSIONS).where(own, _SESSION.id.not_in(newest)))
    return session_id


async def find_sessions(
    connection: AsyncConnection, hashes: Sequence[str]
) -> dict[str, tuple[StoredSession, StoredUser]]:
    """Finds sessions with their users, by the hashes of their secrets."""
    query = select(*_COLUMNS, *USER_COLUMNS).join_from(SESSIONS, USERS).where(_SESSION.secret_hash.in_(hashes))
    found = {}
    for row in await connection.execute(query):
        session = StoredSession(*row[: len(_COLUMNS)])
        found[session.secret_hash] = session, StoredUser(*row[len(_COLUMNS) :])
    return found


async def list_sessions(connection: AsyncConnection, user_id: UUID, now: datetime) -> list[StoredSession]:
    """Lists the valid sessions of a user, the last used first."""
    query = select(*_COLUMNS).where(_SESSION.user_id == user_id).order_by(_SESSION.last_used_at.desc())
    sessions = [StoredSession(*row) for row in await connection.execute(query)]
    return [session for session in sessions if session.is_valid(now)]


async def delete_session(connection: AsyncConnection, session_id: UUID, user_id: UUID) -> bool:
    """Deletes a session of a user; False when there is none."""
    query = delete(SESSIONS).where(_SESSION.id == session_id, _SESSION.user_id == user_id)
    return bool((await connection.execute(query)).rowcount)


async def read_id_token(connection: AsyncConnection, session_id: UUID) -> str | None:
    """Reads the ID token that a session began with; None for a session of a local user."""
    query = select(_SESSION.id_token).where(_SESSION.id == session_id)
    token: str | None = (await connection.execute(query)).scalar_one_or_none()
    return token


async def note_use(connection: AsyncConnection, used: Mapping[str, datetime]) -> None:
    """Notes when sessions were last used, by the hashes of their secrets."""
    query = (
        update(SESSIONS)
        .where(_SESSION.secret_hash == bindparam("of"), _SESSION.last_used_at < bindparam("at"))
        .values(last_used_at=bindparam("at"))
    )
    await connection.execute(query, [{"of": secret_hash, "at": at} for secret_hash, at in sorted(used.items())])


async def delete_expired(connection: AsyncConnection, now: datetime) -> None:
    """Deletes sessions that are over."""
    await connection.execute(
        delete(SESSIONS).where((_SESSION.expires_at <= now) | (_SESSION.last_used_at <= now - IDLE))
    )
