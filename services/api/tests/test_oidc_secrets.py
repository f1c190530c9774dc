"""Secrets of logins at an OIDC provider: stored, logged and returned nowhere."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from mcm_api.testing.oidc_provider import CLIENT_SECRET, OidcProviderUnderTest
from mcm_shared.db.access_tables import LOGIN_STATES
from mcm_shared.db.engine import transaction

from .access_helpers import People, audited, closed_app
from .test_oidc import ADMIN, begin, of

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def app(database_url: str, tmp_path: Path, provider: OidcProviderUnderTest) -> FastAPI:
    return closed_app(database_url, tmp_path, **provider.settings())


async def test_what_a_login_stores_holds_no_secret(
    client: httpx.AsyncClient, people: People, provider: OidcProviderUnderTest
) -> None:
    await begin(client)
    url = await begin(client)
    secrets = [of(url, "state"), of(url, "nonce"), client.cookies["mcm_login"]]

    async with transaction(people.access.engine) as connection:
        stored = str((await connection.execute(select(LOGIN_STATES))).all())

    assert [secret for secret in secrets if secret in stored] == []


async def test_the_audit_trail_logs_and_responses_hold_no_secret_of_a_login(
    client: httpx.AsyncClient,
    app: FastAPI,
    provider: OidcProviderUnderTest,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await asyncio.to_thread(provider.set_user, "u-1", **ADMIN)
    url = await begin(client)
    back = await asyncio.to_thread(provider.log_in, url, "u-1")
    first = await client.get(back)
    again = await client.get(back)
    mixed = await client.get(f"/login/oidc/callback?state={of(await begin(client), 'state')}&code={of(back, 'code')}")
    cookies = [client.cookies[name] for name in ("mcm_login", "mcm_session")]
    bodies = [first, again, mixed, await client.get("/account"), await client.get("/account/sessions")]
    trail = await client.get("/audit")
    id_token = of((await client.post("/logout")).json()["redirect"], "id_token_hint")

    verifiers = [form["code_verifier"] for form in provider.redeemed[-2:]]
    secrets = [CLIENT_SECRET, of(back, "code"), of(url, "state"), of(url, "nonce"), id_token, *cookies, *verifiers]
    written = json.dumps(await audited(People(app).access.engine), default=str)
    written += "".join(response.text for response in (*bodies, trail)) + "".join(capsys.readouterr())
    assert trail.status_code == 200
    assert "login.failure" in written
    assert [secret for secret in secrets if secret in written] == []
