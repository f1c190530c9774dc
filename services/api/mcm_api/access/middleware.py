"""Access control: authenticates every request before it is routed, and closes everything that is not public."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mcm_api.access.authenticator import Authenticator, Credential
from mcm_api.access.cookies import SESSION_COOKIE, CookiePolicy, without_quoted
from mcm_api.access.federation.assertions import ProxyAssertions
from mcm_api.access.limits import RateLimiter
from mcm_api.access.secret_values import has_token, hash_of, parse_token
from mcm_api.http.problems import ProblemError, problem_response, retry_after
from mcm_api.identity.identity import LOCAL, Identity
from mcm_api.identity.restriction import restricted
from mcm_shared.errors import McmError

PUBLIC_PATHS: Final = frozenset(
    {"/", "/app", "/health", "/login", "/login/oidc", "/login/oidc/callback", "/login/options", "/ready", "/setup"}
)
"""Paths that are open without authentication."""

PUBLIC_PREFIXES: Final = ("/app/", "/webhooks/")
"""The dashboard's static files, and webhooks, which check the signature of the sender."""

RECHECK_S: Final = 5.0
"""Seconds between two checks of the session or token of a response that goes on, such as a stream."""

# a proxy's headers name no identity; what is not there cannot be mistaken for one
_DROPPED: Final = (
    b"x-forwarded-",
    b"x-remote-",
    b"x-auth-",
    b"x-authenticated-",
    b"x-webauth-",
    b"remote-",
    b"remote_",
)
_KEPT: Final = frozenset({b"x-forwarded-for", b"x-forwarded-proto"})
_OPTIONAL: Final = frozenset({"/ready"})
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
_UNKNOWN_LENGTH: Final = 8 * 1024 * 1024

_UNAVAILABLE: Final = "The database cannot be used right now; try again in a moment."


StillValid = Callable[[], Awaitable[bool]]
"""Returns whether what authenticated a request is still valid, and still permits as much."""


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """How requests are authenticated; ``required`` is false while authentication is off."""

    required: bool
    authenticator: Authenticator
    cookies: CookiePolicy
    limiter: RateLimiter
    assertions: ProxyAssertions | None = None
    recheck_s: float = RECHECK_S


