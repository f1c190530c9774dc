"""Assembly of identity and access: dependencies, middleware, routers and background tasks."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

from mcm_api.access.addresses import TrustedProxies
from mcm_api.access.audit.publish import publish_heads
from mcm_api.access.audit.recorder import AuditTrail
from mcm_api.access.authenticator import Authenticator
from mcm_api.access.cookies import CookiePolicy
from mcm_api.access.federation.federation import Federation, make_assertions, make_federation
from mcm_api.access.first_start import FirstStart
from mcm_api.access.limits import RateLimiter, RateLimits
from mcm_api.access.middleware import AccessControl, AccessPolicy
from mcm_api.access.parts import Access
from mcm_api.access.routes import account, audit, login, oidc, users
from mcm_api.access.schemas import (
    LoginRequest,
    PasswordChange,
    PasswordReset,
    ServiceTokenRequest,
    SetupRequest,
    TokenRequest,
    UserChange,
    UserRequest,
)
from mcm_api.access.settings import AccessSettings
from mcm_api.access.store.throttle import LoginThrottle
from mcm_api.http.state import part_of, provide
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.engine import create_engine
from mcm_shared.kafka.producer import Producer
from mcm_shared.settings import DatabaseSettings

ROUTERS: Final[Sequence[APIRouter]] = (
    login.router, oidc.router, oidc.callback_router, account.router, users.router, audit.router,
)  # fmt: skip

BODIES: Final[Sequence[type[BaseModel]]] = (
    LoginRequest,
    PasswordChange,
    PasswordReset,
    ServiceTokenRequest,
    SetupRequest,
    TokenRequest,
    UserChange,
    UserRequest,
)
"""Models that routes refer to by hand in the OpenAPI document."""

SECURITY_SCHEMES: Final[dict[str, Any]] = {
    "session": {"type": "apiKey", "in": "cookie", "name": "__Host-mcm_session"},
    "token": {"type": "http", "scheme": "bearer", "description": "An API token `mcm_<id>_<secret>`"},
}

_MAX_CONNECTIONS: Final = 4
_QUERY_TIMEOUT_S: Final = 10.0
_STORE_TIMEOUT_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class HeadPublisher:
    """Publisher of the head of the audit chain; ``producer`` is None without Kafka."""

    producer: Producer | None
    topics: Topics


def provide_access(
    app: FastAPI,
    settings: AccessSettings,
    public_url: str | None,
    base_url: str,
    database: DatabaseSettings,
    producer: Producer | None,
    topics: Topics,
) -> None:
    """Registers the parts of identity and access."""
    # connections of its own: slow queries must not keep sessions from being checked
    few = database.model_copy(update={"pool_size": min(_MAX_CONNECTIONS, database.pool_size)})
    engine = create_engine(few, statement_timeout_s=_QUERY_TIMEOUT_S)
    required = settings.auth == "on"
    authenticator = Authenticator(engine)
    cookies = CookiePolicy(public_url)
    limiter = RateLimiter(RateLimits(requests_per_s=settings.requests_per_s))
    proxies = TrustedProxies(settings.trusted_proxies)
    trail = AuditTrail(engine, reads_are_recorded=required)
    assertions = make_assertions(settings, proxies, engine, trail) if required else None
    if assertions is not None:
        authenticator.also_forget(assertions.forget)
    provide(
        app,
        authenticator,
        limiter,
        trail,
        make_federation(settings),
        Access(required, engine, authenticator, cookies, LoginThrottle(engine), proxies),
        AccessPolicy(required, authenticator, cookies, limiter, assertions),
        FirstStart(engine, base_url, settings.bootstrap_email, settings.bootstrap_password_file),
        HeadPublisher(producer, topics),
    )


def add_access_control(app: FastAPI) -> None:
    """Closes the application to requests that are not authenticated."""
    app.add_middleware(AccessControl, policy=part_of(app, AccessPolicy))


def background_work(app: FastAPI) -> list[Coroutine[Any, Any, None]]:
    """Lists what runs beside the requests until it is cancelled."""
    access, heads = part_of(app, Access), part_of(app, HeadPublisher)
    work: list[Coroutine[Any, Any, None]] = [publish_heads(access.engine, heads.producer, heads.topics)]
    if access.required:
        work += [access.authenticator.note_uses(), part_of(app, FirstStart).offer_setup()]
        work.append(part_of(app, Federation).check())
    return work


async def close(app: FastAPI) -> None:
    """Stores when credentials were last used, and closes the connections."""
    access = part_of(app, Access)
    if access.required:
        async with asyncio.timeout(_STORE_TIMEOUT_S):
            await access.authenticator.store_uses()
    await access.engine.dispose()
