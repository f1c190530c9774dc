"""What must be refused: tokens in URLs, cookies from elsewhere, headers that name an identity."""

from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI

from mcm_api.access.cookies import without_quoted
from mcm_api.access.settings import AccessSettings, require_closed
from mcm_shared.errors import ConfigurationError

from .access_helpers import PASSWORD, People, closed_app

PUBLIC = "https://monitor.example.com"


@pytest.fixture
def app(sqlite_url: str, tmp_path: Path) -> FastAPI:
    return closed_app(sqlite_url, tmp_path, MCM_PUBLIC_URL=PUBLIC, MCM_API_ALLOWED_HOSTS="10.0.0.5,plain.example.com")


URLS = [
    "/findings?token={token}",
    "/findings?access_token={token}",
    "/findings?q={token}",
    "/findings?{token}",
    "/rules/{token}",
    "/health?x={token}",
    "/app/?token={token}",
    "/stream?after={encoded}",
    "/findings?q={twice}",
]


async def test_a_token_in_a_url_is_refused_wherever_it_stands(client: httpx.AsyncClient, people: People) -> None:
    header = await people.token(await people.user("admin"))
    token = header["Authorization"].removeprefix("Bearer ")
    encoded = "".join(f"%{ord(letter):02x}" for letter in token)
    written = [url.format(token=token, encoded=encoded, twice=quote(encoded)) for url in URLS]

    answers = [await client.get(url, headers=headers) for url in written for headers in ({}, header)]

    assert {answer.status_code for answer in answers} == {400}
    assert all(token not in answer.text for answer in answers)


async def test_a_token_is_accepted_in_the_header_only(client: httpx.AsyncClient, people: People) -> None:
    header = await people.token(await people.user("admin"))
    token = header["Authorization"].removeprefix("Bearer ")
    other_ways = [
        {"Cookie": f"mcm_session={token}"},
        {"X-API-Key": token},
        {"Authorization": f"Basic {token}"},
        {"Authorization": token},
        {"Authorization": f"Bearer {token}x"},
        {"Authorization": f"Bearer {token[:-1]}"},
        {"Authorization": "Bearer "},
    ]

    assert (await client.get("/findings", headers=header)).status_code == 200
    assert [(await client.get("/findings", headers=one)).status_code for one in other_ways] == [401] * 7


async def test_a_wrong_token_is_refused_also_beside_a_valid_session(client: httpx.AsyncClient, people: People) -> None:
    session = await people.session(await people.user("admin"))

    response = await client.get("/findings", headers={**session, "Authorization": "Bearer nonsense"})

    assert response.status_code == 401


@pytest.mark.parametrize(
    ("host", "name", "more", "expected"),
    [
        ("127.0.0.1:8000", "mcm_session", {}, 200),
        ("localhost:8000", "mcm_session", {}, 200),
        ("127.0.0.1:8000", "__Host-mcm_session", {}, 401),
        ("monitor.example.com", "__Host-mcm_session", {}, 200),
        ("monitor.example.com", "mcm_session", {}, 401),
        ("monitor.example.com", "__Host-mcm_session", {"X-Forwarded-Proto": "https"}, 200),
        ("monitor.example.com", "__Host-mcm_session", {"X-Forwarded-Proto": "http"}, 401),
        ("plain.example.com", "mcm_session", {}, 401),
        ("plain.example.com", "__Host-mcm_session", {}, 401),
        ("10.0.0.5:8000", "mcm_session", {}, 401),
    ],
)
async def test_a_cookie_counts_over_https_or_on_loopback(
    host: str, name: str, more: dict[str, str], expected: int, client: httpx.AsyncClient, people: People
) -> None:
    cookie = (await people.session(await people.user("viewer")))["Cookie"].removeprefix("mcm_session=")

    response = await client.get("/findings", headers={"Host": host, "Cookie": f"{name}={cookie}", **more})

    assert response.status_code == expected


async def test_cookies_of_others_do_not_matter_and_quotes_are_not_removed(
    client: httpx.AsyncClient, people: People
) -> None:
    cookie = (await people.session(await people.user("viewer")))["Cookie"]
    name, secret = cookie.split("=")
    # removing quotes from this one took the standard library seconds
    costly = 'a="' + "\\" * 50_000 + '"'
    beside = [f"a b=c; {cookie}", f"{costly};{cookie}", f"=; ;;x; {cookie} ;y", f"{name}=old; {cookie}"]
    without = [f'{name}="{secret}"', f"x{cookie}", f"{name} ={secret}", costly]

    answers = [await client.get("/findings", headers={"Cookie": each}) for each in [*beside, *without]]

    assert [answer.status_code for answer in answers] == [200] * len(beside) + [401] * len(without)


def test_the_framework_never_reads_quoted_cookies() -> None:
    assert without_quoted(b'mcm_session=s; a="\\\\"; b=c; "=d') == b"mcm_session=s; b=c"


@pytest.mark.parametrize("path", ["/login", "/setup"])
async def test_nobody_logs_in_over_plain_http_from_elsewhere(
    path: str, client: httpx.AsyncClient, people: People
) -> None:
    await people.user("viewer")
    given = {"email": "viewer@example.com", "password": PASSWORD}

    response = await client.post(path, json=given, headers={"Host": "plain.example.com"})

    assert (response.status_code, "set-cookie" in response.headers) == (400, False)