class AccessControl:
    """Deny by default: a request without a valid session or token reaches public paths only.

    It sets ``identity`` in the request's state and the restriction for its queries; routes then check their scope.
    A response that goes on ends soon after its session or token does, or permits less.
    """

    def __init__(self, app: ASGIApp, policy: AccessPolicy) -> None:
        self._app = app
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            identity, still_valid = await self._authenticate(scope)
        except ProblemError as error:
            await _respond(scope, error)(scope, receive, send)
            return
        except McmError:
            await _respond(scope, ProblemError(503, _UNAVAILABLE, headers=retry_after()))(scope, receive, send)
            return
        scope["state"]["identity"] = identity
        length = _body_length(scope)
        scope["headers"] = [
            (name, without_quoted(value) if name == b"cookie" else value)
            for name, value in scope["headers"]
            if not self._is_dropped(name)
        ]
        if identity is None:
            await self._app(scope, receive, send)
            return
        try:
            with restricted(identity.restriction), self._policy.limiter.hold_bytes(identity.key, length):
                if still_valid is None:
                    await self._app(scope, receive, send)
                else:
                    await self._serve_while_valid(still_valid, scope, receive, send)
        except ProblemError as error:
            await _respond(scope, error)(scope, receive, send)

    def _is_dropped(self, name: bytes) -> bool:
        assertions = self._policy.assertions
        if assertions is not None and name == assertions.config.header.encode():
            return True
        return name not in _KEPT and name.startswith(_DROPPED)

    async def _authenticate(self, scope: Scope) -> tuple[Identity | None, StillValid | None]:
        path = scope["path"]
        if has_token(scope.get("raw_path", b"").decode("latin-1"), path, scope["query_string"].decode("latin-1")):
            raise ProblemError(
                400,
                "API tokens are not accepted in a URL, because URLs are logged. Revoke this token, and send the new "
                "one in the header `Authorization: Bearer …`.",
            )
        if not self._policy.required:
            return LOCAL, None
        public = path in PUBLIC_PATHS or path.startswith(PUBLIC_PREFIXES)
        if public and path not in _OPTIONAL:
            return None, None
        try:
            identity, still_valid = await self._identify(scope)
        except (ProblemError, McmError):
            if public:
                return None, None
            raise
        if identity is None and not public:
            raise _unauthenticated("Log in, or send an API token in the header `Authorization: Bearer …`.")
        if identity is not None:
            self._policy.limiter.count_request(identity.key)
        return identity, still_valid

    async def _identify(self, scope: Scope) -> tuple[Identity | None, StillValid | None]:
        headers = Headers(scope=scope)
        given = headers.getlist("authorization")
        if given:
            credential = _bearer(given)
            identity = None if credential is None else await self._policy.authenticator.identify(credential)
            if identity is None:
                raise _unauthenticated("The API token is unknown, expired or revoked.")
            return identity, self._checks(credential, identity)
        assertions = self._policy.assertions
        assertion = None if assertions is None else assertions.read(scope)
        if assertions is not None and assertion is not None:
            request_id = scope["state"]["request_id"]
            identity = await assertions.identify(assertion, request_id)
            return identity, self._checks_assertion(assertions, assertion, request_id, identity)
        secret = self._policy.cookies.read(headers, SESSION_COOKIE)
        if secret is None:
            return None, None
        secret_hash = hash_of(secret)
        credential = Credential("session", secret_hash, secret_hash)
        identity = await self._policy.authenticator.identify(credential)
        if identity is None:
            raise _unauthenticated("The session has ended; log in again.")
        return identity, self._checks(credential, identity)

    def _checks(self, credential: Credential | None, began_as: Identity) -> StillValid | None:
        if credential is None:
            return None

        async def is_valid() -> bool:
            identity = await self._policy.authenticator.identify(credential, uses=False)
            return identity is not None and identity.permits_as_much_as(began_as)

        return is_valid

    @staticmethod
    def _checks_assertion(
        assertions: ProxyAssertions, assertion: str, request_id: str, began_as: Identity
    ) -> StillValid:
        async def is_valid() -> bool:
            try:
                identity = await assertions.identify(assertion, request_id)
            except ProblemError as error:
                return error.status >= 500
            return identity.permits_as_much_as(began_as)

        return is_valid

    async def _serve_while_valid(self, still_valid: StillValid, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def send_noting_start(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        loop = asyncio.get_running_loop()
        watching: list[asyncio.Task[None]] = []
        try:
            async with asyncio.timeout(None) as limit:
                # most requests are over long before: only those that go on get a task that watches
                timer = loop.call_later(
                    self._policy.recheck_s,
                    lambda: watching.append(loop.create_task(self._end_when_invalid(still_valid, limit))),
                )
                try:
                    await self._app(scope, receive, send_noting_start)
                finally:
                    timer.cancel()
                    for task in watching:
                        task.cancel()
        except TimeoutError:
            if not limit.expired():
                raise
            if started:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            else:
                await _respond(scope, _unauthenticated("The session has ended; log in again."))(scope, receive, send)

    async def _end_when_invalid(self, still_valid: StillValid, limit: asyncio.Timeout) -> None:
        while True:
            try:
                if not await still_valid():
                    limit.reschedule(asyncio.get_running_loop().time())
                    return
            except McmError:
                # the stream reports what is missing; a session is not over because the database is down
                pass
            await asyncio.sleep(self._policy.recheck_s)


def _body_length(scope: Scope) -> int:
    if scope["method"] not in _WITH_BODY:
        return 0
    length = Headers(scope=scope).get("content-length", "")
    return int(length[:12]) if length.isdecimal() else _UNKNOWN_LENGTH


def _bearer(given: list[str]) -> Credential | None:
    scheme, _, text = given[0].partition(" ")
    token = parse_token(text.strip()) if len(given) == 1 and scheme.lower() == "bearer" else None
    return None if token is None else Credential("token", *token)


def _unauthenticated(detail: str) -> ProblemError:
    return ProblemError(401, detail, headers={"WWW-Authenticate": "Bearer"})


def _respond(scope: Scope, error: ProblemError) -> ASGIApp:
    return problem_response(scope["state"]["request_id"], error.status, error.detail, headers=error.headers)
