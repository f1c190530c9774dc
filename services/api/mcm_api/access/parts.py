"""Access to the database of users and sessions, and what their routes share."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from mcm_api.access.addresses import TrustedProxies
from mcm_api.access.audit.recorder import AuditRecorder
from mcm_api.access.authenticator import Authenticator
from mcm_api.access.cookies import SESSION_COOKIE, CookiePolicy
from mcm_api.access.secret_values import hash_of, new_secret
from mcm_api.access.store.audit_log import append_entries
from mcm_api.access.store.sessions import ABSOLUTE, insert_session
from mcm_api.access.store.throttle import LoginThrottle, TooManyAttemptsError
from mcm_api.access.store.users import StoredUser, change_user
from mcm_api.http.problems import ProblemError
from mcm_api.http.state import provided
from mcm_shared.db.engine import AsyncConnection, AsyncEngine
from mcm_shared.errors import DataRefusedError

COOKIES_REFUSED = (
    "A browser logs in over HTTPS, or over plain HTTP on loopback. Open the dashboard by the URL in MCM_PUBLIC_URL,"
    " which must begin with https://."
)


@dataclass(frozen=True, slots=True)
class Access:
    """The database of users, sessions and tokens; ``required`` is false while authentication is off."""

    required: bool
    engine: AsyncEngine
    authenticator: Authenticator
    cookies: CookiePolicy
    throttle: LoginThrottle
    proxies: TrustedProxies

    async def start_session(
        self,
        connection: AsyncConnection,
        request: Request,
        response: Response,
        user: StoredUser,
        audit: AuditRecorder,
        *,
        id_token: str | None = None,
    ) -> None:
        """Starts a session, with its cookie and its entry in the audit trail, in the transaction of a login.

        Raises ProblemError 400 where a cookie would not be safe.
        """
        secret = new_secret()
        seconds = int(ABSOLUTE.total_seconds())
        if not self.cookies.set(response, request.headers, SESSION_COOKIE, secret, seconds):
            raise ProblemError(400, COOKIES_REFUSED)
        entry = audit.entry("login", user.actor, after={"id": str(user.id), "issuer": user.issuer, "role": user.role})
        now = entry.at
        address = self.proxies.client_of(request.scope)
        agent = request.headers.get("user-agent", "")
        await insert_session(
            connection, user.id, hash_of(secret), now, address=address, user_agent=agent, id_token=id_token
        )
        await change_user(connection, user.id, last_login_at=now)
        await append_entries(connection, [entry])

    async def count_attempt(self, request: Request, account: str | None, audit: AuditRecorder) -> None:
        """Counts a login attempt on an account; raises TooManyAttemptsError.

        The audit trail has one entry for the first attempt beyond the limit: more would let an attacker fill it.
        """
        try:
            await self.throttle.count(account, self.proxies.client_of(request.scope))
        except TooManyAttemptsError as error:
            if error.first:
                await audit.record("login.throttled", audit.actor, after={"reason": error.detail})
            raise

    def require_cookies(self, request: Request) -> None:
        """Raises ProblemError 400 where a session cookie would not be safe."""
        if self.cookies.name(request.headers, SESSION_COOKIE) is None:
            raise ProblemError(400, COOKIES_REFUSED)


def require_auth(access: Access) -> None:
    """Raises ProblemError 409 while authentication is off."""
    if not access.required:
        raise ProblemError(409, "Authentication is off (MCM_AUTH=off): there is nothing to log in to.")


AccessDep = Annotated[Access, Depends(provided(Access))]
"""Gives a route the database of users and sessions."""


def taken(error: DataRefusedError, email: str) -> ProblemError:
    """Makes the problem of a user who exists already."""
    problem = ProblemError(409, f"There is a user {email} already.")
    problem.__cause__ = error
    return problem
