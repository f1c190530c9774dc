"""Host allowlist and cross-site protection: what a page of another site makes a browser send is refused."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from mcm_api.app import create_app
from mcm_api.http.allowed_hosts import AllowedHosts, parse_host, parse_public_url
from mcm_api.settings import ApiSettings
from mcm_api.testing.serving import a_client
from mcm_enricher import EnricherSettings
from mcm_shared.settings import DatabaseSettings
from tests.forked_commands import run_forked_text
from tests.services import Service, url_of
from tests.stack import environment_for

NOWHERE = environment_for("postgresql://mcm:mcm@127.0.0.1:1/mcm", "127.0.0.1:1", "") | {"MCM_API_PORT": "0"}
PAGES = ("/findings", "/findings/export", "/stream", "/docs", "/openapi.json", "/app/", "/")
CROSS_SITE = {"Sec-Fetch-Site": "cross-site"}


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an API that has no database: what is refused is refused before one is needed."""
    database = DatabaseSettings(DATABASE_URL=SecretStr(f"sqlite:///{tmp_path}/none.db"))
    async with a_client(create_app(ApiSettings(), database, None, EnricherSettings())) as client:
        yield client


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1:9", "localhost.evil.example:8000", ""]
)
async def test_a_host_that_is_not_configured_is_misdirected(client: httpx.AsyncClient, path: str, host: str) -> None:
    response = await client.get(path, headers={"Host": host})

    assert response.status_code == 421
    assert response.headers["content-type"] == "application/problem+json"
    assert "MCM_PUBLIC_URL" in response.json()["detail"]


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "LocalHost:8000", "[::1]:8000"])
async def test_loopback_names_with_the_port_are_served(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get("/openapi.json", headers={"Host": host})).status_code == 200


async def test_two_hosts_are_misdirected(client: httpx.AsyncClient) -> None:
    headers = [("Host", "127.0.0.1:8000"), ("Host", "evil.example")]

    assert (await client.get("/findings", headers=headers)).status_code == 421


