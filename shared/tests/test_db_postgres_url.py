"""DATABASE_URL as people and managed databases write it: each parameter works or is refused by name at start."""

from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from mcm_shared.db.engine import AsyncEngine, create_engine, transaction
from mcm_shared.db.postgres_url import parse_postgres_url
from mcm_shared.db.sqlite import sqlite_url
from mcm_shared.errors import ConfigurationError, DatabaseDownError
from mcm_shared.settings import DatabaseSettings
from tests.certificates import make_authority


def engine_for(url: str) -> AsyncEngine:
    return create_engine(DatabaseSettings(DATABASE_URL=SecretStr(url)), pooled=False)


async def ask(url: str, question: str) -> object:
    engine = engine_for(url)
    try:
        async with transaction(engine) as connection:
            return (await connection.execute(text(question))).scalar()
    finally:
        await engine.dispose()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate and its key, in one folder."""
    made = make_authority("localhost")
    (tmp_path / "cert.pem").write_text(made.certificate_pem)
    key = tmp_path / "key.pem"
    # libpq refuses keys that others may read
    key.touch(0o600)
    key.write_text(made.key_pem)
    return tmp_path


@pytest.mark.parametrize(
    ("written", "dsn"),
    [
        ("postgres://u:p@db.example.com/mcm", "postgresql://u:p@db.example.com/mcm"),
        ("postgresql://u:p@db.example.com:6432/mcm", "postgresql://u:p@db.example.com:6432/mcm"),
        (
            "postgres://u:p@db.example.com/mcm?sslmode=require&channel_binding=require",
            "postgresql://u:p@db.example.com/mcm?sslmode=require",
        ),
        ("postgresql://u:p@db.example.com/mcm?ssl=require", "postgresql://u:p@db.example.com/mcm?sslmode=require"),
        ("postgresql://u:p@a:1,b:2/mcm", "postgresql://u:p@a:1,b:2/mcm"),
        ("postgresql://u:p@[::1]:5433/mcm", "postgresql://u:p@[::1]:5433/mcm"),
        ("postgresql://u:p%40s%2Fs@h/m%20m", "postgresql://u:p%40s%2Fs@h/m%20m"),
        ("postgresql://u:p@s@h/mcm", "postgresql://u:p%40s@h/mcm"),
        ("postgresql:///mcm?host=/run/postgresql", "postgresql:///mcm?host=%2Frun%2Fpostgresql"),
    ],
)
def test_urls_are_read_as_managed_databases_print_them(written: str, dsn: str) -> None:
    assert parse_postgres_url(written).dsn == dsn


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:secret@db.example.com:port/mcm",
        "postgresql://u:secret@[::1/mcm",
        "postgresql://u:secret@a:1,b:70000/mcm",
        "postgresql://u:sec#ret@db/mcm",
        "postgresql://u:secret@db/mcm?sslmode",
    ],
)
def test_a_url_that_cannot_be_read_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(ConfigurationError, match="DATABASE_URL cannot be read; write postgresql://") as wrong:
        engine_for(url)
    assert "secret" not in str(wrong.value)


def test_the_url_of_a_file_is_that_of_its_driver() -> None:
    assert str(sqlite_url("sqlite:////var/lib/mcm.db")) == "sqlite+aiosqlite:////var/lib/mcm.db"


@pytest.mark.parametrize(
    ("parameter", "why"),
    [
        ("pgbouncer=true", "the parameter pgbouncer is not supported; remove it. Supported are application_name, "),
        ("sslmode=on", "sslmode must be one of disable, allow, prefer, require, verify-ca, verify-full"),
        ("gssencmode=require", "gssencmode must be one of disable, prefer"),
        ("target_session_attrs=master", "target_session_attrs must be one of any, primary, "),
        ("connect_timeout=soon", "connect_timeout must be a whole number of seconds"),
        ("sslrootcert=/not/there.pem", "sslrootcert /not/there.pem cannot be read: No such file"),
        ("sslrootcert=/etc/hostname", "sslrootcert /etc/hostname cannot be used"),
        ("sslcert=/not/there.pem", "sslcert /not/there.pem cannot be read: No such file"),
        ("sslkey=/not/there.pem", "sslkey needs sslcert"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(parameter: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=f"DATABASE_URL: {why}"):
        engine_for(f"postgresql://u:p@127.0.0.1:1/mcm?{parameter}")


@pytest.mark.parametrize(
    ("parameter", "question", "answer"),
    [
        ("application_name=my-app", "SHOW application_name", "my-app"),
        ("fallback_application_name=my-app", "SHOW application_name", "my-app"),
        ("connect_timeout=3", "SHOW application_name", "mini-compliance-monitor"),
        ("options=-c%20work_mem%3D9MB", "SHOW work_mem", "9MB"),
        ("target_session_attrs=read-write", "SELECT pg_is_in_recovery()", False),
        ("sslmode=disable", "SELECT 1", 1),
        ("sslmode=prefer&gssencmode=prefer", "SELECT 1", 1),
    ],
)
async def test_parameters_take_effect(database_url: str, parameter: str, question: str, answer: object) -> None:
    assert await ask(f"{database_url}?{parameter}", question) == answer


async def test_of_several_hosts_the_one_that_answers_is_used(database_url: str) -> None:
    assert await ask(database_url.replace("@", "@127.0.0.1:1,"), "SELECT 1") == 1


async def test_no_server_of_the_kind_that_is_asked_for_is_waited_for(database_url: str) -> None:
    with pytest.raises(DatabaseDownError, match="the database does not answer"):
        await ask(f"{database_url}?target_session_attrs=standby", "SELECT 1")


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
async def test_certificates_are_used(database_url: str, certificate: Path, mode: str) -> None:
    # the server of the tests has no TLS and says so: the driver has made its TLS context by then
    files = f"sslrootcert={certificate}/cert.pem&sslcert={certificate}/cert.pem&sslkey={certificate}/key.pem"
    with pytest.raises(DatabaseDownError, match="rejected SSL upgrade"):
        await ask(f"{database_url}?sslmode={mode}&{files}", "SELECT 1")


async def test_the_authorities_of_the_system_can_be_asked_for(database_url: str) -> None:
    with pytest.raises(DatabaseDownError, match="rejected SSL upgrade"):
        await ask(f"{database_url}?sslrootcert=system", "SELECT 1")
