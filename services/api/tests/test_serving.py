"""The real process: its start, its end, and its life without the others."""

import asyncio
import signal
import socket
import time
from collections.abc import Callable

import asyncpg
import httpx
import pytest

from tests.services import Service, url_of
from tests.stack import environment_for

RunService = Callable[..., Service]
NOWHERE = environment_for("postgresql://mcm:mcm@127.0.0.1:1/mcm", "127.0.0.1:1", "") | {"MCM_API_PORT": "0"}


def stops_within(service: Service, seconds: float) -> int:
    service.terminate()
    return service.wait(seconds)


def test_it_starts_and_answers_without_any_of_the_others_and_stops_in_time(run_service: RunService) -> None:
    service = run_service("mcm-api", "run", env=NOWHERE)

    with httpx.Client(base_url=url_of(service)) as client:
        health = client.get("/health")
        findings = client.get("/findings")
        ready = client.get("/ready")

    assert health.json() == {"status": "ok"}
    assert findings.status_code == 503
    assert findings.json()["request_id"] in service.stderr()
    assert [one["name"] for one in ready.json()["missing"]] == ["database", "schema", "kafka"]
    assert stops_within(service, 5) == 0


async def test_a_request_in_hand_is_answered_before_it_stops(run_service: RunService, database_url: str) -> None:
    env = {name: value for name, value in NOWHERE.items() if not name.startswith("KAFKA_")}
    service = run_service("mcm-api", "run", env=env, DATABASE_URL=database_url)
    url = await asyncio.to_thread(url_of, service)
    blocker = await asyncpg.connect(database_url)
    async with httpx.AsyncClient(base_url=url) as client:
        async with blocker.transaction():
            await blocker.execute("LOCK TABLE findings IN ACCESS EXCLUSIVE MODE")
            asked = asyncio.create_task(client.get("/findings"))
            await until_somebody_waits(blocker)
            service.terminate()
            await asyncio.to_thread(until_refused, url)
        answer = await asked
    await blocker.close()

    assert answer.status_code == 200
    assert await asyncio.to_thread(service.wait, 5) == 0


async def test_a_request_that_does_not_end_does_not_keep_it(run_service: RunService, database_url: str) -> None:
    env = {name: value for name, value in NOWHERE.items() if not name.startswith("KAFKA_")}
    service = run_service("mcm-api", "run", env=env, DATABASE_URL=database_url, MCM_API_QUERY_TIMEOUT_S="60")
    url = await asyncio.to_thread(url_of, service)
    blocker = await asyncpg.connect(database_url)
    async with httpx.AsyncClient(base_url=url) as client, blocker.transaction():
        await blocker.execute("LOCK TABLE findings IN ACCESS EXCLUSIVE MODE")
        asked = asyncio.create_task(client.get("/findings"))
        await until_somebody_waits(blocker)
        code = await asyncio.to_thread(stops_within, service, 5)
        answer = await asked
    await blocker.close()

    assert code == 0
    assert answer.status_code == 503
    assert answer.json()["detail"].startswith("The server is stopping")
    assert "Traceback" not in service.stderr()


def test_sighup_is_ignored(run_service: RunService) -> None:
    service = run_service("mcm-api", "run", env=NOWHERE)

    with httpx.Client(base_url=url_of(service)) as client:
        service.process.send_signal(signal.SIGHUP)
        service.wait_for_log("SIGHUP ignored, nothing to reload")
        assert client.get("/health").status_code == 200


def test_head_is_answered_like_get_without_the_body(run_service: RunService) -> None:
    service = run_service("mcm-api", "run", env=NOWHERE)

    with httpx.Client(base_url=url_of(service)) as client:
        answers = [client.head("/health"), client.head("/nope"), client.get("/health")]

    assert [(answer.status_code, answer.content) for answer in answers[:2]] == [(200, b""), (404, b"")]
    assert answers[0].headers["content-length"] == answers[2].headers["content-length"]
    assert answers[2].json() == {"status": "ok"}


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_on_every_address_it_answers_ipv4_and_ipv6(run_service: RunService) -> None:
    service = run_service("mcm-api", "run", env=NOWHERE, MCM_API_HOST="::", MCM_PUBLISH_ADDRESS="127.0.0.1")
    port = url_of(service).rsplit(":", 1)[1]

    answers = [httpx.get(f"http://{host}:{port}/health").status_code for host in ("127.0.0.1", "[::1]")]

    assert answers == [200, 200]


def test_a_port_that_is_taken_is_said_with_what_to_change(run_service: RunService) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        service = run_service("mcm-api", "run", env=NOWHERE, MCM_API_PORT=port)

        assert service.wait() == 2
    assert f"cannot listen on 127.0.0.1 port {port}" in service.stderr()
    assert "MCM_API_PORT" in service.stderr()
    assert "Traceback" not in service.stderr()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://x"),
        ("MCM_API_PORT", "http"),
        ("MCM_API_HOST", "192.0.2.1"),
        ("KAFKA_SECURITY_PROTOCOL", "SASL_SSL"),
    ],
)
def test_a_wrong_setting_is_named(run_service: RunService, name: str, value: str) -> None:
    service = run_service("mcm-api", "run", env=NOWHERE | {name: value})

    assert service.wait() == 2
    assert name in service.stderr()
    assert "Traceback" not in service.stderr()


async def until_somebody_waits(connection: asyncpg.Connection) -> None:
    deadline = time.monotonic() + 10
    while not await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
        assert time.monotonic() < deadline, "nobody waits for the lock"
        await asyncio.sleep(0.02)


def until_refused(url: str) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/health", timeout=1)
        except httpx.TransportError:
            return
        time.sleep(0.02)
    pytest.fail("it still takes connections")
