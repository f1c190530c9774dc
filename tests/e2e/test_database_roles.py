"""Each service does its work with a database role of its own, which may do nothing more."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import pytest
from sqlalchemy import Table

from mcm_ingestor.generator import generate_fake_events_batch
from mcm_shared.db.metadata import METADATA
from mcm_shared.db.roles import GRANTS, SERVICES, UPDATED_COLUMNS, role_of
from mcm_shared.testing.builders import NOON
from tests.pipeline import Pipeline, until
from tests.services import Service, url_of

RunService = Callable[..., Service]
PASSWORDS = {service: f"only-for-tests-{service}" for service in SERVICES}
ADMIN = {"email": "admin@example.com", "password": "seven green lamps hum"}
REFUSED = {
    "ingestor": ("SELECT 1 FROM source_events", "SELECT 1 FROM users", "INSERT INTO findings DEFAULT VALUES"),
    "rules-engine": ("SELECT 1 FROM api_tokens", "UPDATE findings SET assignee = ''", "DELETE FROM source_events"),
    "enricher": ("SELECT 1 FROM sessions", "UPDATE findings SET severity_rank = 1", "SELECT 1 FROM source_events"),
    "notifier": ("SELECT 1 FROM sessions", "UPDATE findings SET severity_rank = 1", "SELECT 1 FROM source_events"),
    "api": ("DELETE FROM audit_log", "UPDATE finding_actions SET actor = ''", "UPDATE source_events SET source = ''"),
}
NO_ROLE = (
    "CREATE TABLE own (id integer)",
    "CREATE TEMP TABLE own (id integer)",
    "DROP TABLE findings",
    "TRUNCATE findings",
    "CREATE ROLE other",
    "UPDATE alembic_version SET version_num = '0001'",
    "UPDATE findings SET created_at = now()",
)


def url_as(pipeline: Pipeline, service: str) -> str:
    """The database's URL with the login of a service."""
    parts = urlsplit(pipeline.database_url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role_of(service)}:{PASSWORDS[service]}@{host}"))


@pytest.fixture
async def roles(pipeline: Pipeline, run_service: RunService) -> Pipeline:
    """A database with the roles, as mcm-migrate creates them; twice, as at every start."""
    passwords = ",".join(f"{service}={password}" for service, password in PASSWORDS.items())
    for _ in range(2):
        migrate = run_service("mcm-migrate", env=pipeline.environment, MCM_DATABASE_ROLE_PASSWORDS=passwords)
        assert await asyncio.to_thread(migrate.wait, 60) == 0, migrate.stderr()
        assert not any(password in migrate.stderr() for password in PASSWORDS.values())
    return pipeline


async def test_each_service_does_its_work_with_its_own_role(
    roles: Pipeline, run_service: RunService, tmp_path: Path
) -> None:
    password = tmp_path / "password"
    password.write_text(ADMIN["password"])
    password.chmod(0o600)
    bootstrap = {"MCM_BOOTSTRAP_EMAIL": ADMIN["email"], "MCM_BOOTSTRAP_PASSWORD_FILE": str(password)}

    def start(service: str, *arguments: str, **settings: str) -> Service:
        environment = {**roles.environment, "DATABASE_URL": url_as(roles, service)}
        return run_service(f"mcm-{service}", *arguments, env=environment, **settings)

    services = [start("rules-engine", "run"), start("enricher", "run")]
    api = start("api", "run", MCM_API_PORT="0", MCM_AUTH="on", **bootstrap)
    url = await asyncio.to_thread(url_of, api)
    events = generate_fake_events_batch(600, seed=3, now=NOON, days=3)
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        await until(lambda: _logged_in(client), what="the first administrator has logged in")
        body = [event.model_dump(mode="json") for event in events]
        # a poison record, for a dead letter to dismiss
        await roles.push(b"no event")
        pushed = await client.post("/events", json=body)
        assert pushed.status_code == 202, pushed.text
        await until(roles.is_idle, what="the engine has handled all")
        await until(lambda: roles.is_idle("enricher"), what="the enricher has handled all")
        assert await roles.count_events() == len(events)
        assert await roles.count_unenriched() == 0
        finding = (await client.get("/findings")).json()["items"][0]["id"]
        dead_letters = await roles.records(roles.topics.dead)
        tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        place = f"/dead-letters/{dead_letters[0].partition}/{dead_letters[0].offset}"
        for method, path, given in (
            ("POST", f"/findings/{finding}/enrich_with_ai", None),
            ("PUT", f"/findings/{finding}/feedback", {"verdict": "helpful"}),
            ("POST", f"/findings/{finding}/actions", {"kind": "status", "value": "resolved", "reason": "a test"}),
            ("POST", "/findings/actions", {"kind": "label", "value": "a", "ids": [finding]}),
            ("POST", "/enrichments", None),
            ("POST", f"{place}/dismiss", {"reason": "a test"}),
            ("POST", "/account/tokens", {"name": "test", "scopes": ["findings:read"], "expires_at": tomorrow}),
            ("GET", "/audit", None),
            ("GET", "/sources", None),
            ("GET", "/pipeline", None),
            ("GET", "/events?fact=ip:192.0.2.1", None),
            ("GET", "/ready", None),
            ("POST", "/logout", None),
        ):
            response = await client.request(method, path, json=given)
            assert response.status_code < 300, f"{method} {path}: {response.text}"
    listed = start("ingestor", "dead-letters", "list")
    assert await asyncio.to_thread(listed.wait, 60) == 0, listed.stderr()
    for service in (*services, api, listed):
        assert "permission denied" not in service.stderr()


async def _logged_in(client: httpx.AsyncClient) -> bool:
    return (await client.post("/login", json=ADMIN)).status_code == 204


async def test_a_role_may_do_nothing_but_its_services_work(roles: Pipeline) -> None:
    for service in SERVICES:
        connection = await asyncpg.connect(url_as(roles, service))
        try:
            for statement in (*REFUSED[service], *NO_ROLE):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement)
            granted = await connection.fetch(
                "SELECT t.table_name, p.privilege FROM information_schema.tables t,"
                " unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'])"
                " AS p(privilege)"
                " WHERE t.table_schema = 'public' AND has_table_privilege(quote_ident(t.table_name), p.privilege)"
            )
            columns = await connection.fetch(
                "SELECT a.attname FROM pg_attribute a WHERE a.attrelid = 'findings'::regclass AND a.attnum > 0"
                " AND has_column_privilege('findings', a.attname, 'UPDATE')"
            )
        finally:
            await connection.close()
        expected = {(table.name, one) for table, privileges in GRANTS[service].items() for one in privileges}
        assert {tuple(row) for row in granted} == expected | {("alembic_version", "SELECT")}
        assert {row[0] for row in columns} == set(UPDATED_COLUMNS.get(service, ()))


def test_every_table_belongs_to_a_service() -> None:
    written = {table for tables in GRANTS.values() for table, privileges in tables.items() if "INSERT" in privileges}

    assert set[Table](METADATA.tables.values()) <= written, "say in mcm_shared/db/roles.py which service writes it"


async def test_passwords_for_what_is_no_service_stop_the_start(pipeline: Pipeline, run_service: RunService) -> None:
    for given, reason in (("apy=long-enough", "'apy' is no service"), ("api=short", "password of api")):
        migrate = run_service("mcm-migrate", env=pipeline.environment, MCM_DATABASE_ROLE_PASSWORDS=given)

        assert await asyncio.to_thread(migrate.wait, 60) == 2
        assert reason in migrate.stderr()
        assert given.partition("=")[2] not in migrate.stderr()
