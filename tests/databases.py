"""Databases for tests: making one takes a third of a second, so a clean one is used again."""

import secrets
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from alembic import command
from sqlalchemy import Connection

from mcm_shared.db import migrate
from mcm_shared.db.migrate import upgrade
from tests.threads import call, run

# everything a test could change that emptying the tables does not change back
_SHAPE = """
SELECT md5(concat(
  (SELECT string_agg(concat(c.oid, c.relname, c.relkind, c.reloptions), ',' ORDER BY c.oid)
     FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace),
  (SELECT string_agg(concat(a.attrelid, a.attname, a.atttypid, a.attnotnull), ',' ORDER BY a.attrelid, a.attnum)
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'public'::regnamespace),
  (SELECT string_agg(oid::text, ',' ORDER BY oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace),
  (SELECT string_agg(oid::text, ',' ORDER BY oid) FROM pg_trigger),
  (SELECT string_agg(oid::text, ',' ORDER BY oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace),
  (SELECT string_agg(nspname, ',' ORDER BY oid) FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'),
  (SELECT string_agg(setconfig::text, ',') FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
    WHERE d.datname = current_database()),
  (SELECT version_num FROM alembic_version)))
"""
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
_USED_SEQUENCES = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"
_DISCONNECT = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1"


class Databases:
    """Gives out empty, migrated databases of one server, and takes them back."""

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        self._clean: list[str] = []
        self._template = f"template_{secrets.token_hex(6)}"
        run(self._on_server(f"CREATE DATABASE {self._template}"))
        call(lambda: upgrade(self._url(self._template)))
        self._shape = run(self._shape_of(self._template))

    def take(self) -> str:
        """Provides a private database."""
        if self._clean:
            return self._url(self._clean.pop())
        name = f"test_{secrets.token_hex(6)}"
        run(self._on_server(f"CREATE DATABASE {name} TEMPLATE {self._template}"))
        return self._url(name)

    def give_back(self, url: str) -> None:
        """Disconnects everyone and empties the database; one whose schema was changed is thrown away."""
        name = urlsplit(url).path.removeprefix("/")
        if run(self._is_cleaned(name)):
            self._clean.append(name)
        else:
            run(self._on_server(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))

    def _url(self, name: str) -> str:
        return urlunsplit(urlsplit(self._server_url)._replace(path=f"/{name}"))

    async def _on_server(self, statement: str, *values: str) -> None:
        await execute(self._server_url, statement, *values)

    async def _shape_of(self, name: str) -> str:
        connection = await asyncpg.connect(self._url(name))
        try:
            return str(await connection.fetchval(_SHAPE))
        finally:
            await connection.close()

    async def _is_cleaned(self, name: str) -> bool:
        await self._on_server(_DISCONNECT, name)
        try:
            connection = await asyncpg.connect(self._url(name))
        except asyncpg.InvalidCatalogNameError:
            return False
        try:
            if await connection.fetchval(_SHAPE) != self._shape:
                return False
            await _empty(connection)
        except asyncpg.PostgresError:
            return False
        else:
            return True
        finally:
            await connection.close()


async def execute(url: str, statement: str, *values: str) -> None:
    """Executes one statement on a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement, *values)
    finally:
        await connection.close()


def upgrade_to(connection: Connection, revision: str) -> None:
    """Migrates a database to a revision, as an earlier version left it."""
    config = migrate._config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


async def _empty(connection: asyncpg.Connection) -> None:
    tables = [f'"{row["tablename"]}"' for row in await connection.fetch(_TABLES)]
    # the names come from the catalogue
    used = [table for table in tables if await connection.fetchval(f"SELECT EXISTS (SELECT FROM {table})")]  # noqa: S608
    if used:
        await connection.execute(f"TRUNCATE {', '.join(used)} CASCADE")
    for row in await connection.fetch(_USED_SEQUENCES):
        await connection.execute(f'ALTER SEQUENCE "{row["sequencename"]}" RESTART')
