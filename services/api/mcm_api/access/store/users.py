"""Rows of users and service accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any, Final, Literal
from uuid import UUID, uuid4

from sqlalchemy import RowMapping, delete, func, insert, select, update

from mcm_api.identity.restriction import Restriction
from mcm_shared.db.access_tables import SESSIONS, USERS
from mcm_shared.db.engine import AsyncConnection

LOCAL_ISSUER: Final = ""
"""The issuer of users who log in with a password, and of service accounts."""

_USER: Final = USERS.c


class Administration(IntEnum):
    """For how long a user can administer."""

    NONE = 0
    EXPIRING = 1
    LASTING = 2


@dataclass(frozen=True, slots=True)
class StoredUser:
    """A user or service account as stored; ``sources`` None: all."""

    id: UUID
    kind: Literal["person", "service"]
    issuer: str
    subject: str
    email: str
    role: str | None
    sources: list[str] | None
    period_from: datetime | None
    period_to: datetime | None
    expires_at: datetime | None
    password_hash: str | None
    disabled_at: datetime | None
    created_at: datetime
    last_login_at: datetime | None

    @property
    def is_local(self) -> bool:
        """Whether the user logs in with a password."""
        return self.issuer == LOCAL_ISSUER and self.kind == "person"

    @property
    def actor(self) -> str:
        """The name in the audit trail: issuer and subject distinguish a provider's users, not the e-mail."""
        return self.email if self.issuer == LOCAL_ISSUER else f"{self.email} ({self.issuer} {self.subject})"

    @property
    def restriction(self) -> Restriction:
        """The restriction to sources and a period."""
        sources = None if self.sources is None else frozenset(self.sources)
        return Restriction(sources, self.period_from, self.period_to)

    def is_active(self, now: datetime) -> bool:
        """Returns whether the user has access at this time."""
        return self.disabled_at is None and (self.expires_at is None or self.expires_at > now)

    def administration(self, now: datetime) -> Administration:
        """Returns whether the user can administer: restricted to sources, or after the expiry, the role is no use."""
        if self.kind != "person" or self.role != "admin" or self.sources is not None or not self.is_active(now):
            return Administration.NONE
        return Administration.LASTING if self.expires_at is None else Administration.EXPIRING

    def audited(self) -> dict[str, Any]:
        """Lists what the audit trail shows of the user."""
        return {
            "email": self.email,
            "kind": self.kind,
            "issuer": self.issuer,
            "role": self.role,
            "sources": self.sources,
            "period_from": self.period_from,
            "period_to": self.period_to,
            "expires_at": self.expires_at,
            "disabled": self.disabled_at is not None,
        }


USER_COLUMNS: Final = tuple(_USER[name] for name in StoredUser.__slots__)
"""The columns of StoredUser, in the order of its fields."""


def subject_of(email: str) -> str:
    """Returns the subject of a local user: the e-mail address in lower case."""
    return email.strip().casefold()


def new_user(email: str, role: str | None, **values: Any) -> StoredUser:
    """Makes a user to insert; local unless ``issuer`` and ``subject`` say otherwise."""
    blank: dict[str, Any] = dict.fromkeys(StoredUser.__slots__)
    given = {"id": uuid4(), "kind": "person", "issuer": LOCAL_ISSUER, "subject": subject_of(email), **values}
    return StoredUser(**{**blank, "email": email.strip(), "role": role, "created_at": datetime.now(UTC), **given})


async def insert_user(connection: AsyncConnection, user: StoredUser) -> None:
    """Inserts a user; raises DataRefusedError at the end of the transaction's statement for a taken subject."""
    await connection.execute(insert(USERS).values({name: getattr(user, name) for name in StoredUser.__slots__}))


async def find_user(connection: AsyncConnection, issuer: str, subject: str) -> StoredUser | None:
    """Finds a user by issuer and subject, which together identify the user."""
    return await _one(connection, _USER.issuer == issuer, _USER.subject == subject)


async def read_user(connection: AsyncConnection, user_id: UUID) -> StoredUser | None:
    """Reads a user by id."""
    return await _one(connection, _USER.id == user_id)


async def is_active_person(connection: AsyncConnection, email: str, now: datetime) -> bool:
    """Returns whether a person with this e-mail address has access now."""
    query = select(func.count()).where(
        _USER.kind == "person",
        _USER.email == email,
        _USER.disabled_at.is_(None),
        (_USER.expires_at.is_(None)) | (_USER.expires_at > now),
    )
    return bool((await connection.execute(query)).scalar_one())


async def list_users(connection: AsyncConnection) -> Sequence[StoredUser]:
    """Lists all users and service accounts by kind and name."""
    rows = await connection.execute(select(*USER_COLUMNS).order_by(_USER.kind, _USER.email, _USER.id))
    return [StoredUser(*row) for row in rows]


async def count_users(connection: AsyncConnection) -> int:
    """Counts users and service accounts."""
    return int((await connection.execute(select(func.count()).select_from(USERS))).scalar_one())


async def has_lasting_admin(connection: AsyncConnection) -> bool:
    """Returns whether a person can administer for good."""
    now = datetime.now(UTC)
    query = select(*USER_COLUMNS).where(_USER.kind == "person", _USER.role == "admin")
    rows = (await connection.execute(query)).all()
    return any(StoredUser(*row).administration(now) is Administration.LASTING for row in rows)


async def change_user(connection: AsyncConnection, user_id: UUID, **values: Any) -> None:
    """Changes columns of a user."""
    await connection.execute(update(USERS).where(_USER.id == user_id).values(values))


async def end_sessions(connection: AsyncConnection, user_id: UUID, but: UUID | None = None) -> int:
    """Ends the sessions of a user, except one; returns how many."""
    query = delete(SESSIONS).where(SESSIONS.c.user_id == user_id)
    if but is not None:
        query = query.where(SESSIONS.c.id != but)
    return int((await connection.execute(query)).rowcount)


async def _one(connection: AsyncConnection, *conditions: Any) -> StoredUser | None:
    row: RowMapping | Any = (await connection.execute(select(*USER_COLUMNS).where(*conditions))).one_or_none()
    return None if row is None else StoredUser(*row)
