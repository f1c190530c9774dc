"""Signed assertions of a proxy: accepted from its address with a valid signature, otherwise worth nothing."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import update

from mcm_api.access.federation import signing_keys
from mcm_api.access.settings import AccessSettings, require_closed
from mcm_api.testing.serving import a_client
from mcm_shared.db.access_tables import USERS
from mcm_shared.db.engine import transaction
from mcm_shared.errors import ConfigurationError

from .access_helpers import People, audited, closed_app

HEADER = "X-Proxy-Assertion"
ISSUER = "https://proxy.example.com"
KEY = RSAKey.generate_key(2048)
OTHER_KEY = RSAKey.generate_key(2048)


def settings(folder: Path, **more: Any) -> dict[str, Any]:
    file = folder / "proxy.pem"
    file.write_bytes(KEY.as_pem(private=False))
    return {
        "MCM_ASSERTION_HEADER": HEADER,
        "MCM_ASSERTION_ISSUER": ISSUER,
        "MCM_ASSERTION_AUDIENCE": "mcm",
        "MCM_ASSERTION_KEY_FILE": file,
        "MCM_ASSERTION_ROLE_CLAIM": "access.groups",
        "MCM_ASSERTION_ROLES": "admins=admin,all=viewer",
        "MCM_TRUSTED_PROXIES": "127.0.0.1",
        **more,
    }


@pytest.fixture
def app(sqlite_url: str, tmp_path: Path) -> FastAPI:
    return closed_app(sqlite_url, tmp_path, **settings(tmp_path))


def assertion(
    *, key: Any = KEY, algorithm: str = "RS256", groups: tuple[str, ...] = ("all",), **claims: Any
) -> dict[str, str]:
    now = int(time.time())
    given = {"iss": ISSUER, "aud": ["mcm"], "sub": "u-1", "email": "mona@example.com", "iat": now, "exp": now + 600}
    given |= {"access": {"groups": list(groups)}, **claims}
    present = {name: value for name, value in given.items() if value is not None}
    return {HEADER: jwt.encode({"alg": algorithm}, present, key, algorithms=[algorithm])}


async def test_an_assertion_of_the_proxy_identifies_its_user(client: httpx.AsyncClient, app: FastAPI) -> None:
    answers = [await client.get("/account", headers=assertion()) for _ in range(3)]
    promoted = await client.get("/account", headers=assertion(groups=("all", "admins")))

    account = answers[0].json()
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert (account["name"], account["role"], account["via"]) == ("mona@example.com", "viewer", "assertion")
    assert promoted.json()["role"] == "admin"
    assert (await client.get("/account")).status_code == 401
    rows = await audited(People(app).access.engine)
    assert [(row["action"], row["via"]) for row in rows] == [
        ("user.create", "assertion"),
        ("login", "assertion"),
        ("user.change", "assertion"),
        ("login", "assertion"),
    ]
    assert {row["actor"] for row in rows} == {f"mona@example.com ({ISSUER} u-1)"}


NOW = int(time.time())


@pytest.mark.parametrize(
    "given",
    [
        {"key": OTHER_KEY},
        {"key": OctKey.import_key("a secret that the API does not know"), "algorithm": "HS256"},
        {"iss": "https://other.example.com"},
        {"iss": None},
        {"aud": "another application"},
        {"aud": None},
        {"exp": NOW - 3600},
        {"exp": None},
        {"nbf": NOW + 3600},
        {"sub": None},
        {"sub": ""},
    ],
)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
async def test_an_assertion_that_is_not_valid_is_refused_even_beside_a_session(
    given: dict[str, Any], client: httpx.AsyncClient, people: People
) -> None:
    session = await people.session(await people.user("admin"))

    response = await client.get("/findings", headers={**session, **assertion(groups=("admins",), **given)})

    assert response.status_code == 401
    assert "assertion of the proxy" in response.json()["detail"]


@pytest.mark.parametrize("text", ["", "mona@example.com", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1LTEifQ."])
async def test_what_is_no_assertion_is_refused(text: str, client: httpx.AsyncClient) -> None:
    assert (await client.get("/findings", headers={HEADER: text})).status_code == 401


async def test_an_assertion_from_another_address_is_dropped(sqlite_url: str, tmp_path: Path) -> None:
    app = closed_app(sqlite_url, tmp_path, **settings(tmp_path, MCM_TRUSTED_PROXIES="10.0.0.5"))
    async with app.router.lifespan_context(app), a_client(app) as client:
        people = People(app)
        viewer = await people.session(await people.user("viewer"))
        forwarded = {**assertion(groups=("admins",)), "X-Forwarded-For": "10.0.0.5"}

        alone = await client.get("/findings", headers=forwarded)
        beside = await client.get("/account", headers={**viewer, **forwarded})

    assert alone.status_code == 401
    assert beside.json()["name"] == "viewer@example.com"


async def test_without_a_role_or_when_disabled_there_is_no_access(client: httpx.AsyncClient, people: People) -> None:
    without = await client.get("/account", headers=assertion(groups=("others",)))
    await client.get("/account", headers=assertion(sub="u-2"))
    async with transaction(people.access.engine) as connection:
        await connection.execute(update(USERS).values(disabled_at=datetime.now(UTC)))
    people.access.authenticator.forget()
    disabled = await client.get("/account", headers=assertion(sub="u-2"))

    assert (without.status_code, "access.groups" in without.json()["detail"]) == (403, True)
    assert disabled.status_code == 403


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"MCM_ASSERTION_ISSUER": None}, "MCM_ASSERTION_ISSUER"),
        ({"MCM_ASSERTION_AUDIENCE": None}, "MCM_ASSERTION_AUDIENCE"),
        ({"MCM_ASSERTION_KEY_FILE": None}, "MCM_ASSERTION_JWKS_URL or"),
        ({"MCM_ASSERTION_JWKS_URL": "https://proxy.example.com/keys"}, "not both"),
        ({"MCM_TRUSTED_PROXIES": ""}, "MCM_TRUSTED_PROXIES"),
        ({"MCM_ASSERTION_HEADER": "Authorization"}, "only the proxy sets"),
        ({"MCM_ASSERTION_KEY_FILE": "/nowhere.pem"}, "nowhere.pem"),
    ],
)
def test_settings_in_part_stop_the_start(changes: dict[str, Any], named: str, tmp_path: Path) -> None:
    given = AccessSettings.model_validate({"MCM_AUTH": "on", **settings(tmp_path, **changes)})

    with pytest.raises(ConfigurationError, match=named):
        require_closed(given, "127.0.0.1", None, ())


@contextmanager
def serving_keys(published: dict[str, Any]) -> Iterator[str]:
    """Serves ``published``, the proxy's JWKS, on loopback as it is at each request; without keys answers 503."""

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if published else 503)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(published).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/keys"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_the_keys_of_the_proxy_are_read_from_its_url_and_again_when_they_change(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing_keys, "_MIN_AGE_S", 0.0)
    first, second = (RSAKey.generate_key(2048, {"kid": kid}) for kid in ("first", "second"))
    published: dict[str, Any] = {}

    def signed_with(key: RSAKey) -> dict[str, str]:
        header = {"alg": "RS256", "kid": key.kid}
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": "mcm", "sub": "u-1", "email": "mona@example.com", "exp": now + 600}
        return {HEADER: jwt.encode(header, {**claims, "access": {"groups": ["all"]}}, key)}

    with serving_keys(published) as url:
        given = settings(tmp_path, MCM_ASSERTION_JWKS_URL=url, MCM_ASSERTION_KEY_FILE=None)
        app = closed_app(sqlite_url, tmp_path, **given)
        async with app.router.lifespan_context(app), a_client(app) as client:
            without_keys = await client.get("/account", headers=signed_with(first))
            published["keys"] = [first.as_dict(private=False)]
            known, unknown = [await client.get("/account", headers=signed_with(key)) for key in (first, second)]
            published["keys"] = [second.as_dict(private=False)]
            rotated = await client.get("/account", headers=signed_with(second))

    assert [each.status_code for each in (without_keys, known, unknown, rotated)] == [503, 200, 401, 200]
    assert "unknown key" in unknown.json()["detail"]