async def test_behind_https_the_cookie_is_bound_to_the_host(client: httpx.AsyncClient, people: People) -> None:
    await people.user("viewer")
    given = {"email": "viewer@example.com", "password": PASSWORD}

    response = await client.post("/login", json=given, headers={"Host": "monitor.example.com"})

    cookie = response.headers["set-cookie"]
    assert cookie.startswith("__Host-mcm_session=")
    assert "Secure" in cookie
    assert "Path=/;" in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Origin": "https://evil.example.com"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:9999"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Host": "evil.example.com"}, 421),
        ({"Host": "127.0.0.1.evil.example.com:8000"}, 421),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_session_does_not_serve_pages_of_other_sites(
    method: str, headers: dict[str, str], expected: int, client: httpx.AsyncClient, people: People
) -> None:
    session = await people.session(await people.user("admin"))
    path = "/findings" if method == "GET" else "/logout"

    response = await client.request(method, path, headers={**session, **headers})

    assert response.status_code == expected
    assert (await client.get("/account", headers=session)).status_code == 200


HEADERS = (
    "X-Forwarded-User",
    "X-Forwarded-Email",
    "X-Forwarded-Preferred-Username",
    "X-Forwarded-Groups",
    "X-Remote-User",
    "Remote-User",
    "Remote_User",
    "X-Auth-Request-User",
    "X-Auth-Request-Email",
    "X-WebAuth-User",
    "X-Authenticated-User",
    "Cf-Access-Authenticated-User-Email",
    "Cf-Access-Jwt-Assertion",
    "X-Goog-Iap-Jwt-Assertion",
    "X-Amzn-Oidc-Data",
    "Tailscale-User-Login",
)


async def test_headers_that_name_an_identity_are_worth_nothing(client: httpx.AsyncClient, people: People) -> None:
    await people.user("admin")
    viewer = await people.session(await people.user("viewer"))

    anonymous = [await client.get("/findings", headers={header: "admin@example.com"}) for header in HEADERS]
    known = [await client.get("/account", headers={**viewer, header: "admin@example.com"}) for header in HEADERS]

    assert {answer.status_code for answer in anonymous} == {401}
    assert {answer.json()["name"] for answer in known} == {"viewer@example.com"}


async def test_ready_says_nothing_to_the_anonymous(client: httpx.AsyncClient, people: People) -> None:
    viewer = await people.session(await people.user("viewer"))

    anonymous, known = await client.get("/ready"), await client.get("/ready", headers=viewer)

    assert anonymous.json() == {"status": "ready", "dependencies": []}
    assert known.json()["dependencies"] == ["database", "schema"]


EVERYWHERE = "0.0.0.0"  # noqa: S104 (compared, not listened on)
OFF = {"MCM_AUTH": "off"}
ON = {"MCM_AUTH": "on"}


@pytest.mark.parametrize(
    ("host", "settings", "public_url", "hosts"),
    [
        ("127.0.0.1", OFF, None, ()),
        ("127.0.0.2", OFF, None, ()),
        ("::1", OFF, None, ()),
        ("localhost", OFF, "http://localhost:8000", ("127.0.0.1",)),
        (EVERYWHERE, {**OFF, "MCM_PUBLISH_ADDRESS": "127.0.0.1"}, None, ("localhost", "[::1]")),
        (EVERYWHERE, ON, None, ("api",)),
        ("192.0.2.5", ON, PUBLIC, ()),
        ("127.0.0.1", ON, "http://127.0.0.1:9000", ()),
    ],
)
def test_it_starts_where_nobody_else_reaches_it_or_must_log_in(
    host: str, settings: dict[str, str], public_url: str | None, hosts: tuple[str, ...]
) -> None:
    require_closed(AccessSettings.model_validate(settings), host, public_url, hosts)


@pytest.mark.parametrize(
    ("host", "settings", "public_url", "hosts", "named"),
    [
        (EVERYWHERE, OFF, None, (), "MCM_AUTH=on"),
        ("::", OFF, None, (), "MCM_AUTH=on"),
        ("", OFF, None, (), "MCM_AUTH=on"),
        ("192.0.2.5", OFF, None, (), "MCM_API_HOST"),
        ("::ffff:192.0.2.5", OFF, None, (), "MCM_API_HOST"),
        ("host.example.com", OFF, None, (), "MCM_API_HOST"),
        ("192.0.2.5", {**OFF, "MCM_PUBLISH_ADDRESS": "127.0.0.1"}, None, (), "MCM_API_HOST"),
        (EVERYWHERE, {**OFF, "MCM_PUBLISH_ADDRESS": EVERYWHERE}, None, (), "MCM_PUBLISH_ADDRESS"),
        (EVERYWHERE, {**OFF, "MCM_PUBLISH_ADDRESS": "192.0.2.5"}, None, (), "MCM_PUBLISH_ADDRESS"),
        ("127.0.0.1", OFF, PUBLIC, (), "monitor.example.com"),
        ("127.0.0.1", OFF, None, ("api",), "MCM_API_ALLOWED_HOSTS"),
        ("127.0.0.1", ON, "http://monitor.example.com", (), "https://"),
        ("127.0.0.1", {**ON, "MCM_BOOTSTRAP_EMAIL": "a@example.com"}, None, (), "MCM_BOOTSTRAP_PASSWORD_FILE"),
    ],
)
def test_it_refuses_to_start_where_others_could_reach_it(
    host: str, settings: dict[str, str], public_url: str | None, hosts: tuple[str, ...], named: str
) -> None:
    with pytest.raises(ConfigurationError, match=named):
        require_closed(AccessSettings.model_validate(settings), host, public_url, hosts)
