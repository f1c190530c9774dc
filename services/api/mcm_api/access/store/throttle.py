"""Login throttling per account and per address, in the database: all API processes count together."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import delete, text
from sqlalchemy.sql.expression import bindparam

from mcm_api.access.secret_values import hash_of
from mcm_api.http.client_network import client_network
from mcm_api.http.problems import ProblemError
from mcm_shared.db.access_tables import LOGIN_THROTTLE
from mcm_shared.db.engine import AsyncConnection, AsyncEngine, transaction
from mcm_shared.db.types import UtcDateTime

WINDOW: Final = timedelta(minutes=15)
MAX_PER_ACCOUNT: Final = 10
MAX_PER_ADDRESS: Final = 100

_COUNT: Final = text(
    """INSERT INTO login_throttle (key, attempts, resets_at) VALUES (:key, 1, :resets_at)
    ON CONFLICT (key) DO UPDATE SET
        attempts = CASE WHEN login_throttle.resets_at <= :now THEN 1 ELSE login_throttle.attempts + 1 END,
        resets_at = CASE WHEN login_throttle.resets_at <= :now THEN excluded.resets_at
            ELSE login_throttle.resets_at END
    RETURNING attempts, resets_at"""
).columns(resets_at=UtcDateTime)


class TooManyAttemptsError(ProblemError):
    """An account or an address has had too many attempts; ``first`` for the first of these attempts in a window."""

    def __init__(self, seconds: int, *, first: bool) -> None:
        minutes = -(-seconds // 60)
        headers = {"Retry-After": str(seconds)}
        super().__init__(429, f"Too many login attempts; try again in {minutes} minutes.", headers=headers)
        self.first = first


@dataclass(frozen=True, slots=True)
class LoginThrottle:
    """Counts login attempts before they are verified, so that concurrent attempts count too."""

    engine: AsyncEngine

    async def count(self, account: str | None, address: str) -> None:
        """Counts an attempt; raises TooManyAttemptsError when the account or the address has had too many.

        ``account`` is None for an attempt on what cannot be guessed, such as a setup link.
        """
        now = datetime.now(UTC)
        async with transaction(self.engine) as connection:
            by_address = await _count(connection, _address_key(address), now)
            by_account = (0, now) if account is None else await _count(connection, _account_key(account), now)
            # expired rows are of no use to anyone
            await connection.execute(delete(LOGIN_THROTTLE).where(LOGIN_THROTTLE.c.resets_at <= now - WINDOW))
        for (attempts, resets_at), limit in ((by_account, MAX_PER_ACCOUNT), (by_address, MAX_PER_ADDRESS)):
            if attempts > limit:
                seconds = max(1, int((resets_at - now).total_seconds()) + 1)
                raise TooManyAttemptsError(seconds, first=attempts == limit + 1)

    async def clear(self, connection: AsyncConnection, account: str) -> None:
        """Forgets the attempts on an account, after a login that succeeded."""
        await connection.execute(delete(LOGIN_THROTTLE).where(LOGIN_THROTTLE.c.key == _account_key(account)))


async def _count(connection: AsyncConnection, key: str, now: datetime) -> tuple[int, datetime]:
    query = _COUNT.bindparams(
        bindparam("now", now, UtcDateTime), bindparam("resets_at", now + WINDOW, UtcDateTime), bindparam("key", key)
    )
    row = (await connection.execute(query)).one()
    return int(row.attempts), row.resets_at


def _account_key(account: str) -> str:
    return hash_of(f"account {account}")


def _address_key(address: str) -> str:
    return hash_of(f"address {client_network(address)}")
