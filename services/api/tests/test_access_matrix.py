"""Every operation of the OpenAPI document, for every role and every kind of credential that must not work."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, get_args

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute, Mount

from mcm_api.access.audit.recorder import AuditDep
from mcm_api.access.matrix import matrix_table
from mcm_api.access.middleware import PUBLIC_PATHS, PUBLIC_PREFIXES
from mcm_api.access.roles import ROLE_SCOPES, Role
from mcm_api.http.strict_route import StrictRoute
from mcm_api.identity.scopes import Scope, requires

from .access_helpers import ROLES, People, closed_app

VALUES = {
    "event_id": "1",
    "finding_id": "1",
    "view_id": "00000000-0000-0000-0000-000000000000",
    "message_id": "00000000-0000-0000-0000-000000000000",
    "test_id": "00000000-0000-0000-0000-000000000000",
    "channel": "none",
    "job_id": "00000000-0000-0000-0000-000000000000",
    "session_id": "00000000-0000-0000-0000-000000000000",
    "user_id": "00000000-0000-0000-0000-000000000000",
    "token_id": "000000000000",
    "user": "mona",
    "rule": "none",
    "partition": "0",
    "offset": "0",
}
BESIDE_THE_DOCUMENT = [
    ("GET", "/openapi.json", Scope.DOCS_READ),
    ("GET", "/docs", Scope.DOCS_READ),
    ("GET", "/findings?format=csv", Scope.FINDINGS_EXPORT),
    ("GET", "/findings?format=ndjson", Scope.FINDINGS_EXPORT),
    ("GET", "/audit?format=csv", Scope.AUDIT_EXPORT),
]
RECORDER = get_args(AuditDep)[1].dependency


class Operation(NamedTuple):
    """An operation with the scope that its table promises."""

    method: str
    path: str
    scope: Scope

    @property
    def url(self) -> str:
        return re.sub(r"\{(\w+)\}", lambda match: VALUES.get(match[1], "1"), self.path)


@pytest.fixture
def app(sqlite_url: str, tmp_path: Path) -> FastAPI:
    return closed_app(sqlite_url, tmp_path)


def operations(app: FastAPI) -> list[Operation]:
    documented = [
        Operation(method.upper(), path, Scope(operation["x-scope"]))
        for path, methods in app.openapi()["paths"].items()
        for method, operation in methods.items()
    ]
    return [*documented, *(Operation(*one) for one in BESIDE_THE_DOCUMENT)]


def routes_of(app: FastAPI) -> list[BaseRoute]:
    """Lists all routes, those of included routers too."""
    return [context.original_route for context in iter_route_contexts(app.routes)]


async def status(client: httpx.AsyncClient, operation: Operation, headers: dict[str, str]) -> int:
    # the stream would not end: a position that is too long is refused after the scope was checked
    query = {"after": "x" * 20_001} if operation.path == "/stream" else None
    return (await client.request(operation.method, operation.url, headers=headers, params=query)).status_code


def test_every_operation_declares_a_scope_and_public_ones_are_listed(app: FastAPI) -> None:
    public = {operation.path for operation in operations(app) if operation.scope is Scope.PUBLIC}

    assert {path for path in public if not path.startswith(PUBLIC_PREFIXES)} == PUBLIC_PATHS - {"/", "/app"}


def test_an_operation_without_a_scope_cannot_be_declared(app: FastAPI) -> None:
    async def do_something() -> None:
        """Does something."""

    with pytest.raises(TypeError, match="declares no scope"):
        app.router.add_api_route("/undeclared", do_something, route_class_override=StrictRoute)


def test_every_operation_that_writes_has_the_recorder_of_the_audit_trail(app: FastAPI) -> None:
    routes = [route for route in routes_of(app) if isinstance(route, StrictRoute) and route.methods != {"GET"}]
    without = {
        f"{min(route.methods or ())} {route.path}"
        for route in routes
        if RECORDER not in {each.call for each in route.dependant.dependencies}
    }

    assert without == {
        # these record who tries, before there is an identity
        "POST /login",
        "POST /logout",
        "POST /setup",
        # events are no changes by people, and a preview changes nothing
        "POST /events",
        "POST /webhooks/github",
        "POST /webhooks/okta",
        "POST /webhooks/generic/{name}",
        "POST /exceptions/preview",
    }


def test_a_body_that_fastapi_would_read_without_limits_cannot_be_declared(app: FastAPI) -> None:
    async def take_anything(body: dict[str, str]) -> None:
        """Takes anything."""

    with pytest.raises(TypeError, match="within the limits"):
        app.router.add_api_route(
            "/unlimited",
            take_anything,
            openapi_extra=requires(Scope.PUBLIC),
            methods=["POST"],
            route_class_override=StrictRoute,
        )


def test_every_other_route_is_public_or_static(app: FastAPI) -> None:
    plain = [
        route for route in routes_of(app) if isinstance(route, APIRoute | Mount) and not isinstance(route, StrictRoute)
    ]

    assert sorted(route.path for route in plain) == ["/", "/app", "/app", "/docs/assets"]
    assert PUBLIC_PREFIXES == ("/app/", "/webhooks/")


@pytest.mark.parametrize("role", ROLES)
async def test_every_operation_is_open_to_the_roles_of_its_scope_only(
    role: Role, app: FastAPI, client: httpx.AsyncClient
) -> None:
    people = People(app)
    user = await people.user(role.value)
    token = await people.token(user)
    session = await people.session(user)
    wrong = []
    for operation in operations(app):
        if operation.path in {"/logout", "/account/password"}:
            continue  # they end sessions; tests of their own
        may = operation.scope is Scope.PUBLIC or operation.scope in ROLE_SCOPES[role]
        by_session = await status(client, operation, session)
        by_token = await status(client, operation, token)
        if (by_session in {401, 403}) is may and operation.scope is not Scope.PUBLIC:
            wrong.append((operation, "session", by_session))
        # a token never manages the account of its user
        if operation.scope is not Scope.PUBLIC and (by_token in {401, 403}) is (
            may and operation.scope is not Scope.ACCOUNT
        ):
            wrong.append((operation, "token", by_token))

    assert wrong == []


async def test_no_operation_but_public_ones_is_open_without_a_valid_credential(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    people = People(app)
    admin = await people.user("admin")
    now = datetime.now(UTC)
    credentials: dict[str, dict[str, str]] = {
        "none": {},
        "expired": await people.session(admin, at=now - timedelta(days=7, seconds=1)),
        "idle": await people.session(admin, at=now - timedelta(hours=12, seconds=1)),
        "revoked": await people.token(admin, revoked_at=now),
        "over": await people.token(admin, expires_at=now - timedelta(seconds=1)),
        "unknown": {"Authorization": f"Bearer mcm_{'0' * 12}_{'a' * 43}"},
        "disabled": await people.session(await people.user("admin", "gone@example.com", disabled_at=now)),
    }
    answers = {
        (name, operation): await status(client, operation, headers)
        for name, headers in credentials.items()
        for operation in operations(app)
    }

    open_to_them = {operation.scope for (_, operation), answer in answers.items() if answer != 401}
    assert open_to_them == {Scope.PUBLIC}


ELSEWHERE = [
    ("HEAD", "/findings"),
    ("OPTIONS", "/findings"),
    ("TRACE", "/findings"),
    ("GET", "/nowhere"),
    ("GET", "/docs/assets/swagger-ui.css"),
    ("GET", "/metrics"),
    ("GET", "/findings?format=csv"),
    ("GET", "/audit?format=ndjson"),
    ("GET", "/findings//"),
    ("GET", "/findings/"),
    ("GET", "/FINDINGS"),
    ("GET", "/setup/../findings"),
]


async def test_nothing_else_answers_the_anonymous(client: httpx.AsyncClient) -> None:
    answers = {one: (await client.request(*one)).status_code for one in ELSEWHERE}

    assert answers == dict.fromkeys(ELSEWHERE, 401)
    # the dashboard's folder answers with nothing but its own files
    assert (await client.get("/app/../findings")).status_code in {401, 404}


def test_the_documented_matrix_is_made_from_the_code(app: FastAPI) -> None:
    page = (Path(__file__).parents[3] / "docs" / "access.md").read_text()

    assert matrix_table(app.openapi()) in page, "run: .venv/bin/mcm-api access-matrix, and put it into docs/access.md"


async def test_a_403_names_the_scope(app: FastAPI, client: httpx.AsyncClient) -> None:
    people = People(app)
    viewer = await people.session(await people.user("viewer"))

    response = await client.get("/audit", headers=viewer)

    problem: dict[str, Any] = response.json()
    assert (response.status_code, problem["missing_scope"]) == (403, "audit:read")
    assert "audit:read" in problem["detail"]
