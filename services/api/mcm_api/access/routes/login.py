"""Login, logout and setup over HTTP."""

import re
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response

from mcm_api.access.audit.recorder import recorder_of
from mcm_api.access.bodies import body_of, read_model
from mcm_api.access.cookies import SESSION_COOKIE
from mcm_api.access.federation.errors import ProviderDownError
from mcm_api.access.federation.federation import FederationDep
from mcm_api.access.first_start import claim_setup_link
from mcm_api.access.parts import AccessDep, require_auth
from mcm_api.access.passwords import hash_password, require_password, verify_password
from mcm_api.access.roles import scopes_of
from mcm_api.access.schemas import LoginOptions, LoginRequest, LogoutResponse, OidcOption, SetupRequest
from mcm_api.access.store.audit_log import append_entries
from mcm_api.access.store.sessions import delete_session, read_id_token
from mcm_api.access.store.setup_links import is_valid_link
from mcm_api.access.store.users import (
    LOCAL_ISSUER,
    StoredUser,
    change_user,
    count_users,
    find_user,
    new_user,
    subject_of,
)
from mcm_api.http.problems import ProblemError, problem_answers
from mcm_api.http.strict_route import StrictRoute
from mcm_api.identity.identity import IdentityDep
from mcm_api.identity.scopes import Scope, requires
from mcm_shared.db.engine import transaction

router = APIRouter(tags=["login"], route_class=StrictRoute)

_WRONG: Final = "The e-mail address or the password is wrong."
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")


@router.get("/login/options", openapi_extra=requires(Scope.PUBLIC), summary="How one can log in")
async def get_login_options(access: AccessDep, federation: FederationDep) -> LoginOptions:
    """Returns whether authentication is on, whether the first administrator is missing, and the OIDC provider."""
    if not access.required:
        return LoginOptions(auth="off", setup=False, oidc=None)
    async with transaction(access.engine, read_only=True) as connection:
        setup = await count_users(connection) == 0
    oidc = None
    if federation.provider is not None:
        config = federation.provider.config
        oidc = OidcOption(name=config.name, role_claim=config.role_claim.name)
    return LoginOptions(auth="on", setup=setup, oidc=oidc)


@router.post(
    "/login",
    openapi_extra=requires(Scope.PUBLIC, requestBody=body_of(LoginRequest)),
    status_code=204,
    summary="Log in",
    responses=problem_answers(401, 408, 409, 413, 415, 429),
)
async def log_in(request: Request, access: AccessDep) -> Response:
    """Starts a session for a local user, and sets its cookie."""
    require_auth(access)
    access.require_cookies(request)
    given = await read_model(request, LoginRequest)
    subject = subject_of(given.email)
    # people type a password where the address belongs: only what looks like an address is recorded
    name = given.email if _EMAIL.fullmatch(given.email) else "(not an e-mail address)"
    audit = recorder_of(request, actor=name)
    await access.count_attempt(request, subject, audit)
    async with transaction(access.engine, read_only=True) as connection:
        user = await find_user(connection, LOCAL_ISSUER, subject)
    stored = user.password_hash if user is not None and user.is_local else None
    verified, new_hash = await verify_password(given.password, stored)
    if user is None or not verified:
        await audit.record("login.failure", name, after={"reason": "wrong e-mail address or password"})
        raise ProblemError(401, _WRONG)
    response = Response(status_code=204)
    async with transaction(access.engine) as connection:
        reason = _closed(user, datetime.now(UTC))
        if reason is None:
            if new_hash is not None:
                await change_user(connection, user.id, password_hash=new_hash)
            await access.throttle.clear(connection, subject)
            await access.start_session(connection, request, response, user, audit)
    if reason is not None:
        await audit.record("login.failure", name, after={"reason": reason})
        raise ProblemError(403, f"Your account {reason}; ask an administrator.")
    return response


@router.post("/logout", openapi_extra=requires(Scope.ACCOUNT), summary="Log out")
async def log_out(
    request: Request, response: Response, access: AccessDep, identity: IdentityDep, federation: FederationDep
) -> LogoutResponse:
    """Ends the session of the request, and deletes its cookie.

    `redirect` is where the browser ends the session at the OIDC provider; null: nothing to end there.
    """
    id_token = None
    if identity.via == "session" and identity.user_id is not None:
        audit = recorder_of(request)
        async with transaction(access.engine) as connection:
            id_token = await read_id_token(connection, UUID(identity.credential))
            await delete_session(connection, UUID(identity.credential), identity.user_id)
            await append_entries(connection, [audit.entry("logout", identity.name)])
        access.authenticator.forget()
    access.cookies.clear(response, request.headers, SESSION_COOKIE)
    if id_token is None or federation.provider is None:
        return LogoutResponse(redirect=None)
    try:
        redirect = await federation.provider.logout_url(id_token, f"{access.cookies.origin(request.headers)}/app/")
    except ProviderDownError:
        # the session here has ended all the same
        redirect = None
    return LogoutResponse(redirect=redirect)


@router.post(
    "/setup",
    openapi_extra=requires(Scope.PUBLIC, requestBody=body_of(SetupRequest)),
    status_code=204,
    summary="Create the first administrator",
    responses=problem_answers(403, 408, 409, 413, 415, 429),
)
async def set_up(request: Request, access: AccessDep) -> Response:
    """Creates the first administrator for the holder of the setup link, and logs in. It works once."""
    require_auth(access)
    access.require_cookies(request)
    given = await read_model(request, SetupRequest)
    await access.count_attempt(request, None, recorder_of(request))
    async with transaction(access.engine, read_only=True) as connection:
        claimed = await is_valid_link(connection, given.token)
    response = Response(status_code=204)
    if claimed:
        await require_password(given.password, [given.email])
        user = new_user(given.email, "admin", password_hash=await hash_password(given.password))
        audit = recorder_of(request, actor=user.email)
        async with transaction(access.engine) as connection:
            claimed = await claim_setup_link(connection, given.token, user, audit.request_id)
            if claimed:
                await access.start_session(connection, request, response, user, audit)
    if not claimed:
        await recorder_of(request).record("setup.failure", after={"reason": "the link is not valid"})
        raise ProblemError(403, "This setup link is not valid: it was used, has expired, or there are users already.")
    return response


def _closed(user: StoredUser, now: datetime) -> str | None:
    if not user.is_active(now):
        return "is disabled" if user.disabled_at is not None else "has expired"
    return None if scopes_of(user.role) else "has no role"
