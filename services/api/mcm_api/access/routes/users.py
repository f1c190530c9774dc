"""Users, roles and API tokens over HTTP, for administrators."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from mcm_api.access.audit.recorder import AuditDep
from mcm_api.access.bodies import body_of, read_model
from mcm_api.access.granting import require_may_grant, require_may_manage
from mcm_api.access.parts import AccessDep, taken
from mcm_api.access.passwords import hash_password, require_password
from mcm_api.access.roles import ROLE_MEANINGS, ROLE_SCOPES, Role
from mcm_api.access.routes.account import TokenId
from mcm_api.access.schemas import (
    AccountUser,
    NewTokenResponse,
    PasswordReset,
    RoleResponse,
    RolesResponse,
    ScopeResponse,
    ServiceTokenRequest,
    TokenResponse,
    UserChange,
    UserRequest,
)
from mcm_api.access.store import tokens
from mcm_api.access.store.audit_log import append_entries, lock_chain
from mcm_api.access.store.users import (
    LOCAL_ISSUER,
    StoredUser,
    change_user,
    end_sessions,
    has_lasting_admin,
    insert_user,
    list_users,
    new_user,
    read_user,
)
from mcm_api.access.token_service import create_token, revoke, token_response
from mcm_api.http.problems import ProblemError, problem_answers
from mcm_api.http.strict_route import StrictRoute
from mcm_api.identity.identity import IdentityDep
from mcm_api.identity.scopes import MEANINGS, Scope, requires
from mcm_shared.db.engine import AsyncConnection, transaction
from mcm_shared.errors import DataRefusedError

router = APIRouter(tags=["access"], route_class=StrictRoute)

UserId = Annotated[UUID, Path(description="The user's `id`")]


@router.get("/access/roles", openapi_extra=requires(Scope.ACCOUNT), summary="List roles and scopes")
async def list_roles() -> RolesResponse:
    """Lists the roles with their scopes, and what each scope permits."""
    return RolesResponse(
        roles=[
            RoleResponse(role=role, meaning=ROLE_MEANINGS[role], scopes=sorted(scopes))
            for role, scopes in ROLE_SCOPES.items()
        ],
        scopes=[ScopeResponse(scope=scope, meaning=meaning) for scope, meaning in MEANINGS.items()],
    )


@router.get("/access/users", openapi_extra=requires(Scope.ACCESS_MANAGE, unrestricted=True), summary="List accounts")
async def list_accounts(access: AccessDep) -> list[AccountUser]:
    """Lists users and service accounts."""
    async with transaction(access.engine, read_only=True) as connection:
        return [_shown(user) for user in await list_users(connection)]


@router.post(
    "/access/users",
    openapi_extra=requires(Scope.ACCESS_MANAGE, unrestricted=True, requestBody=body_of(UserRequest)),
    status_code=201,
    summary="Create an account",
    responses=problem_answers(408, 409, 413, 415),
)
async def create_account(request: Request, access: AccessDep, identity: IdentityDep, audit: AuditDep) -> AccountUser:
    """Creates a local user or a service account, with no more scopes than the creator has."""
    given = await read_model(request, UserRequest)
    require_may_grant(identity, given.role)
    password_hash = None
    if given.password is not None:
        await require_password(given.password, [given.email])
        password_hash = await hash_password(given.password)
    values = given.model_dump(exclude={"email", "role", "password"})
    user = new_user(given.email, given.role.value, password_hash=password_hash, **values)
    try:
        async with transaction(access.engine) as connection:
            await insert_user(connection, user)
            await append_entries(connection, [audit.entry("user.create", user.email, after=user.audited())])
    except DataRefusedError as error:
        raise taken(error, given.email) from error
    return _shown(user)


@router.patch(
    "/access/users/{user_id}",
    openapi_extra=requires(Scope.ACCESS_MANAGE, unrestricted=True, requestBody=body_of(UserChange)),
    summary="Change an account",
    responses=problem_answers(404, 408, 409, 413, 415),
)
async def change_account(
    request: Request, user_id: UserId, access: AccessDep, identity: IdentityDep, audit: AuditDep
) -> AccountUser:
    """Changes role, restrictions, expiry, or disables the account. A changed role ends the user's other sessions."""
    given = await read_model(request, UserChange)
    values = given.model_dump(exclude_unset=True)
    async with transaction(access.engine) as connection:
        # changes of accounts take turns: of two administrators who demote each other, one remains
        await lock_chain(connection)
        before = await _existing(connection, user_id)
        require_may_manage(identity, before)
        if given.role is not None:
            require_may_grant(identity, given.role)
            if before.issuer != LOCAL_ISSUER and given.role != before.role:
                raise ProblemError(409, "The role of this user comes from the provider, at each login.")
        columns = {name: value for name, value in values.items() if name != "disabled" and not _is_unset(name, value)}
        if "disabled" in values:
            columns["disabled_at"] = (before.disabled_at or datetime.now(UTC)) if given.disabled else None
        if columns:
            await change_user(connection, user_id, **columns)
        after = await _existing(connection, user_id)
        if after.role == Role.AUDITOR and after.expires_at is None:
            raise ProblemError(409, "The access of an auditor ends: set expires_at.")
        if after.period_from is not None and after.period_to is not None and after.period_to <= after.period_from:
            raise ProblemError(409, "The period would end before it begins.")
        now = datetime.now(UTC)
        weaker = after.administration(now) < before.administration(now)
        if weaker and not await has_lasting_admin(connection):
            raise ProblemError(
                409, "At least one administrator must remain, without a restriction to sources and without an expiry."
            )
        if after.role != before.role or after.disabled_at:
            current = UUID(identity.credential) if identity.via == "session" else None
            await end_sessions(connection, user_id, but=current)
        entry = audit.entry("user.change", after.email, before=before.audited(), after=after.audited())
        await append_entries(connection, [entry])
    access.authenticator.forget()
    return _shown(after)


