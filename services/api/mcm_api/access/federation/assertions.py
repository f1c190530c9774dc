"""Signed assertions of a proxy: identities that a proxy with a login of its own sends in a header, as a JWT."""

import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwt import JWTClaimsRegistry
from starlette.datastructures import Headers
from starlette.types import Scope

from mcm_api.access.addresses import TrustedProxies, peer_of
from mcm_api.access.audit.recorder import MAX_ACTOR, AuditRecorder, AuditTrail
from mcm_api.access.federation.errors import IdentityRefusedError, ProviderDownError
from mcm_api.access.federation.provider import require_subject
from mcm_api.access.federation.provisioning import name_of, provision
from mcm_api.access.federation.role_claim import RoleClaim
from mcm_api.access.federation.signing_keys import LEEWAY_S, SigningKeys
from mcm_api.access.roles import Role, scopes_of
from mcm_api.access.secret_values import hash_of
from mcm_api.access.store.audit_log import append_entries
from mcm_api.access.store.sessions import IDLE
from mcm_api.access.store.users import StoredUser, change_user, find_user
from mcm_api.http.problems import ProblemError, retry_after
from mcm_api.identity.identity import Identity, held_scopes
from mcm_shared.db.engine import AsyncEngine, transaction

_MAX_CACHED: Final = 10_000
_USER_AGE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class AssertionConfig:
    """The header of a proxy's assertions, and what their claims must say."""

    header: str
    issuer: str
    audience: str
    role_claim: RoleClaim


@dataclass(frozen=True, slots=True)
class _Asserted:
    subject: str
    name: str
    role: Role | None
    expires_at: float


class ProxyAssertions:
    """Identifies users by the assertions of trusted proxies. Verified ones are cached until they expire."""

    def __init__(
        self,
        config: AssertionConfig,
        keys: SigningKeys,
        proxies: TrustedProxies,
        engine: AsyncEngine,
        trail: AuditTrail,
    ) -> None:
        self.config = config
        self._keys = keys
        self._proxies = proxies
        self._engine = engine
        self._trail = trail
        self._verified: OrderedDict[str, _Asserted] = OrderedDict()
        self._users: OrderedDict[_Asserted, tuple[float, StoredUser | None]] = OrderedDict()

    def read(self, scope: Scope) -> str | None:
        """Reads the assertion of a request; None without one, and from every peer that is no trusted proxy."""
        if not self._proxies.trusts(peer_of(scope)):
            return None
        given = Headers(scope=scope).getlist(self.config.header)
        if len(given) > 1:
            raise _refused("there are several of them")
        return given[0] if given else None

    async def identify(self, assertion: str, request_id: str) -> Identity:
        """Returns the identity that an assertion proves.

        Raises ProblemError: 401 for one that is not valid, 403 without a role or access, 503 without the keys.
        """
        try:
            asserted = await self._verify(assertion)
        except IdentityRefusedError as error:
            raise _refused(str(error)) from None
        except ProviderDownError as error:
            detail = f"The assertion of the proxy cannot be verified now: {error}."
            raise ProblemError(503, detail, headers=retry_after()) from None
        user = await self._user(asserted, request_id)
        if user is None:
            claim = self.config.role_claim.name
            raise ProblemError(403, f"The proxy logged you in, but no value of the claim {claim!r} grants a role here.")
        if not user.is_active(datetime.now(UTC)):
            raise ProblemError(403, "Your account is disabled or has expired; ask an administrator.")
        return Identity(
            name=user.actor,
            via="assertion",
            role=user.role or "",
            scopes=held_scopes(scopes_of(user.role), user.restriction),
            user_id=user.id,
            restriction=user.restriction,
        )

    def forget(self) -> None:
        """Empties the cache of users, after a change of one."""
        self._users.clear()

    async def _verify(self, assertion: str) -> _Asserted:
        key = hash_of(assertion)
        found = self._verified.get(key)
        if found is None:
            token = await self._keys.verify(assertion)
            found = self._verified[key] = self._asserted(token.claims)
            if len(self._verified) > _MAX_CACHED:
                self._verified.popitem(last=False)
        if found.expires_at + LEEWAY_S <= time.time():
            raise IdentityRefusedError("it has expired")
        return found

    def _asserted(self, claims: dict[str, Any]) -> _Asserted:
        required = JWTClaimsRegistry(
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self.config.issuer},
            aud={"essential": True, "value": self.config.audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        try:
            required.validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            raise IdentityRefusedError(f"its claims are not valid: {error}") from None
        subject = require_subject(claims["sub"])
        role = self.config.role_claim.role_of(claims)
        return _Asserted(subject, name_of(claims, subject), role, float(claims["exp"]))

    async def _user(self, asserted: _Asserted, request_id: str) -> StoredUser | None:
        read_at, user = self._users.get(asserted, (-_USER_AGE_S, None))
        if time.monotonic() - read_at < _USER_AGE_S:
            return user
        now = datetime.now(UTC)
        async with transaction(self._engine, read_only=True) as connection:
            user = await find_user(connection, self.config.issuer, asserted.subject)
        known = user is not None and (user.role, user.email) == (asserted.role, asserted.name)
        if not known or user is None or user.last_login_at is None or user.last_login_at + IDLE <= now:
            user = await self._log_in(asserted, request_id, now)
        self._users[asserted] = time.monotonic(), user
        if len(self._users) > _MAX_CACHED:
            self._users.popitem(last=False)
        return user

    async def _log_in(self, asserted: _Asserted, request_id: str, now: datetime) -> StoredUser | None:
        issuer = self.config.issuer
        actor = f"{asserted.name} ({issuer} {asserted.subject})"
        audit = AuditRecorder(self._trail, actor[:MAX_ACTOR], "assertion", request_id)
        async with transaction(self._engine) as connection:
            user = await provision(connection, issuer, asserted.subject, asserted.name, asserted.role, audit)
            if user is None:
                reason = "no value of the claim grants a role"
                failure = audit.entry(
                    "login.failure", actor, after={"reason": reason, "claim": self.config.role_claim.name}
                )
                await append_entries(connection, [failure])
            else:
                await change_user(connection, user.id, last_login_at=now)
                entry = audit.entry(
                    "login", user.actor, after={"id": str(user.id), "issuer": issuer, "role": user.role}
                )
                await append_entries(connection, [entry])
        return user


def _refused(reason: str) -> ProblemError:
    return ProblemError(401, f"The assertion of the proxy is not accepted: {reason}.")
