"""Login at an OIDC provider: the real protocol against a provider on loopback."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from mcm_api.access.store.throttle import MAX_PER_ADDRESS
from mcm_api.testing.oidc_provider import OidcProviderUnderTest
from mcm_api.testing.serving import a_client
from mcm_shared.db.access_tables import LOGIN_STATES, SESSIONS, USERS
from mcm_shared.db.engine import transaction

from .access_helpers import People, audited, closed_app

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

PAST = datetime(2026, 1, 1, tzinfo=UTC)
ADMIN = {"email": "mona@example.com", "groups": ["mcm-admins", "everyone"]}


@pytest.fixture
def app(database_url: str, tmp_path: Path, provider: OidcProviderUnderTest) -> FastAPI:
    return closed_app(database_url, tmp_path, **provider.settings())


async def begin(client: httpx.AsyncClient, return_to: str = "/") -> str:
    response = await client.get("/login/oidc", params={"return_to": return_to})
    assert response.status_code == 303
    return response.headers["location"]


async def log_in(
    client: httpx.AsyncClient, provider: OidcProviderUnderTest, subject: str, **claims: Any
) -> httpx.Response:
    if claims:
        await asyncio.to_thread(provider.set_user, subject, **claims)
    back = await asyncio.to_thread(provider.log_in, await begin(client), subject)
    return await client.get(back)


def changed(url: str, **parameters: str) -> str:
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | parameters
    return parts._replace(query=urlencode(query)).geturl()


def of(url: str, parameter: str) -> str:
    return parse_qs(urlsplit(url).query)[parameter][0]


async def reasons(app: FastAPI) -> list[str]:
    rows = await audited(People(app).access.engine)
    return [row["after"] for row in rows if row["action"] == "login.failure"]


async def test_a_login_at_the_provider_starts_a_session(
    client: httpx.AsyncClient, app: FastAPI, provider: OidcProviderUnderTest
) -> None:
    await asyncio.to_thread(provider.set_user, "u-1", **ADMIN)
    url = await begin(client, "/findings?severity=high")
    back = await asyncio.to_thread(provider.log_in, url, "u-1")
    response = await client.get(back)
    account = (await client.get("/account")).json()
    rows = await audited(People(app).access.engine)

    assert (response.status_code, response.headers["location"]) == (303, "/app/findings?severity=high")
    assert (account["name"], account["role"], account["via"]) == ("mona@example.com", "admin", "session")
    assert account["has_password"] is False
    assert of(url, "code_challenge_method") == "S256"
    assert [row["action"] for row in rows] == ["user.create", "login"]
    assert {row["actor"] for row in rows} == {f"mona@example.com ({provider.url} u-1)"}


async def test_the_same_address_with_another_subject_is_another_user(
    client: httpx.AsyncClient, app: FastAPI, people: People, provider: OidcProviderUnderTest
) -> None:
    await people.user("admin", "mona@example.com")
    await log_in(client, provider, "first", email="mona@example.com", groups=["mcm-analysts"])
    first = (await client.get("/account")).json()
    await log_in(client, provider, "second", email="mona@example.com", groups=["mcm-viewers"])
    second = (await client.get("/account")).json()

    assert [one["role"] for one in (first, second)] == ["analyst", "viewer"]
    assert first["user_id"] != second["user_id"]
    async with transaction(people.access.engine) as connection:
        roles = (await connection.execute(select(USERS.c.role).order_by(USERS.c.role))).scalars().all()
    assert roles == ["admin", "analyst", "viewer"]


async def test_a_state_works_once(client: httpx.AsyncClient, app: FastAPI, provider: OidcProviderUnderTest) -> None:
    await asyncio.to_thread(provider.set_user, "u-1", **ADMIN)
    back = await asyncio.to_thread(provider.log_in, await begin(client), "u-1")
    cookie = {"Cookie": f"mcm_login={client.cookies['mcm_login']}"}

    async with a_client(app) as other:
        answers = [await other.get(back, headers=cookie) for _ in range(2)]

    assert [answer.headers["location"] for answer in answers] == ["/app/", "/app/?login_error=state"]
    assert "set-cookie" not in answers[1].headers
    assert "used" in (await reasons(app))[0]


async def test_a_login_finishes_in_the_browser_that_began_it(
    client: httpx.AsyncClient, app: FastAPI, provider: OidcProviderUnderTest
) -> None:
    await asyncio.to_thread(provider.set_user, "u-1", **ADMIN)
    back = await asyncio.to_thread(provider.log_in, await begin(client), "u-1")

    async with a_client(app) as victim:
        without = await victim.get(back)
        await begin(victim)
        with_its_own = await victim.get(back)

    assert without.headers["location"] == with_its_own.headers["location"] == "/app/?login_error=state"
    assert (await client.get(back)).headers["location"] == "/app/"


async def test_a_state_expires(client: httpx.AsyncClient, app: FastAPI, provider: OidcProviderUnderTest) -> None:
    await asyncio.to_thread(provider.set_user, "u-1", **ADMIN)
    back = await asyncio.to_thread(provider.log_in, await begin(client), "u-1")
    async with transaction(People(app).access.engine) as connection:
        await connection.execute(update(LOGIN_STATES).values(expires_at=PAST))

    assert (await client.get(back)).headers["location"] == "/app/?login_error=state"


async def test_callbacks_that_nobody_began_are_limited_and_do_not_fill_the_audit_trail(
    client: httpx.AsyncClient, app: FastAPI
) -> None:
    forged = {"state": "s" * 20_000, "code": "c" * 20_000}
    answers = [await client.get("/login/oidc/callback", params=forged) for _ in range(MAX_PER_ADDRESS + 5)]

    assert [answer.status_code for answer in answers] == [303] * MAX_PER_ADDRESS + [429] * 5
    rows = await audited(People(app).access.engine)
    assert [row["action"] for row in rows] == ["login.failure"] * MAX_PER_ADDRESS + ["login.throttled"]
    assert max(len(str(dict(row))) for row in rows) < 2000


async def test_logins_that_begin_are_limited_and_take_no_foreign_cookie(
    client: httpx.AsyncClient, app: FastAPI
) -> None:
    cookie = {"cookie": "mcm_login=" + "x" * 50_000}
    answers = [await client.get("/login/oidc", headers=cookie) for _ in range(MAX_PER_ADDRESS + 5)]

    assert [answer.status_code for answer in answers] == [303] * MAX_PER_ADDRESS + [429] * 5
    assert len(answers[0].headers["set-cookie"]) < 500
    async with transaction(People(app).access.engine) as connection:
        states = (await connection.execute(select(LOGIN_STATES))).all()
    assert len(states) == MAX_PER_ADDRESS


async def test_a_nonce_of_another_login_is_refused(
    client: httpx.AsyncClient, app: FastAPI, provider: OidcProviderUnderTest
) -> None:
    await asyncio.to_thread(provider.set_user, "u-1", **ADMIN)
    earlier, later = await begin(client), await begin(client)
    mixed = changed(later, nonce=of(earlier, "nonce"))
    back = await asyncio.to_thread(provider.log_in, mixed, "u-1")

    assert (await client.get(back)).headers["location"] == "/app/?login_error=invalid"
    assert (await client.get("/account")).status_code == 401
    assert "nonce" in (await reasons(app))[0]


async def test_a_code_works_once_and_for_its_own_login_only(
    client: httpx.AsyncClient, app: FastAPI, provider: OidcProviderUnderTest
) -> None:
    await asyncio.to_thread(provider.set_user, "u-1", **ADMIN)
    stolen = of(await asyncio.to_thread(provider.log_in, await begin(client), "u-1"), "code")
    injected = await asyncio.to_thread(provider.log_in, await begin(client), "u-1")
    used = await asyncio.to_thread(provider.log_in, await begin(client), "u-1")
    again = await begin(client)

    answers = [
        await client.get(changed(injected, code=stolen)),
        await client.get(used),
        await client.get(f"/login/oidc/callback?state={of(again, 'state')}&code={of(used, 'code')}"),
    ]

    assert [answer.headers["location"] for answer in answers] == [
        "/app/?login_error=invalid",
        "/app/",
        "/app/?login_error=invalid",
    ]
    assert all("invalid_grant" in reason for reason in await reasons(app))


async def test_without_a_role_there_is_no_access(
    client: httpx.AsyncClient, app: FastAPI, provider: OidcProviderUnderTest
) -> None:
    answers = [
        await log_in(client, provider, "none", email="none@example.com"),
        await log_in(client, provider, "other", email="other@example.com", groups=["everyone", 7, None]),
        await log_in(client, provider, "name", email="name@example.com", groups="admin"),
    ]

    assert {answer.headers["location"] for answer in answers} == {"/app/?login_error=no_role"}
    assert (await client.get("/account")).status_code == 401
    assert (await client.get("/login/options")).json() == {
        "auth": "on",
        "setup": True,
        "oidc": {"name": "Acme Login", "role_claim": "groups"},
    }
    assert all('"claim":"groups"' in reason for reason in await reasons(app))


async def test_the_role_follows_the_provider_and_ends_other_sessions(
    client: httpx.AsyncClient, app: FastAPI, provider: OidcProviderUnderTest
) -> None:
    await log_in(client, provider, "u-2", email="lee@example.com", groups=["mcm-admins"])
    async with a_client(app) as other:
        await log_in(other, provider, "u-2")
        both = [(await each.get("/account")).status_code for each in (client, other)]
        await log_in(other, provider, "u-2", email="lee@example.com", groups=["mcm-viewers", "mcm-analysts"])
        ended, role = await client.get("/account"), (await other.get("/account")).json()["role"]
        taken = await log_in(client, provider, "u-2", email="lee@example.com", groups=[])
        locked_out = await other.get("/account")

    assert both == [200, 200]
    assert (ended.status_code, role) == (401, "analyst")
    assert (taken.headers["location"], locked_out.status_code) == ("/app/?login_error=no_role", 401)
    changes = [row for row in await audited(People(app).access.engine) if row["action"] == "user.change"]
    assert ['"role":"analyst"' in changes[0]["after"], '"role":null' in changes[1]["after"]] == [True, True]


async def test_a_disabled_user_stays_out(
    client: httpx.AsyncClient, people: People, provider: OidcProviderUnderTest
) -> None:
    await log_in(client, provider, "u-3", email="lee@example.com", groups=["mcm-viewers"])
    async with transaction(people.access.engine) as connection:
        await connection.execute(update(USERS).values(disabled_at=PAST))

    response = await log_in(client, provider, "u-3")

    assert response.headers["location"] == "/app/?login_error=closed"


async def test_a_logout_leads_to_the_logout_of_the_provider(
    client: httpx.AsyncClient, people: People, provider: OidcProviderUnderTest
) -> None:
    await log_in(client, provider, "u-1", **ADMIN)

    redirect = (await client.post("/logout")).json()["redirect"]

    assert redirect.startswith(f"{provider.url}/oauth2/end_session?")
    assert of(redirect, "post_logout_redirect_uri").endswith("/app/")
    assert of(redirect, "id_token_hint").count(".") == 2
    async with transaction(people.access.engine) as connection:
        assert (await connection.execute(select(SESSIONS.c.id))).all() == []


async def test_a_refusal_of_the_provider_and_another_issuer_are_no_login(
    client: httpx.AsyncClient, app: FastAPI, provider: OidcProviderUnderTest
) -> None:
    await asyncio.to_thread(provider.set_user, "u-1", **ADMIN)
    denied = f"/login/oidc/callback?state={of(await begin(client), 'state')}&error=access_denied&error_description=x"
    elsewhere = await asyncio.to_thread(provider.log_in, await begin(client), "u-1")

    answers = [await client.get(denied), await client.get(changed(elsewhere, iss="https://evil.example.com"))]

    assert [answer.headers["location"] for answer in answers] == [
        "/app/?login_error=refused",
        "/app/?login_error=invalid",
    ]


async def test_parameters_of_providers_are_accepted(client: httpx.AsyncClient, provider: OidcProviderUnderTest) -> None:
    await asyncio.to_thread(provider.set_user, "u-1", **ADMIN)
    back = await asyncio.to_thread(provider.log_in, await begin(client), "u-1")

    response = await client.get(changed(back, session_state="x", iss=provider.url, scope="openid", authuser="0"))

    assert response.headers["location"] == "/app/"


@pytest.mark.parametrize("return_to", ["//evil.example.com", "https://evil.example.com", "/\\evil", "x", "/a\nb"])
async def test_a_login_leads_to_pages_of_the_dashboard_only(return_to: str, client: httpx.AsyncClient) -> None:
    assert (await client.get("/login/oidc", params={"return_to": return_to})).status_code == 422


async def test_a_provider_that_is_down_is_said(
    database_url: str, tmp_path: Path, provider: OidcProviderUnderTest
) -> None:
    app = closed_app(database_url, tmp_path, **provider.settings(MCM_OIDC_ISSUER="http://127.0.0.1:9"))
    async with app.router.lifespan_context(app), a_client(app) as client:
        response = await client.get("/login/oidc")

    assert response.headers["location"] == "/app/?login_error=provider"
