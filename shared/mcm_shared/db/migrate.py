"""Database migrations: upgrades the schema, and waits until it is up to date.

Alembic is imported where it is used: commands that open no database start faster without it.
"""

import asyncio
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from pydantic import SecretStr
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_shared.cli import run_single_command
from mcm_shared.db.engine import create_engine, transaction
from mcm_shared.db.roles import RoleSettings, create_roles, parse_passwords
from mcm_shared.errors import ConfigurationError, DatabaseDownError
from mcm_shared.logs import configure_logs
from mcm_shared.settings import DatabaseSettings, load_settings

if TYPE_CHECKING:
    from alembic.config import Config

log = structlog.get_logger()

_LOCK_KEY = 0x6D636D  # an arbitrary number; the lock serialises concurrent migrations


def upgrade(database_url: str) -> None:
    """Upgrades the schema to the newest version; does nothing when it is up to date.

    Raises DatabaseDownError when the database is out of reach. Safe to run from several processes at once.
    """
    asyncio.run(_upgrade(DatabaseSettings(DATABASE_URL=SecretStr(database_url))))


async def bring_up_sqlite(engine: AsyncEngine) -> None:
    """Upgrades the schema of a SQLite file; does nothing on PostgreSQL.

    The operator migrates a server; a file is migrated by the program that opens it.
    """
    if engine.dialect.name == "sqlite" and not await is_up_to_date(engine):
        async with transaction(engine) as connection:
            await connection.run_sync(_run_migrations)


async def wait_for_schema(engine: AsyncEngine, *, every_s: float = 1.0) -> None:
    """Waits until the database is reachable and its schema is at the required version or newer.

    A SQLite file is migrated.
    """
    await bring_up_sqlite(engine)
    said = ""
    while True:
        try:
            if await is_up_to_date(engine):
                return
            reason = "the schema is not up to date; run mcm-migrate"
        except DatabaseDownError as error:
            reason = str(error)
        if reason != said:
            log.warning("waiting for the database", reason=reason)
            said = reason
        await asyncio.sleep(every_s)


async def is_up_to_date(engine: AsyncEngine) -> bool:
    """Whether the schema is at the required version or newer.

    Raises DatabaseDownError when the database is out of reach.
    """
    head, known = _revisions()
    async with transaction(engine, read_only=True) as connection:
        current = await connection.run_sync(_current_revision)
    # an unknown revision is a newer one: workers are upgraded one by one
    return current == head or (current is not None and current not in known)


def main() -> None:
    """Runs the ``mcm-migrate`` command."""
    run_single_command(
        "mcm-migrate", "Creates or upgrades the database schema, once the database answers.", _migrate, "mcm-shared"
    )


async def _migrate() -> None:
    configure_logs("migrate")
    settings, roles = load_settings(DatabaseSettings), load_settings(RoleSettings)
    await _wait_for_server(settings)
    await _upgrade(settings)
    log.info("schema up to date")
    if roles.passwords is not None:
        await _create_roles(settings, parse_passwords(roles.passwords.get_secret_value()))


async def _wait_for_server(settings: DatabaseSettings) -> None:
    engine = create_engine(settings, pooled=False)
    reason = ""
    while True:
        try:
            async with transaction(engine, read_only=True) as connection:
                await connection.execute(text("SELECT 1"))
        except DatabaseDownError as error:
            if str(error) != reason:
                reason = str(error)
                log.warning("waiting for the database", reason=reason)
            await asyncio.sleep(1)
        else:
            break
    await engine.dispose()


async def _upgrade(settings: DatabaseSettings) -> None:
    engine = create_engine(settings, pooled=False)
    try:
        async with transaction(engine) as connection:
            if connection.dialect.name == "postgresql":
                await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
            await connection.run_sync(_run_migrations)
    finally:
        await engine.dispose()


async def _create_roles(settings: DatabaseSettings, passwords: Mapping[str, str]) -> None:
    engine = create_engine(settings, pooled=False)
    try:
        async with transaction(engine) as connection:
            if connection.dialect.name != "postgresql":
                raise ConfigurationError("MCM_DATABASE_ROLE_PASSWORDS is for PostgreSQL; leave it out with SQLite")
            # two that set up at once would update the same rows of the catalogue
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
            await create_roles(connection, passwords)
    finally:
        await engine.dispose()


def _run_migrations(connection: Connection) -> None:
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@cache
def _revisions() -> tuple[str | None, frozenset[str]]:
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(_config())
    return scripts.get_current_head(), frozenset(script.revision for script in scripts.walk_revisions())


def _current_revision(connection: Connection) -> str | None:
    from alembic.runtime.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config
