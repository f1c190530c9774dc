"""Creation and revocation of API tokens: within the creator's scopes and sources, for a year at most."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from mcm_api.access.audit.recorder import AuditRecorder
from mcm_api.access.parts import Access
from mcm_api.access.roles import scopes_of
from mcm_api.access.schemas import NewTokenResponse, TokenRequest, TokenResponse
from mcm_api.access.secret_values import new_token
from mcm_api.access.store.audit_log import append_entries
from mcm_api.access.store.tokens import StoredToken, count_valid, find_tokens, insert_token, revoke_token
from mcm_api.access.store.users import StoredUser
from mcm_api.http.problems import ProblemError, ProblemItem, invalid
from mcm_api.identity.identity import Identity
from mcm_shared.db.engine import transaction

MAX_LIFETIME: Final = timedelta(days=365)
MAX_VALID: Final = 100


async def create_token(
    access: Access, audit: AuditRecorder, creator: Identity, user: StoredUser, given: TokenRequest
) -> NewTokenResponse:
    """Creates a token of a user.

    Raises ProblemError: 403 for scopes or sources that the creator or the user does not have, 409 for a user with
    MAX_VALID valid tokens, 422 for an expiry in the past or beyond a year.
    """
    now = datetime.now(UTC)
    _require_expiry(given.expires_at, now)
    beyond = sorted(set(given.scopes) - (creator.scopes & scopes_of(user.role)))
    if beyond:
        raise ProblemError(403, f"A token cannot hold scopes that you or its user do not have: {', '.join(beyond)}.")
    for held in (creator.restriction, user.restriction):
        outside = set((given.sources or []) + given.push_sources) - (held.sources or set())
        if held.sources is not None and outside:
            raise ProblemError(403, f"A token cannot have sources that you or its user do not have: {_list(outside)}.")
    if given.sources is None and creator.restriction.sources is not None and user.restriction.sources is None:
        raise ProblemError(403, "Your access is restricted to sources; list those that the token may read.")
    made = new_token()
    token = StoredToken(
        id=made.id,
        secret_hash=made.secret_hash,
        user_id=user.id,
        name=given.name,
        scopes=sorted(given.scopes),
        sources=None if given.sources is None else sorted(set(given.sources)),
        push_sources=sorted(set(given.push_sources)),
        created_by=creator.name,
        created_at=now,
        expires_at=given.expires_at,
        last_used_at=None,
        revoked_at=None,
    )
    async with transaction(access.engine) as connection:
        if await count_valid(connection, user.id, now) >= MAX_VALID:
            raise ProblemError(409, f"{user.email} has {MAX_VALID} valid API tokens; revoke those not in use.")
        await insert_token(connection, token)
        await append_entries(
            connection, [audit.entry("token.create", f"{user.email}/{token.id}", after=token.audited())]
        )
    return NewTokenResponse(**token_response(token, user).model_dump(), token=made.text)


async def revoke(access: Access, audit: AuditRecorder, token_id: str, owner: UUID | None = None) -> None:
    """Revokes a token at once; raises ProblemError 404 for one that is unknown, or of another user than ``owner``."""
    async with transaction(access.engine) as connection:
        found = (await find_tokens(connection, [token_id])).get(token_id)
        if found is None or (owner is not None and found[0].user_id != owner):
            raise ProblemError(404, f"There is no API token with id {token_id}.")
        token, user = found
        if await revoke_token(connection, token_id, datetime.now(UTC)):
            entry = audit.entry("token.revoke", f"{user.email}/{token.id}", before=token.audited())
            await append_entries(connection, [entry])
    access.authenticator.forget()


def token_response(token: StoredToken, user: StoredUser) -> TokenResponse:
    """Makes what the API shows of a token."""
    shown = {name: getattr(token, name) for name in TokenResponse.model_fields if name != "user"}
    return TokenResponse(**shown, user=user.email)


def _require_expiry(expires_at: datetime, now: datetime) -> None:
    reason = None
    if expires_at <= now:
        reason = "lies in the past"
    elif expires_at > now + MAX_LIFETIME:
        reason = f"must be within {MAX_LIFETIME.days} days"
    if reason is not None:
        raise invalid(f"expires_at {reason}.", [ProblemItem(parameter="expires_at", reason=reason)])


def _list(sources: set[str]) -> str:
    return ", ".join(sorted(sources)[:10])
