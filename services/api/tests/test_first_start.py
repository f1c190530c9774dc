"""The first administrator: by a link that works once and not for ever, by settings that are read once, by a command."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from mcm_api.access.first_start import VALID, FirstStart
from mcm_api.http.state import part_of
from mcm_shared.db.access_tables import SETUP_LINKS
from mcm_shared.db.engine import transaction
from tests.forked_commands import run_forked_text

from .access_helpers import NEW_PASSWORD, PASSWORD, People, audited, closed_app
from .secret_sweep import running

EMAIL = "mona@example.com"


@pytest.fixture
def app(sqlite_url: str, tmp_path: Path) -> FastAPI:
    return closed_app(sqlite_url, tmp_path)


async def link_of(app: FastAPI) -> str:
    link = await part_of(app, FirstStart).new_link()
    assert link is not None
    return link.partition("#token=")[2]


async def claim(client: httpx.AsyncClient, token: str, email: str = EMAIL) -> int:
    return (await client.post("/setup", json={"token": token, "email": email, "password": PASSWORD})).status_code


async def log_in(client: httpx.AsyncClient, password: str) -> int:
    return (await client.post("/login", json={"email": EMAIL, "password": password})).status_code


async def test_a_setup_link_works_once_and_no_longer_than_a_day(
    app: FastAPI, client: httpx.AsyncClient, people: People
) -> None:
    before = datetime.now(UTC)
    expired, other, used = [await link_of(app) for _ in range(3)]
    people.secrets.extend([expired, other, used])
    async with transaction(people.access.engine) as connection:
        ends = (await connection.execute(select(SETUP_LINKS.c.expires_at))).scalars().all()
        await connection.execute(update(SETUP_LINKS).values(expires_at=before))
    expired_answers = [await claim(client, each) for each in (expired, other, used)]
    valid = await link_of(app)
    people.secrets.append(valid)

    assert all(before + VALID <= each <= datetime.now(UTC) + VALID for each in ends)
    assert timedelta(hours=24) == VALID
    assert len(valid) == 43
    assert expired_answers == [403] * 3
    assert [await claim(client, valid), await claim(client, valid, "lee@example.com")] == [204, 403]
    assert await part_of(app, FirstStart).new_link() is None


async def test_a_password_file_creates_the_first_administrator_and_is_read_once(
    sqlite_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    settings = {"MCM_BOOTSTRAP_EMAIL": EMAIL, "MCM_BOOTSTRAP_PASSWORD_FILE": file}
    answers = []
    for password in (PASSWORD, NEW_PASSWORD):
        file.write_text(f"{password}\n")
        app = closed_app(sqlite_url, tmp_path, **settings)
        async with running(app) as client:
            await part_of(app, FirstStart).offer_setup()
            answers.append([await log_in(client, each) for each in (PASSWORD, NEW_PASSWORD)])
    actions = [(row["action"], row["actor"]) for row in await audited(People(app).access.engine)]

    assert answers == [[204, 401], [204, 401]]
    assert [one for one in actions if one[0] == "user.create"] == [("user.create", EMAIL)]


@pytest.mark.parametrize("content", ["password1234", None])
async def test_a_password_file_that_is_weak_or_missing_creates_nobody(
    content: str | None, sqlite_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_text(content)
    settings = {"MCM_BOOTSTRAP_EMAIL": EMAIL, "MCM_BOOTSTRAP_PASSWORD_FILE": file}
    app = closed_app(sqlite_url, tmp_path, **settings)

    async with running(app) as client:
        await part_of(app, FirstStart).offer_setup()
        options = (await client.get("/login/options")).json()

    assert options["setup"] is True


def test_a_command_adds_an_administrator_at_any_time(sqlite_url: str, tmp_path: Path) -> None:
    files = {"strong": PASSWORD, "weak": "password1234"}
    for name, password in files.items():
        (tmp_path / name).write_text(password)

    def add(email: str, name: str) -> tuple[int, str]:
        words = ["mcm-api", "users", "add", "--email", email, "--role", "admin"]
        ran = run_forked_text(*words, "--password-file", str(tmp_path / name), env={"DATABASE_URL": sqlite_url})
        return ran.returncode, ran.stdout + ran.stderr

    added, weak, again = add(EMAIL, "strong"), add("lee@example.com", "weak"), add(EMAIL, "strong")
    listed = run_forked_text("mcm-api", "users", "list", env={"DATABASE_URL": sqlite_url})

    assert added[0] == 0
    assert (weak[0], "easy to guess" in weak[1]) == (2, True)
    assert (again[0], "already" in again[1]) == (2, True)
    assert re.fullmatch(rf"{EMAIL}\s+person\s+admin\s+local\n", listed.stdout)
    assert PASSWORD not in added[1] + listed.stdout
