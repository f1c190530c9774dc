"""Users, sessions and tokens for tests of access."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from fastapi import FastAPI
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import SecretStr
from sqlalchemy import select

from mcm_api.access.audit.entry import AuditEntry
from mcm_api.access.parts import Access
from mcm_api.access.roles import ROLE_SCOPES, Role
from mcm_api.access.secret_values import hash_of, new_secret, new_token
from mcm_api.access.store.audit_log import append_entries
from mcm_api.access.store.sessions import insert_session
from mcm_api.access.store.tokens import StoredToken, insert_token
from mcm_api.access.store.users import StoredUser, insert_user, new_user
from mcm_api.app import create_app
from mcm_api.http.state import part_of
from mcm_api.settings import ApiSettings
from mcm_enricher import EnricherSettings
from mcm_shared.db.access_tables import AUDIT_LOG
from mcm_shared.db.engine import AsyncEngine, transaction
from mcm_shared.settings import DatabaseSettings

PASSWORD = "seven green lamps hum"
NEW_PASSWORD = "nine wet stones sleep"
ROLES = tuple(Role)

_SECRETS: "WeakKeyDictionary[FastAPI, list[str]]" = WeakKeyDictionary()


def secrets_of(app: FastAPI) -> list[str]:
    """Returns the list of the secrets that users of an application have."""
    return _SECRETS.setdefault(app, [PASSWORD, NEW_PASSWORD])


def has_users(app: FastAPI) -> bool:
    """Whether a test has made users of an application, or logged in to it."""
    return app in _SECRETS


@cache
def cheap_hash(password: str) -> str:
    """Hashes a password with the least argon2id allows: a login then also stores a stronger hash."""
    return PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),)).hash(password)


def closed_app(stored_in: str, dashboard: Path, **settings: Any) -> FastAPI:
    """Makes an API with authentication and without Kafka."""
    given = ApiSettings(
        **{"MCM_AUTH": "on", "MCM_API_QUERY_TIMEOUT_S": 60, "MCM_DASHBOARD_PATH": dashboard, **settings}
    )
    return create_app(given, DatabaseSettings(DATABASE_URL=SecretStr(stored_in)), None, EnricherSettings())


@dataclass
class People:
    """Makes users of an application with their sessions and tokens; ``secrets`` are all that it handed out."""

    app: FastAPI

    @property
    def secrets(self) -> list[str]:
        """All secrets that the application's users have."""
        return secrets_of(self.app)

    @property
    def access(self) -> Access:
        """The application's own access to users and sessions."""
        return part_of(self.app, Access)

    async def user(self, role: str | None = "viewer", email: str | None = None, **values: Any) -> StoredUser:
        """Makes a user."""
        given = {"password_hash": cheap_hash(PASSWORD), **values}
        user = new_user(email or f"{role}@example.com", role, **given)
        async with transaction(self.access.engine) as connection:
            await insert_user(connection, user)
        return user

    async def session(self, user: StoredUser, *, at: datetime | None = None) -> dict[str, str]:
        """Makes a session that began at a time, and returns its cookie."""
        secret = new_secret()
        self.secrets.append(secret)
        began = at or datetime.now(UTC)
        async with transaction(self.access.engine) as connection:
            await insert_session(connection, user.id, hash_of(secret), began, address="192.0.2.1", user_agent="test")
        return {"Cookie": f"mcm_session={secret}"}

    async def token(self, user: StoredUser, **values: Any) -> dict[str, str]:
        """Makes an API token with all scopes of the user, and returns its header."""
        made = new_token()
        self.secrets.append(made.text)
        now = datetime.now(UTC)
        given = {
            "id": made.id,
            "secret_hash": made.secret_hash,
            "user_id": user.id,
            "name": "test",
            "scopes": sorted(ROLE_SCOPES[Role(user.role or "")]),
            "sources": None,
            "push_sources": ["my-app"],
            "created_by": "test",
            "created_at": now,
            "expires_at": now + timedelta(days=1),
            "last_used_at": None,
            "revoked_at": None,
            **values,
        }
        async with transaction(self.access.engine) as connection:
            await insert_token(connection, StoredToken(**given))
        return {"Authorization": f"Bearer {made.text}"}


def id_of(token: dict[str, str]) -> str:
    """Returns the id of a token, from its header."""
    return token["Authorization"].split("_")[1]


NO_ID = UUID(int=0)


async def audited(engine: AsyncEngine) -> list[dict[str, Any]]:
    """Reads the rows of the audit trail in their order."""
    async with transaction(engine) as connection:
        rows = await connection.execute(select(AUDIT_LOG).order_by(AUDIT_LOG.c.seq))
        return [dict(row) for row in rows.mappings()]


async def fill_audit_trail(engine: AsyncEngine, count: int = 9) -> list[dict[str, Any]]:
    """Appends entries to the audit trail, a minute apart, and returns all of its rows."""
    start = datetime(2026, 11, 20, 12, tzinfo=UTC)
    made = [
        AuditEntry(start + timedelta(minutes=n), "mona", "session", "user.change", f"user-{n}", None, "{}", "r")
        for n in range(count)
    ]
    async with transaction(engine) as connection:
        await append_entries(connection, made)
    return await audited(engine)
