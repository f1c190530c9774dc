"""A database that refuses the work, not the data: batches wait, nothing is dead-lettered, all goes on once it heals."""

import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import TypeAlias
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import pytest

from mcm_shared.testing.builders import an_event_payload
from tests.pipeline import Pipeline, until
from tests.services import Service

# a few of each kind
STORING = ["25006", "25P03", "26000", "42501", "53100", "58030", "F0000", "P0001", "XX001"]
CORRELATING = ["25006", "XX000"]
ENRICHING = ["25006", "XX001"]

_TROUBLE = """
CREATE TABLE trouble (place text, code text);
GRANT SELECT ON trouble TO PUBLIC;
CREATE FUNCTION cause_trouble() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE found text;
BEGIN
  SELECT code INTO found FROM trouble WHERE place = TG_ARGV[0];
  IF found IS NOT NULL THEN RAISE EXCEPTION 'trouble' USING ERRCODE = found; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER t BEFORE INSERT ON source_events FOR EACH ROW EXECUTE FUNCTION cause_trouble('storing');
CREATE TRIGGER c BEFORE INSERT ON findings FOR EACH ROW WHEN (NEW.rule_name = 'login_failures')
  EXECUTE FUNCTION cause_trouble('correlating');
CREATE TRIGGER e BEFORE UPDATE OF risk_score ON findings FOR EACH ROW EXECUTE FUNCTION cause_trouble('enriching');
"""

_DISCONNECT = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = $1"

Admin: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@pytest.fixture
async def admin(pipeline: Pipeline) -> AsyncIterator[Admin]:
    """A connection of the server's owner."""
    connection = await asyncpg.connect(pipeline.database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def app_pipeline(pipeline: Pipeline, admin: Admin) -> AsyncIterator[Pipeline]:
    """The pipeline with a login that has no more than its privileges."""
    role = f"app_{secrets.token_hex(4)}"
    await admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'app'")
    await admin.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
    await admin.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}")
    await admin.execute(_TROUBLE)
    parts = urlsplit(pipeline.database_url)
    url = urlunsplit(parts._replace(netloc=f"{role}:app@{parts.hostname}:{parts.port}"))
    yield replace(pipeline, database_url=url)
    await admin.fetch(_DISCONNECT, role)
    await admin.execute(f"DROP OWNED BY {role}")
    await admin.execute(f"DROP ROLE {role}")


async def test_nothing_is_lost_while_the_database_refuses_the_work(
    app_pipeline: Pipeline, admin: Admin, run_service: Callable[..., Service]
) -> None:
    pipeline, role = app_pipeline, urlsplit(app_pipeline.database_url).username
    services = [
        run_service(name, "run", env=pipeline.environment, MCM_API_PORT="0")
        for name in ("mcm-rules-engine", "mcm-enricher", "mcm-api")
    ]
    engine, enricher, api = services
    for service, said in zip(services, ("consuming", "consuming", "listening"), strict=True):
        service.wait_for_log(said, seconds=60)
    pushed = 0

    async def push() -> None:
        """Events that store, correlate and are enriched, of a user of their own."""
        nonlocal pushed
        pushed += 1
        user = f"user-{pushed}@example.com"
        await pipeline.push(
            an_event_payload(event_type="api_token_created", user=user, scopes=["admin:*"], token_id=f"t-{pushed}"),
            *(an_event_payload(event_type="login_failed", user=user) for _ in range(6)),
        )

    async def until_refused(service: Service, code: str, count: int = 0) -> None:
        async def refused() -> bool:
            assert service.running, service.stderr()
            return service.stderr().count(code) > count

        await until(refused, what=f"{service.log.stem} meets {code}")

    for place, codes, service in (
        ("storing", STORING, engine),
        ("correlating", CORRELATING, engine),
        ("enriching", ENRICHING, enricher),
    ):
        for code in codes:
            before = service.stderr().count("deferred, retrying")
            await admin.execute("INSERT INTO trouble VALUES ($1, $2)", place, code)
            await push()
            await until_refused(service, "deferred, retrying", before)
            await admin.execute("DELETE FROM trouble")
        await until(pipeline.is_idle, what="the rules engine goes on")

    # a failover: the server is read-only for connections made since
    name = await admin.fetchval("SELECT current_database()")
    await admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    await admin.fetch(_DISCONNECT, role)
    before = engine.stderr().count("read-only transaction")
    await push()
    await until_refused(engine, "read-only transaction", before)
    await admin.execute("SET default_transaction_read_only = off")
    await admin.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    await until(pipeline.is_idle, what="the rules engine goes on")

    await admin.execute(f"REVOKE ALL ON findings FROM {role}")
    before = engine.stderr().count("permission denied")
    await push()
    await until_refused(engine, "permission denied", before)
    async with httpx.AsyncClient(base_url=_url_of(api)) as client:
        response = await client.get("/findings")
        assert (response.status_code, "Retry-After" in response.headers) == (503, True)
        await admin.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON findings TO {role}")
        assert (await client.get("/findings")).status_code == 200

    await until(pipeline.is_idle, what="the rules engine has committed all")
    await until(lambda: pipeline.is_idle("enricher"), what="the enricher has committed all")
    assert await pipeline.count_events() == 7 * pushed
    findings = await pipeline.findings()
    assert len([one for one in findings.values() if one.rule_name == "login_failures"]) == pushed
    assert [one for one in findings.values() if one.risk_score is None] == []
    assert await pipeline.records(pipeline.topics.dead) == []
    assert all(service.running for service in services)
    assert not any("Traceback" in service.stderr() for service in services)


def _url_of(api: Service) -> str:
    (line,) = [line for line in api.stderr().splitlines() if "listening" in line]
    return line.split('"url": "')[1].split('"')[0]
