"""The own account over HTTP: identity, password, sessions, API tokens."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from mcm_api.access.audit.recorder import AuditDep
from mcm_api.access.bodies import body_of, read_model
from mcm_api.access.parts import Access, AccessDep
from mcm_api.access.passwords import hash_password, require_password, verify_password
from mcm_api.access.schemas import (
    Account,
    NewTokenResponse,
    PasswordChange,
    SessionResponse,
    TokenRequest,
    TokenResponse,
)
from mcm_api.access.store.audit_log import append_entries
from mcm_api.access.store.sessions import delete_session, list_sessions
from mcm_api.access.store.tokens import list_tokens
from mcm_api.access.store.users import StoredUser, change_user, end_sessions, read_user
from mcm_api.access.token_service import create_token, revoke, token_response
from mcm_api.http.problems import ProblemError, ProblemItem, invalid, problem_answers
from mcm_api.http.strict_route import StrictRoute
from mcm_api.identity.identity import Identity, IdentityDep
from mcm_api.identity.scopes import Scope, requires
from mcm_shared.db.engine import transaction

router = APIRouter(tags=["account"], route_class=StrictRoute)

TokenId = Annotated[str, Path(min_length=1, max_length=40, pattern=r"^[^\x00]+$", description="The token's `id`")]


@router.get("/account", openapi_extra=requires(Scope.ACCOUNT), summary="Get the own account")
async def get_account(access: AccessDep, identity: IdentityDep) -> Account:
    """Returns the identity of the request and its scopes."""
    has_password, name = False, identity.name
    if identity.user_id is not None:
        async with transaction(access.engine, read_only=True) as connection:
            user = await read_user(connection, identity.user_id)
        if user is not None:
            has_password, name = user.password_hash is not None, user.email
    restriction = identity.restriction
    return Account(
        auth="on" if access.required else "off",
        name=name,
        user_id=identity.user_id,
        via=identity.via,
        role=identity.role,
        scopes=sorted(identity.scopes),
        sources=None if restriction.sources is None else sorted(restriction.sources),
        period_from=restriction.start,
        period_to=restriction.end,
        has_password=has_password,
    )


@router.put(
    "/account/password",
    openapi_extra=requires(Scope.ACCOUNT, requestBody=body_of(PasswordChange)),
    status_code=204,
    summary="Change the own password",
    responses=problem_answers(408, 409, 413, 415, 429),
)
async def change_password(request: Request, access: AccessDep, identity: IdentityDep, audit: AuditDep) -> Response:
    """Changes the password, and ends all other sessions."""
    given = await read_model(request, PasswordChange)
    user = await _own_user(access, identity)
    if user.password_hash is None:
        raise ProblemError(409, "Your account has no password: you log in through the provider.")
    await access.count_attempt(request, user.subject, audit)
    verified, _ = await verify_password(given.current_password, user.password_hash)
    if not verified:
        await audit.record("user.password.failure", user.email, after={"reason": "the current password is wrong"})
        reason = "is not your current password"
        raise invalid("current_password is wrong.", [ProblemItem(parameter="current_password", reason=reason)])
    if given.new_password == given.current_password:
        reason = "is your current password"
        raise invalid("new_password is your current password.", [ProblemItem(parameter="new_password", reason=reason)])
    await require_password(given.new_password, [user.email], "new_password")
    password_hash = await hash_password(given.new_password)
    async with transaction(access.engine) as connection:
        await change_user(connection, user.id, password_hash=password_hash)
        await end_sessions(connection, user.id, but=_current(identity))
        await access.throttle.clear(connection, user.subject)
        await append_entries(connection, [audit.entry("user.password", user.email)])
    access.authenticator.forget()
    return Response(status_code=204)


@router.get("/account/sessions", openapi_extra=requires(Scope.ACCOUNT), summary="List the own sessions")
async def list_own_sessions(access: AccessDep, identity: IdentityDep) -> list[SessionResponse]:
    """Lists the sessions that are open, the last used first."""
    if identity.user_id is None:
        return []
    async with transaction(access.engine, read_only=True) as connection:
        sessions = await list_sessions(connection, identity.user_id, datetime.now(UTC))
    return [
        SessionResponse(
            id=session.id,
            created_at=session.created_at,
            last_used_at=session.last_used_at,
            expires_at=session.expires_at,
            address=session.address,
            user_agent=session.user_agent,
            current=session.id == _current(identity),
        )
        for session in sessions
    ]


@router.delete(
    "/account/sessions/{session_id}",
    openapi_extra=requires(Scope.ACCOUNT),
    status_code=204,
    summary="End a session",
    responses=problem_answers(404, 409),
)
async def end_own_session(
    session_id: Annotated[UUID, Path(description="The session's `id`")],
    access: AccessDep,
    identity: IdentityDep,
    audit: AuditDep,
) -> Response:
    """Ends a session of the own account."""
    user = await _own_user(access, identity)
    async with transaction(access.engine) as connection:
        ended = await delete_session(connection, session_id, user.id)
        if ended:
            await append_entries(connection, [audit.entry("session.revoke", user.email, after={"id": str(session_id)})])
    if not ended:
        raise ProblemError(404, f"You have no session with id {session_id}.")
    access.authenticator.forget()
    return Response(status_code=204)


@router.get("/account/tokens", openapi_extra=requires(Scope.ACCOUNT), summary="List the own API tokens")
async def list_own_tokens(access: AccessDep, identity: IdentityDep) -> list[TokenResponse]:
    """Lists the API tokens of the own account: the newest first, revoked ones after the others, 1,000 at most."""
    if identity.user_id is None:
        return []
    async with transaction(access.engine, read_only=True) as connection:
        found = await list_tokens(connection, identity.user_id)
    return [token_response(token, user) for token, user in found]


@router.post(
    "/account/tokens",
    openapi_extra=requires(Scope.ACCOUNT, requestBody=body_of(TokenRequest)),
    status_code=201,
    summary="Create an API token",
    responses=problem_answers(403, 408, 409, 413, 415),
)
async def create_own_token(
    request: Request, access: AccessDep, identity: IdentityDep, audit: AuditDep
) -> NewTokenResponse:
    """Creates an API token of the own account. Its secret is shown only in this response."""
    given = await read_model(request, TokenRequest)
    return await create_token(access, audit, identity, await _own_user(access, identity), given)


@router.delete(
    "/account/tokens/{token_id}",
    openapi_extra=requires(Scope.ACCOUNT),
    status_code=204,
    summary="Revoke an API token",
    responses=problem_answers(404, 409),
)
async def revoke_own_token(token_id: TokenId, access: AccessDep, identity: IdentityDep, audit: AuditDep) -> Response:
    """Revokes an API token of the own account at once."""
    await revoke(access, audit, token_id, owner=(await _own_user(access, identity)).id)
    return Response(status_code=204)


async def _own_user(access: Access, identity: Identity) -> StoredUser:
    if identity.user_id is not None:
        async with transaction(access.engine, read_only=True) as connection:
            user = await read_user(connection, identity.user_id)
        if user is not None:
            return user
    raise ProblemError(409, "Authentication is off (MCM_AUTH=off): there is no account to change.")


def _current(identity: Identity) -> UUID | None:
    return UUID(identity.credential) if identity.via == "session" else None
