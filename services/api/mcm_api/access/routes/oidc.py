"""Login at the OIDC provider over HTTP: begins there, and finishes when the browser comes back."""

import re
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from mcm_api.access.audit.recorder import AuditRecorder, recorder_of
from mcm_api.access.cookies import LOGIN_COOKIE
from mcm_api.access.federation.errors import IdentityRefusedError, ProviderDownError
from mcm_api.access.federation.federation import Federation, FederationDep
from mcm_api.access.federation.provider import LoginAttempt, OidcProvider, ProviderIdentity
from mcm_api.access.federation.provisioning import name_of, provision
from mcm_api.access.parts import Access, AccessDep, require_auth
from mcm_api.access.secret_values import is_secret, new_secret
from mcm_api.access.store.login_states import VALID, insert_state, take_state
from mcm_api.http.problems import ProblemError, problem_answers
from mcm_api.http.strict_route import StrictRoute
from mcm_api.identity.scopes import Scope, requires
from mcm_shared.db.engine import transaction


class CallbackRoute(StrictRoute):
    """A route that providers call with parameters of their own, such as ``iss`` and ``session_state``."""

    checks_query = False


router = APIRouter(tags=["login"], route_class=StrictRoute)
callback_router = APIRouter(tags=["login"], route_class=CallbackRoute)

_CALLBACK: Final = "/login/oidc/callback"
_ERROR_CODE: Final = re.compile(r"[a-z_]{1,60}", re.ASCII)

ReturnTo = Annotated[
    str,
    Query(
        max_length=1000,
        pattern=r"^/([^/\\\x00-\x20\x7f][^\\\x00-\x20\x7f]*)?$",
        description="Path below /app to open after the login",
    ),
]


@router.get(
    "/login/oidc",
    openapi_extra=requires(Scope.PUBLIC),
    status_code=303,
    response_class=RedirectResponse,
    summary="Log in at the OIDC provider",
    responses=problem_answers(400, 404, 409, 429),
)
async def begin_oidc_login(
    request: Request, access: AccessDep, federation: FederationDep, return_to: ReturnTo = "/"
) -> Response:
    """Leads the browser to the provider, which sends it back to `/login/oidc/callback`."""
    provider = _provider(access, federation)
    redirect_uri = _own_url(access, request) + _CALLBACK
    await access.count_attempt(request, None, recorder_of(request))
    # a second login of the same browser, in another tab, shares the cookie
    shared = access.cookies.read(request.headers, LOGIN_COOKIE)
    secret = shared if shared and is_secret(shared) else new_secret()
    attempt = LoginAttempt(new_secret(), secret)
    try:
        response = RedirectResponse(await provider.authorization_url(redirect_uri, attempt), 303)
    except ProviderDownError as error:
        return await _failed(recorder_of(request), provider, "provider", str(error))
    access.cookies.set(response, request.headers, LOGIN_COOKIE, secret, int(VALID.total_seconds()))
    async with transaction(access.engine) as connection:
        await insert_state(connection, attempt.state, secret, return_to, datetime.now(UTC))
    return response


@callback_router.get(
    _CALLBACK,
    openapi_extra=requires(Scope.PUBLIC),
    status_code=303,
    response_class=RedirectResponse,
    summary="Finish a login at the OIDC provider",
    responses=problem_answers(400, 404, 409, 429),
)
async def finish_oidc_login(request: Request, access: AccessDep, federation: FederationDep) -> Response:
    """Starts a session for the user whom the provider logged in, and leads to the dashboard.

    A login that fails leads to the login page, which says why. State, nonce and code are valid once.
    """
    provider = _provider(access, federation)
    redirect_uri = _own_url(access, request) + _CALLBACK
    query = request.query_params
    attempt = LoginAttempt(query.get("state", ""), access.cookies.read(request.headers, LOGIN_COOKIE) or "")
    audit = recorder_of(request)
    async with transaction(access.engine) as connection:
        return_to = await take_state(connection, attempt.state, attempt.secret, datetime.now(UTC))
    if return_to is None:
        # anyone can send a state of their own; with a valid one the attempt was counted when it began
        await access.count_attempt(request, None, audit)
        return await _failed(audit, provider, "state", "the state is unknown, used, expired or of another browser")
    if query.get("iss", provider.config.issuer) != provider.config.issuer:
        return await _failed(audit, provider, "invalid", "the response is of another issuer")
    if "error" in query or not query.get("code"):
        given = query.get("error", "")
        code = given if _ERROR_CODE.fullmatch(given) else "neither a code nor an error of the protocol"
        return await _failed(audit, provider, "refused", f"the provider answers {code}")
    try:
        identity = await provider.redeem(query.get("code", ""), redirect_uri, attempt)
    except ProviderDownError as error:
        return await _failed(audit, provider, "provider", str(error))
    except IdentityRefusedError as error:
        return await _failed(audit, provider, "invalid", str(error))
    return await _logged_in(request, access, provider, identity, return_to)


async def _logged_in(
    request: Request, access: Access, provider: OidcProvider, identity: ProviderIdentity, return_to: str
) -> Response:
    issuer, claim = provider.config.issuer, provider.config.role_claim
    role = claim.role_of(identity.claims)
    name = name_of(identity.claims, identity.subject)
    audit = recorder_of(request, actor=f"{name} ({issuer} {identity.subject})")
    response = RedirectResponse(f"/app{return_to}", 303)
    async with transaction(access.engine) as connection:
        user = await provision(connection, issuer, identity.subject, name, role, audit)
        closed = user is not None and not user.is_active(datetime.now(UTC))
        if user is not None and not closed:
            await access.start_session(connection, request, response, user, audit, id_token=identity.id_token)
    access.authenticator.forget()
    if user is None:
        return await _failed(audit, provider, "no_role", "no value of the claim grants a role", claim=claim.name)
    if closed:
        return await _failed(audit, provider, "closed", "the account is disabled or has expired")
    return response


def _provider(access: Access, federation: Federation) -> OidcProvider:
    require_auth(access)
    if federation.provider is None:
        raise ProblemError(404, "No OIDC provider is configured; set MCM_OIDC_ISSUER.")
    return federation.provider


def _own_url(access: Access, request: Request) -> str:
    access.require_cookies(request)
    return access.cookies.origin(request.headers)


async def _failed(
    audit: AuditRecorder, provider: OidcProvider, code: str, reason: str, *, claim: str | None = None
) -> Response:
    after = {"reason": reason, "provider": provider.config.name, **({} if claim is None else {"claim": claim})}
    await audit.record("login.failure", audit.actor, after=after)
    return RedirectResponse(f"/app/?login_error={code}", 303)
