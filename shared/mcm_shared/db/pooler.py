"""Detects a connection pooler such as PgBouncer, and connects so that its transaction mode works.

A pooler in transaction mode gives each transaction whichever server connection is free. What belongs to a session is
not there the next time: named prepared statements and SET. Behind one, statements are unnamed and prepared each time,
and no settings are sent that a pooler refuses.
"""

from collections.abc import Mapping
from typing import Any, Final

import asyncpg
import structlog
from sqlalchemy import Dialect

log = structlog.get_logger()

_UNNAMED: Final = ""


class PoolerDetection:
    """Opens the connections of one engine; whether there is a pooler is found out with the first of them."""

    def __init__(self, direct: Mapping[str, Any], pooled: Mapping[str, Any]) -> None:
        """Takes the options of ``asyncpg.connect`` for a server and for a pooler."""
        self._direct = dict(direct)
        self._pooled = {**pooled, "statement_cache_size": 0, "prepared_statement_cache_size": 0}
        self._is_pooler: bool | None = None

    def connect(self, dialect: Dialect, _record: Any, _arguments: Any, _parameters: Any) -> Any:
        """Connects in SQLAlchemy's place, as a listener to its ``do_connect``."""
        if self._is_pooler:
            return dialect.connect(**self._pooled)
        try:
            connection = dialect.connect(**self._direct)
        except Exception as error:
            if not _refuses_settings(error):
                raise
        else:
            if self._is_pooler is None:
                self._is_pooler = connection.run_async(_is_behind_pooler)
            if not self._is_pooler:
                return connection
            dialect.do_terminate(connection)
        connection = dialect.connect(**self._pooled)
        log.info("connected through a pooler: statements are not kept prepared")
        self._is_pooler = True
        return connection


async def _is_behind_pooler(driver: Any) -> bool:
    # a pooler cannot say which of its connections will be used, so the process id it names is made up
    statement = await driver.prepare("SELECT pg_backend_pid()", name=_UNNAMED)
    return bool(await statement.fetchval() != driver.get_server_pid())


def _refuses_settings(error: Exception) -> bool:
    said = error.__cause__ or error
    return isinstance(said, asyncpg.PostgresError) and "startup parameter" in str(said)
