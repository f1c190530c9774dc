"""Login, sessions, setup and passwords over HTTP."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, insert, select

from mcm_api.access.secret_values import hash_of, new_secret
from mcm_api.access.store.throttle import MAX_PER_ADDRESS, TooManyAttemptsError
from mcm_shared.db.access_tables import AUDIT_LOG, SETUP_LINKS, USERS
from mcm_shared.db.engine import transaction

from .access_helpers import NEW_PASSWORD, PASSWORD, People, closed_app


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> FastAPI:
    return closed_app(database_url, tmp_path)


def credentials(email: str = "analyst@example.com", password: str = PASSWORD) -> dict[str, str]:
    return {"email": email, "password": password}


async def test_a_login_starts_a_session_and_a_logout_ends_it(client: httpx.AsyncClient, people: People) -> None:
    await people.user("analyst")

    login = await client.post("/login", json=credentials("Analyst@Example.com"))
    account = (await client.get("/account")).json()
    logout = await client.post("/logout")
    after = await client.get("/account")

    assert login.status_code == 204
    cookie = login.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert (account["name"], account["role"], account["via"]) == ("analyst@example.com", "analyst", "session")
    assert "findings:triage" in account["scopes"]
    assert (logout.status_code, after.status_code) == (200, 401)


@pytest.mark.parametrize(
    "given",
    [
        credentials(password="wrong"),
        credentials(email="unknown@example.com"),
        credentials(email="service@example.com"),
        credentials(email="sso@example.com"),
    ],
)
async def test_a_wrong_login_says_nothing_of_what_is_wrong(
    given: dict[str, str], client: httpx.AsyncClient, people: People
) -> None:
    await people.user("analyst")
    await people.user("ingest", "service@example.com", kind="service", password_hash=None)
    await people.user("admin", "sso@example.com", issuer="https://idp.example.com", subject="1", password_hash=None)

    response = await client.post("/login", json=given)

    assert (response.status_code, "set-cookie" in response.headers) == (401, False)
    assert response.json()["detail"] == "The e-mail address or the password is wrong."


async def test_a_user_without_access_cannot_log_in(client: httpx.AsyncClient, people: People) -> None:
    now = datetime.now(UTC)
    await people.user("viewer", "gone@example.com", disabled_at=now)
    await people.user("auditor", "over@example.com", expires_at=now - timedelta(seconds=1))
    await people.user(None, "none@example.com")

    answers = [
        await client.post("/login", json=credentials(f"{name}@example.com")) for name in ("gone", "over", "none")
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]


async def test_attempts_are_throttled_for_an_account_also_concurrent_ones(
    client: httpx.AsyncClient, people: People
) -> None:
    await people.user("analyst")

    answers = await asyncio.gather(*(client.post("/login", json=credentials(password=f"wrong {n}")) for n in range(14)))
    right = await client.post("/login", json=credentials())

    assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 4
    assert right.status_code == 429
    assert int(right.headers["retry-after"]) > 0
    # one entry, whatever the number of attempts: the audit trail cannot be filled this way
    async with transaction(people.access.engine) as connection:
        found = select(AUDIT_LOG.c.actor).where(AUDIT_LOG.c.action == "login.throttled")
        assert list((await connection.execute(found)).scalars()) == ["analyst@example.com"]


async def test_an_ipv6_network_is_one_address_to_the_throttle(people: People) -> None:
    throttle = people.access.throttle
    for number in range(MAX_PER_ADDRESS):
        await throttle.count(None, f"2001:db8:0:1::{number:x}")

    with pytest.raises(TooManyAttemptsError):
        await throttle.count(None, "2001:db8:0:1:ffff:ffff:ffff:ffff")
    await throttle.count(None, "2001:db8:0:2::1")


async def test_of_fifty_claims_of_the_setup_link_one_creates_an_administrator(
    app: FastAPI, client: httpx.AsyncClient, people: People
) -> None:
    secret = new_secret()
    async with transaction(people.access.engine) as connection:
        expires_at = datetime.now(UTC) + timedelta(hours=1)
        await connection.execute(insert(SETUP_LINKS).values(secret_hash=hash_of(secret), expires_at=expires_at))

    answers = await asyncio.gather(
        *(
            client.post("/setup", json={"token": secret, "email": f"admin{n}@example.com", "password": PASSWORD})
            for n in range(50)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [204] + [403] * 49
    async with transaction(people.access.engine) as connection:
        assert (await connection.execute(select(func.count()).select_from(USERS))).scalar_one() == 1
        created = select(func.count()).where(AUDIT_LOG.c.action == "user.create")
        assert (await connection.execute(created)).scalar_one() == 1


@pytest.mark.parametrize("token", ["", "wrong"])
async def test_a_wrong_setup_link_creates_nobody(token: str, client: httpx.AsyncClient) -> None:
    given = {"token": token, "email": "a@example.com", "password": PASSWORD}

    response = await client.post("/setup", json=given)

    assert response.status_code == 403


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "password1234",
        # the full-width forms of "password1234"
        "".join(chr(ord(each) + 0xFEE0) for each in "password1234"),
        "qwertyuiop12",
        "aaaaaaaaaaaaaaaa",
        "analyst@example.com",
        "123456789012",
        "mini-compliance-monitor",
        "january2026!!",
        PASSWORD,
    ],
)
async def test_passwords_that_are_easy_to_guess_are_refused(
    password: str, client: httpx.AsyncClient, people: People
) -> None:
    session = await people.session(await people.user("analyst"))
    given = {"current_password": PASSWORD, "new_password": password}

    response = await client.put("/account/password", json=given, headers=session)

    assert response.status_code == 422
    assert response.json()["errors"][0]["parameter"] == "new_password"


async def test_a_new_password_ends_the_other_sessions(client: httpx.AsyncClient, people: People) -> None:
    user = await people.user("analyst")
    mine, other = await people.session(user), await people.session(user)
    before = await client.get("/account", headers=other)
    given = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}

    changed = await client.put("/account/password", json=given, headers=mine)

    assert (before.status_code, changed.status_code) == (200, 204)
    assert (await client.get("/account", headers=mine)).status_code == 200
    assert (await client.get("/account", headers=other)).status_code == 401
    assert (await client.post("/login", json=credentials())).status_code == 401
    assert (await client.post("/login", json=credentials(password=NEW_PASSWORD))).status_code == 204


async def test_sessions_are_listed_and_ended_and_only_the_own_ones(client: httpx.AsyncClient, people: People) -> None:
    user, stranger = await people.user("viewer"), await people.user("analyst")
    mine, other = await people.session(user), await people.session(user)
    foreign = await people.session(stranger)
    (theirs,) = (await client.get("/account/sessions", headers=foreign)).json()
    listed = (await client.get("/account/sessions", headers=mine)).json()
    (ended,) = [one["id"] for one in listed if not one["current"]]

    refused = await client.delete(f"/account/sessions/{theirs['id']}", headers=mine)
    done = await client.delete(f"/account/sessions/{ended}", headers=mine)

    assert (refused.status_code, done.status_code) == (404, 204)
    assert (await client.get("/account", headers=other)).status_code == 401
    assert (await client.get("/account", headers=foreign)).status_code == 200