@router.put(
    "/access/users/{user_id}/password",
    openapi_extra=requires(Scope.ACCESS_MANAGE, unrestricted=True, requestBody=body_of(PasswordReset)),
    status_code=204,
    summary="Reset a user's password",
    responses=problem_answers(404, 408, 409, 413, 415),
)
async def reset_password(
    request: Request, user_id: UserId, access: AccessDep, identity: IdentityDep, audit: AuditDep
) -> Response:
    """Sets a new password, and ends all sessions of the user."""
    given = await read_model(request, PasswordReset)
    async with transaction(access.engine, read_only=True) as connection:
        user = await _existing(connection, user_id)
    require_may_manage(identity, user)
    if not user.is_local:
        raise ProblemError(409, "This account does not log in with a password.")
    await require_password(given.password, [user.email])
    password_hash = await hash_password(given.password)
    async with transaction(access.engine) as connection:
        await change_user(connection, user_id, password_hash=password_hash)
        await end_sessions(connection, user_id)
        await access.throttle.clear(connection, user.subject)
        await append_entries(connection, [audit.entry("user.password.reset", user.email)])
    access.authenticator.forget()
    return Response(status_code=204)


@router.get("/access/tokens", openapi_extra=requires(Scope.ACCESS_MANAGE, unrestricted=True), summary="List all tokens")
async def list_all_tokens(access: AccessDep) -> list[TokenResponse]:
    """Lists the API tokens of all accounts: the newest first, revoked ones after the others, 1,000 at most."""
    async with transaction(access.engine, read_only=True) as connection:
        return [token_response(token, user) for token, user in await tokens.list_tokens(connection)]


@router.post(
    "/access/tokens",
    openapi_extra=requires(Scope.ACCESS_MANAGE, unrestricted=True, requestBody=body_of(ServiceTokenRequest)),
    status_code=201,
    summary="Create an API token of a service account",
    responses=problem_answers(404, 408, 409, 413, 415),
)
async def create_service_token(
    request: Request, access: AccessDep, identity: IdentityDep, audit: AuditDep
) -> NewTokenResponse:
    """Creates an API token of a service account. Its secret is shown only in this response."""
    given = await read_model(request, ServiceTokenRequest)
    async with transaction(access.engine, read_only=True) as connection:
        user = await _existing(connection, given.user_id)
    if user.kind != "service":
        raise ProblemError(409, "People create their own API tokens, in their account.")
    return await create_token(access, audit, identity, user, given)


@router.delete(
    "/access/tokens/{token_id}",
    openapi_extra=requires(Scope.ACCESS_MANAGE, unrestricted=True),
    status_code=204,
    summary="Revoke an API token of any account",
    responses=problem_answers(404),
)
async def revoke_any_token(token_id: TokenId, access: AccessDep, audit: AuditDep) -> Response:
    """Revokes an API token at once."""
    await revoke(access, audit, token_id)
    return Response(status_code=204)


async def _existing(connection: AsyncConnection, user_id: UUID) -> StoredUser:
    user = await read_user(connection, user_id)
    if user is None:
        raise ProblemError(404, f"There is no account with id {user_id}.")
    return user


def _is_unset(name: str, value: Any) -> bool:
    # null takes a restriction away; a role cannot be taken away, only changed
    return name == "role" and value is None


def _shown(user: StoredUser) -> AccountUser:
    shown = {name: getattr(user, name) for name in AccountUser.model_fields if name not in {"disabled", "issuer"}}
    return AccountUser(**shown, issuer=user.issuer or None, disabled=user.disabled_at is not None)
