"""Accounts and API tokens over HTTP: roles, the last administrator, scopes within those of the creator."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from .access_helpers import NEW_PASSWORD, PASSWORD, People, closed_app, id_of


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> FastAPI:
    return closed_app(database_url, tmp_path)


async def test_a_role_change_ends_sessions_and_the_last_administrator_stays(
    client: httpx.AsyncClient, people: People
) -> None:
    admin, user = await people.user("admin"), await people.user("engineer")
    session, theirs = await people.session(admin), await people.session(user)

    changed = await client.patch(f"/access/users/{user.id}", json={"role": "viewer"}, headers=session)
    last = await client.patch(f"/access/users/{admin.id}", json={"role": "viewer"}, headers=session)
    disabled = await client.patch(f"/access/users/{admin.id}", json={"disabled": True}, headers=session)

    assert (changed.status_code, changed.json()["role"]) == (200, "viewer")
    assert (await client.get("/account", headers=theirs)).status_code == 401
    assert (last.status_code, disabled.status_code) == (409, 409)


@pytest.mark.parametrize("change", [{"sources": ["github"]}, {"expires_at": "2999-01-01T00:00:00Z"}])
async def test_the_last_administrator_is_neither_restricted_nor_expires(
    change: dict[str, object], client: httpx.AsyncClient, people: People
) -> None:
    admin, expiring = await people.user("admin"), datetime.now(UTC) + timedelta(days=1)
    session = await people.session(admin)
    await people.user("admin", "restricted@example.com", sources=["github"])
    await people.user("admin", "expiring@example.com", expires_at=expiring)

    alone = await client.patch(f"/access/users/{admin.id}", json=change, headers=session)
    await people.user("admin", "second@example.com")
    one_of_two = await client.patch(f"/access/users/{admin.id}", json=change, headers=session)

    assert (alone.status_code, one_of_two.status_code) == (409, 200)


async def test_an_account_is_not_created_expired(client: httpx.AsyncClient, people: People) -> None:
    given = {"email": "a@example.com", "role": "viewer", "password": PASSWORD, "expires_at": "2020-01-01T00:00:00Z"}

    response = await client.post("/access/users", json=given, headers=await people.session(await people.user("admin")))

    assert (response.status_code, "lies in the past" in response.text) == (422, True)


async def test_a_token_lies_within_its_creator_and_its_user(client: httpx.AsyncClient, people: People) -> None:
    session = await people.session(await people.user("viewer"))
    soon = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    late = (datetime.now(UTC) + timedelta(days=366)).isoformat()

    async def create(*scopes: str, expires_at: str | None = soon, **more: object) -> httpx.Response:
        given = {"name": "ci", "scopes": scopes, "expires_at": expires_at, **more}
        return await client.post("/account/tokens", json=given, headers=session)

    made = await create("findings:read")
    header = {"Authorization": f"Bearer {made.json()['token']}"}

    assert made.status_code == 201
    assert (await client.get("/findings", headers=header)).status_code == 200
    assert (await client.get("/events", headers=header)).status_code == 403
    assert (await create("audit:read")).status_code == 403
    assert [(await create(scope)).status_code for scope in ("account", "public", "all")] == [422] * 3
    assert (await create("findings:read", expires_at=late)).status_code == 422
    assert (await create("findings:read", expires_at=None)).status_code == 422
    assert made.json()["token"] not in (await client.get("/account/tokens", headers=session)).text
    assert (await client.delete(f"/account/tokens/{id_of(header)}", headers=session)).status_code == 204
    assert (await client.get("/findings", headers=header)).status_code == 401


async def test_a_token_holds_no_more_than_its_user_holds_now(client: httpx.AsyncClient, people: People) -> None:
    admin, user = await people.user("admin"), await people.user("engineer")
    token = await people.token(user)
    before = await client.get("/dead-letters", headers=token)

    await client.patch(f"/access/users/{user.id}", json={"role": "viewer"}, headers=await people.session(admin))

    assert before.status_code == 503  # without Kafka
    assert (await client.get("/dead-letters", headers=token)).status_code == 403


async def test_an_administrator_with_few_scopes_grants_no_more_than_these(
    client: httpx.AsyncClient, people: People
) -> None:
    admin = await people.user("admin")
    narrow = await people.token(admin, scopes=["access:manage", "findings:read"])
    person = {"email": "new@example.com", "role": "admin", "password": PASSWORD}

    created = await client.post("/access/users", json=person, headers=narrow)
    reset = await client.put(f"/access/users/{admin.id}/password", json={"password": NEW_PASSWORD}, headers=narrow)

    assert (created.status_code, reset.status_code) == (403, 403)


async def test_a_service_account_with_a_token_pushes_its_own_sources_only(
    client: httpx.AsyncClient, people: People
) -> None:
    session = await people.session(await people.user("admin"))
    account = (
        await client.post("/access/users", json={"kind": "service", "email": "ci", "role": "ingest"}, headers=session)
    ).json()
    given = {
        "user_id": account["id"],
        "name": "push",
        "scopes": ["events:write"],
        "expires_at": (datetime.now(UTC) + timedelta(days=30)).isoformat(),
    }
    unbound = await client.post("/access/tokens", json=given, headers=session)
    made = await client.post("/access/tokens", json={**given, "push_sources": ["my-app"]}, headers=session)
    header = {"Authorization": f"Bearer {made.json()['token']}"}
    event = {"event_type": "login_failed", "user": "mona", "timestamp": "2026-11-20T12:00:00Z", "raw_data": {}}

    foreign = await client.post(
        "/events", json=[{**event, "source": "my-app"}, {**event, "source": "github.audit"}], headers=header
    )

    assert (unbound.status_code, made.status_code) == (422, 201)
    # without Kafka the intake is not there: it is asked only after the scope
    assert foreign.status_code == 503
    assert (await client.get("/findings", headers=header)).status_code == 403


async def test_an_account_has_a_hundred_valid_tokens_at_most(client: httpx.AsyncClient, people: People) -> None:
    user = await people.user("viewer")
    session = await people.session(user)
    past, soon = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=30)
    for _ in range(99):
        await people.token(user)
    await people.token(user, expires_at=past)
    last = await people.token(user)
    given = {"name": "one more", "scopes": ["findings:read"], "expires_at": soon.isoformat()}

    refused = await client.post("/account/tokens", json=given, headers=session)
    await client.delete(f"/account/tokens/{id_of(last)}", headers=session)
    made = await client.post("/account/tokens", json=given, headers=session)
    listed = (await client.get("/account/tokens", headers=session)).json()

    assert (refused.status_code, "revoke" in refused.text, made.status_code) == (409, True, 201)
    assert (len(listed), listed[-1]["id"]) == (102, id_of(last))


async def test_beyond_a_hundred_sessions_the_one_unused_longest_ends(client: httpx.AsyncClient, people: People) -> None:
    user = await people.user("viewer")
    began = datetime.now(UTC) - timedelta(hours=1)
    sessions = [await people.session(user, at=began + timedelta(seconds=number)) for number in range(101)]

    answers = [(await client.get("/account", headers=sessions[number])).status_code for number in (0, 1, 100)]

    assert answers == [401, 200, 200]


async def test_a_period_ends_after_it_begins(client: httpx.AsyncClient, people: People) -> None:
    admin = await people.session(await people.user("admin"))
    user = await people.user("viewer", period_to=datetime(2026, 11, 1, tzinfo=UTC))
    period = {"period_from": "2026-11-02T00:00:00Z", "period_to": "2026-11-01T00:00:00Z"}
    given = {"email": "a@example.com", "role": "viewer", "password": PASSWORD, **period}

    created = await client.post("/access/users", json=given, headers=admin)
    changed = await client.patch(
        f"/access/users/{user.id}", json={"period_from": "2026-11-02T00:00:00Z"}, headers=admin
    )

    assert (created.status_code, "period_to" in created.text) == (422, True)
    assert (changed.status_code, "before it begins" in changed.text) == (409, True)