@pytest.mark.parametrize("path", ["/health", "/ready"])
async def test_health_checks_and_metrics_are_served_under_every_host(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path, headers={"Host": "healthcheck.example"})).status_code != 421


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 405),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:8000"}, 405),
        ({"Sec-Fetch-Site": "none"}, 405),
        ({"Origin": "http://127.0.0.1:8000"}, 405),
        (CROSS_SITE, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        (CROSS_SITE | {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "https://127.0.0.1:8000"}, 403),
        ({"Origin": "http://127.0.0.1"}, 403),
        ({"Origin": "http://127.0.0.1:8001"}, 403),
        ({"Origin": "http://localhost:8000"}, 403),
        ({"Origin": "http://127.0.0.1:8000.evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
    ],
)
async def test_a_page_of_another_site_changes_nothing(
    client: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    response = await client.post("/health", headers=headers)

    assert response.status_code == status


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    "headers",
    [
        CROSS_SITE,
        CROSS_SITE | {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"},
        CROSS_SITE | {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "Origin": "http://evil.example"},
        CROSS_SITE | {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
        {"Origin": "http://evil.example"},
    ],
)
async def test_a_page_of_another_site_reads_nothing(
    client: httpx.AsyncClient, path: str, headers: dict[str, str]
) -> None:
    assert (await client.get(path, headers=headers)).status_code == 403


async def test_a_link_from_another_site_may_be_followed(client: httpx.AsyncClient) -> None:
    headers = CROSS_SITE | {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}

    assert (await client.get("/openapi.json", headers=headers)).status_code == 200


def test_the_public_url_allows_its_host_and_its_origin_as_a_whole() -> None:
    allowed = AllowedHosts("::", parse_public_url("https://Monitor.example.com/"), ())

    assert allowed.allows_host("monitor.example.com", 8000)
    assert allowed.allows_host("monitor.example.com:443", 8000)
    assert not allowed.allows_host("monitor.example.com:8000", 8000)
    assert not allowed.allows_host("monitor.example.com.", 8000)
    assert allowed.allows_origin("https://monitor.example.com", "mcm-api:8000")
    assert not allowed.allows_origin("https://monitor.example.com:8443", "monitor.example.com")
    assert not allowed.allows_origin("https://sub.monitor.example.com", "monitor.example.com")


def test_a_configured_host_without_a_port_is_allowed_with_every_port() -> None:
    allowed = AllowedHosts("127.0.0.1", None, [parse_host("API"), parse_host("10.0.0.5:8000")])

    assert [allowed.allows_host(host, 8000) for host in ("api", "api:9", "10.0.0.5:8000")] == [True, True, True]
    assert [allowed.allows_host(host, 8000) for host in ("10.0.0.5", "10.0.0.5:9", "xapi")] == [False, False, False]


def test_the_address_that_is_listened_on_is_allowed_unless_it_is_every_address() -> None:
    assert AllowedHosts("192.0.2.7", None, ()).allows_host("192.0.2.7:8000", 8000)
    assert AllowedHosts("2001:db8::7", None, ()).allows_host("[2001:db8::7]:8000", 8000)
    assert not AllowedHosts("::", None, ()).allows_host("[::]:8000", 8000)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MCM_PUBLIC_URL", "monitor.example.com"),
        ("MCM_PUBLIC_URL", "https://monitor.example.com/app/"),
        ("MCM_API_ALLOWED_HOSTS", "*"),
        ("MCM_API_ALLOWED_HOSTS", "api,https://monitor.example.com"),
    ],
)
def test_a_wrong_host_stops_the_start(name: str, value: str) -> None:
    ran = run_forked_text("mcm-api", "run", env=NOWHERE | {name: value})

    assert ran.returncode == 2
    assert name in ran.stderr
    assert "Traceback" not in ran.stderr


async def test_the_server_serves_configured_hosts_over_http(run_service: Callable[..., Service]) -> None:
    # names beyond loopback need a login
    settings = {"MCM_PUBLIC_URL": "https://monitor.example.com", "MCM_API_ALLOWED_HOSTS": "api", "MCM_AUTH": "on"}
    url = await asyncio.to_thread(url_of, run_service("mcm-api", "run", env=NOWHERE | settings))
    async with httpx.AsyncClient(base_url=url) as client:
        served = [(await client.get("/openapi.json", headers={"Host": host})).status_code for host in _HOSTS]
    absolute = [await status_of(url, target, "api") for target, _ in _ABSOLUTE]
    misdirected = await status_of(url, "http://api/openapi.json", "evil.example", "api")

    assert served == [401, 401, 401, 421]
    assert absolute == [status for _, status in _ABSOLUTE]
    assert misdirected == 421


async def status_of(url: str, target: str, *hosts: str) -> int:
    """Sends a request with a target of any form, which no client library does, and returns the status."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
    fields = "".join(f"Host: {host}\r\n" for host in hosts)
    writer.write(f"GET {target} HTTP/1.1\r\n{fields}Connection: close\r\n\r\n".encode())
    status = int((await reader.readline()).split()[1])
    writer.close()
    return status


_HOSTS = ("monitor.example.com", "api:8000", "api", "evil.example")
# the host of a target in absolute form counts, not that of the Host field
_ABSOLUTE = [
    ("http://api/openapi.json", 401),
    ("HTTPS://API:9/openapi.json", 401),
    ("http://api/nowhere", 401),
    ("http://evil.example/openapi.json", 421),
    ("http://evil.example/app/", 421),
    ("http://evil.example", 421),
    ("http://evil.example?at=api", 421),
    ("http://api@evil.example/openapi.json", 421),
    ("http://mona@api/openapi.json", 421),
    ("http://evil.example/health", 200),
    ("/openapi.json?next=http://evil.example/", 401),
]
