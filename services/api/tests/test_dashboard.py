"""Serving the dashboard: its files, its pages, and what a browser may do with them."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from mcm_api.app import create_app
from mcm_api.settings import ApiSettings
from mcm_api.testing.serving import a_client
from mcm_enricher import EnricherSettings
from mcm_shared.settings import DatabaseSettings

SCRIPT = "export const big = 1;\n" * 200


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a dashboard was built into."""
    built = tmp_path / "dist"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text("<!doctype html><title>Dashboard</title>")
    (built / "assets" / "index-abc123.js").write_text(SCRIPT)
    (built / "mark.svg").write_text("<svg/>")
    (built / ".vite").mkdir()
    (built / ".vite" / "manifest.json").write_text("{}")
    (tmp_path / "secret.txt").write_text("secret")
    (built / "assets" / "link.txt").symlink_to(tmp_path / "secret.txt")
    return built


@pytest.fixture
async def browser(folder: Path, sqlite_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an API with this dashboard."""
    settings = ApiSettings(MCM_DASHBOARD_PATH=folder)
    app = create_app(settings, DatabaseSettings(DATABASE_URL=SecretStr(sqlite_url)), None, EnricherSettings())
    async with a_client(app) as client:
        yield client


@pytest.mark.parametrize(
    "path", ["/app/", "/app/findings", "/app/findings/17", "/app/users/mona@example.com", "/app/x.y"]
)
async def test_every_page_is_the_same_file(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)

    assert answer.status_code == 200
    assert answer.text == "<!doctype html><title>Dashboard</title>"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


async def test_no_script_but_our_own_runs_in_it(browser: httpx.AsyncClient) -> None:
    headers = (await browser.get("/app/")).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))

    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"


async def test_a_hashed_file_is_kept_for_ever_and_comes_compressed(browser: httpx.AsyncClient) -> None:
    plain = await browser.get("/app/assets/index-abc123.js", headers={"Accept-Encoding": "identity"})
    async with browser.stream(
        "GET", "/app/assets/index-abc123.js", headers={"Accept-Encoding": "gzip, br"}
    ) as compressed:
        raw = b"".join([piece async for piece in compressed.aiter_raw()])
    again = await browser.get("/app/assets/index-abc123.js", headers={"If-None-Match": compressed.headers["etag"]})

    assert plain.text == SCRIPT
    assert plain.headers["cache-control"] == compressed.headers["cache-control"]
    assert compressed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert compressed.headers["content-encoding"] == "gzip"
    assert compressed.headers["content-type"] == plain.headers["content-type"]
    assert compressed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert gzip.decompress(raw).decode() == SCRIPT
    assert len(raw) < len(SCRIPT) / 5
    assert again.status_code == 304


async def test_a_changed_file_is_not_served_from_memory(browser: httpx.AsyncClient, folder: Path) -> None:
    path = "/app/assets/index-abc123.js"
    assert (await browser.get(path)).text == SCRIPT
    (folder / "assets" / "index-abc123.js").write_text(f"{SCRIPT}// new")

    assert (await browser.get(path)).text == f"{SCRIPT}// new"


async def test_a_script_that_is_gone_is_not_the_page(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/app/assets/index-old.js")).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/app/../secret.txt",
        "/app/%2e%2e/secret.txt",
        "/app/..%2fsecret.txt",
        "/app/assets/..%2f..%2fsecret.txt",
        "/app//etc/passwd",
        "/app/%2fetc%2fpasswd",
        "/app/assets/link.txt",
        "/app/.vite/manifest.json",
        "/app/assets/%00",
    ],
)
async def test_nothing_else_is_served(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)

    assert "secret" not in answer.text
    assert "root:" not in answer.text
    assert answer.status_code == 404 or "<title>Dashboard</title>" in answer.text


async def test_the_root_leads_to_it(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/")).headers["location"] == "/app/"
    assert (await browser.get("/app")).headers["location"] == "/app/"


async def test_where_none_is_built_it_is_said_how(browser: httpx.AsyncClient, folder: Path) -> None:
    (folder / "index.html").unlink()

    answer = await browser.get("/app/findings")

    assert answer.status_code == 404
    assert "make dashboard" in answer.json()["detail"]
    assert (await browser.get("/")).headers["location"] == "/docs"
    assert (await browser.get("/docs")).status_code == 200


async def test_only_reading_is_answered(browser: httpx.AsyncClient) -> None:
    assert (await browser.post("/app/", content=b"")).status_code == 405
    assert (await browser.head("/app/")).status_code == 200
