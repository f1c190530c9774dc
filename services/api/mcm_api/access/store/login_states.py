"""Rows of login states: logins at the OIDC provider that have begun."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert

from mcm_api.access.secret_values import hash_of
from mcm_shared.db.access_tables import LOGIN_STATES
from mcm_shared.db.engine import AsyncConnection

VALID: Final = timedelta(minutes=10)

_STATE: Final = LOGIN_STATES.c


async def insert_state(connection: AsyncConnection, state: str, secret: str, return_to: str, now: datetime) -> None:
    """Inserts the state of a login, bound to the secret in the browser's cookie; deletes expired ones."""
    await connection.execute(delete(LOGIN_STATES).where(_STATE.expires_at <= now))
    values = {
        "state_hash": hash_of(state),
        "browser_hash": hash_of(secret),
        "return_to": return_to,
        "expires_at": now + VALID,
    }
    await connection.execute(insert(LOGIN_STATES).values(values))


async def take_state(connection: AsyncConnection, state: str, secret: str, now: datetime) -> str | None:
    """Deletes a state, which is valid once, and returns where its login leads; None when it is not valid."""
    query = (
        delete(LOGIN_STATES)
        .where(_STATE.state_hash == hash_of(state), _STATE.browser_hash == hash_of(secret))
        .returning(_STATE.return_to, _STATE.expires_at)
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None or row.expires_at <= now else str(row.return_to)
