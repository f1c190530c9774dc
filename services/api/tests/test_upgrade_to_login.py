"""An installation from before logins is upgraded: it loses nothing, and its administrator gets in."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr

from mcm_shared.db.engine import create_engine, transaction
from mcm_shared.settings import DatabaseSettings
from mcm_shared.testing.rows import Rows
from tests.databases import execute, upgrade_to
from tests.services import Service, url_of

RunService = Callable[..., Service]

LAST_WITHOUT_LOGIN = "0009"
EVENTS = 3
NEW_ADMIN = {"email": "mona@example.com", "password": "seven green lamps hum"}


@pytest.fixture
async def old_url(postgres_url: str) -> AsyncIterator[str]:
    """A database as the last version without logins left it, with events and a finding."""
    name = f"old_{uuid4().hex[:12]}"
    await execute(postgres_url, f"CREATE DATABASE {name}")
    url = f"{postgres_url.rpartition('/')[0]}/{name}"
    engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(url)), pooled=False)
    async with transaction(engine) as connection:
        await connection.run_sync(upgrade_to, LAST_WITHOUT_LOGIN)
    rows = Rows(engine)
    await rows.events([{"source_event_id": str(number)} for number in range(EVENTS)])
    await rows.finding()
    await engine.dispose()
    yield url
    await execute(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


async def test_an_upgrade_loses_nothing_and_locks_no_administrator_out(old_url: str, run_service: RunService) -> None:
    migration = run_service("mcm-migrate", DATABASE_URL=old_url)
    assert await asyncio.to_thread(migration.wait, 90) == 0
    api = run_service("mcm-api", "run", DATABASE_URL=old_url, MCM_API_PORT="0", MCM_AUTH="on")
    await asyncio.to_thread(api.wait_for_log, "listening", 90)
    url = await asyncio.to_thread(url_of, api)
    await asyncio.to_thread(api.wait_for_log, "setup#token=", 90)
    printed = run_service("mcm-api", "users", "setup-link", "--url", url, DATABASE_URL=old_url)
    assert await asyncio.to_thread(printed.wait, 90) == 0
    token = re.fullmatch(re.escape(url) + r"/app/setup#token=([\w-]{43})\n", printed.stdout())
    assert token is not None

    async with httpx.AsyncClient(base_url=url) as client:
        closed = await client.get("/findings")
        claimed = await client.post("/setup", json={**NEW_ADMIN, "token": token[1]})
        findings = (await client.get("/findings")).json()
        events = (await client.get("/events")).json()
        account = (await client.get("/account")).json()

    assert (closed.status_code, claimed.status_code) == (401, 204)
    assert (len(findings["items"]), len(events), account["role"]) == (1, EVENTS, "admin")
