"""The audit trail: one unforked chain, every way of tampering named, no secrets."""

import asyncio
import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from mcm_api.access.audit.entry import AUDITED_FIELDS, AuditEntry, canonical
from mcm_api.access.audit.verify import verify_chain
from mcm_api.access.store.audit_log import append_entries
from mcm_shared.db.engine import AsyncEngine, transaction
from mcm_shared.testing.rows import Rows

from .access_helpers import NEW_PASSWORD, PASSWORD, People, audited, closed_app, fill_audit_trail
from .secret_sweep import running


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> FastAPI:
    return closed_app(database_url, tmp_path)


@pytest.fixture
def engine(people: People) -> AsyncEngine:
    return people.access.engine


@pytest.fixture
async def rows(engine: AsyncEngine) -> Rows:
    return Rows(engine)


@pytest.mark.parametrize("kind", ["database_url", "sqlite_url"])
async def test_two_hundred_concurrent_actions_are_one_chain(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    app = closed_app(request.getfixturevalue(kind), tmp_path)
    async with running(app) as client:
        await act_concurrently(client, People(app))


async def act_concurrently(client: httpx.AsyncClient, people: People) -> None:
    engine = people.access.engine
    session = await people.session(await people.user("admin"))

    async def act(number: int) -> int:
        if number % 2:
            return (await client.get("/audit", headers=session)).status_code
        person = {"kind": "service", "email": f"account-{number}", "role": "ingest"}
        return (await client.post("/access/users", json=person, headers=session)).status_code

    answers = await asyncio.gather(*(act(number) for number in range(200)))
    verification = await verify_chain(engine, {})

    assert sorted(answers) == [200] * 100 + [201] * 100
    assert (verification.fault, verification.entries) == (None, 200)
    assert [entry["seq"] for entry in await audited(engine)] == list(range(1, 201))


async def test_logins_reads_exports_and_changes_are_recorded_without_secrets(
    app: FastAPI,
    client: httpx.AsyncClient,
    people: People,
    engine: AsyncEngine,
    rows: Rows,
    capsys: pytest.CaptureFixture[str],
) -> None:
    event_id = await rows.event()
    admin = await people.user("admin")
    session = await people.session(admin)
    bodies = []

    async def ask(method: str, path: str, **more: Any) -> httpx.Response:
        response = await client.request(method, path, headers=session, **more)
        bodies.append(response.text if path != "/account/tokens" or response.status_code != 201 else "")
        return response

    await client.post("/login", json={"email": "admin@example.com", "password": PASSWORD})
    await client.post("/login", json={"email": "admin@example.com", "password": "a wrong password"})
    await client.post("/login", json={"email": PASSWORD, "password": PASSWORD})
    client.cookies.clear()
    await ask("GET", "/events")
    await ask("GET", f"/events/{event_id}")
    await ask("GET", "/findings?format=csv")
    await ask("GET", "/audit?action=login.&action=raw_data.read")
    await ask("GET", "/audit?format=ndjson")
    await ask("POST", "/access/users", json={"email": "lee@example.com", "role": "viewer", "password": NEW_PASSWORD})
    soon = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    made = await ask("POST", "/account/tokens", json={"name": "ci", "scopes": ["findings:read"], "expires_at": soon})
    await ask("PUT", "/account/password", json={"current_password": "a wrong password", "new_password": NEW_PASSWORD})
    await ask("PUT", "/account/password", json={"current_password": PASSWORD, "new_password": NEW_PASSWORD})
    token = made.json()["token"]
    await ask("DELETE", f"/account/tokens/{made.json()['id']}")
    await client.get("/findings", headers={"Authorization": f"Bearer {token}"})
    await client.get(f"/findings?token={token}")

    recorded = await audited(engine)
    assert [entry["action"] for entry in recorded] == [
        "login", "login.failure", "login.failure", "raw_data.read", "raw_data.read", "findings.export", "audit.read",
        "audit.export", "user.create", "token.create", "user.password.failure", "user.password", "token.revoke",
    ]  # fmt: skip
    assert {entry["actor"] for entry in recorded[3:]} == {"admin@example.com"}
    written = json.dumps(recorded, default=str) + "".join(bodies) + "".join(capsys.readouterr())
    secrets = [*people.secrets, token, "a wrong password", people.access.cookies.public_url or "argon2id"]
    assert [secret for secret in secrets if secret in written] == []


async def test_a_change_that_is_undone_leaves_no_entry(
    client: httpx.AsyncClient, people: People, engine: AsyncEngine
) -> None:
    session = await people.session(await people.user("admin"))
    person = {"kind": "service", "email": "ci", "role": "ingest"}

    answers = [(await client.post("/access/users", json=person, headers=session)).status_code for _ in range(2)]

    assert answers == [201, 409]
    assert [entry["action"] for entry in await audited(engine)] == ["user.create"]


def test_fields_that_could_hold_secrets_are_refused() -> None:
    suspicious = {"password", "password_hash", "secret", "secret_hash", "token", "cookie", "raw_data", "id_token"}

    assert not suspicious & AUDITED_FIELDS
    for name in suspicious:
        with pytest.raises(ValueError, match=name):
            canonical({name: "x"})


async def test_the_audit_trail_is_filtered_paged_and_exported(
    client: httpx.AsyncClient, people: People, engine: AsyncEngine
) -> None:
    await fill_audit_trail(engine)
    async with transaction(engine) as connection:
        entry = AuditEntry(datetime.now(UTC), "=cmd()", "token", "token.create", "x", None, None, "r")
        await append_entries(connection, [entry])
    session = await people.session(await people.user("auditor", expires_at=datetime.now(UTC) + timedelta(days=1)))

    first = (await client.get("/audit?action=user.&limit=4", headers=session)).json()
    second = (await client.get(f"/audit?action=user.&limit=5&before={first['next']}", headers=session)).json()
    by_target = (await client.get("/audit?target=user-3&actor=mona", headers=session)).json()
    file = list(csv.reader(io.StringIO((await client.get("/audit?format=csv", headers=session)).text)))

    assert [entry["seq"] for entry in first["items"] + second["items"]] == list(range(9, 0, -1))
    assert second["next"] is None
    assert [entry["seq"] for entry in by_target["items"]] == [4]
    assert file[0][0] == "seq"
    assert file[10][2] == "'=cmd()"


async def test_an_auditor_reads_their_period_only(
    client: httpx.AsyncClient, people: People, engine: AsyncEngine
) -> None:
    rows = await fill_audit_trail(engine)
    period = {"period_from": rows[2]["at"], "period_to": rows[5]["at"]}
    auditor = await people.user("auditor", expires_at=datetime.now(UTC) + timedelta(days=1), **period)
    session = await people.session(auditor)

    page = (await client.get("/audit", headers=session)).json()
    file = (await client.get("/audit?format=ndjson", headers=session)).text

    assert [entry["seq"] for entry in page["items"]] == [5, 4, 3]
    assert [json.loads(line)["seq"] for line in file.splitlines()] == [3, 4, 5]
