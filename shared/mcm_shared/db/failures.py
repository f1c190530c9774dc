"""Classifies the errors of a database driver: refused data, a refused login, or a database that is down.

Only errors that are known to concern the data are DataRefusedError. Everything else may pass by itself (a failover, a
revoked privilege, a full disk, a server that dies), so it is a DatabaseDownError: back off and try again.
"""

import sqlite3
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import asyncpg
from sqlalchemy.exc import (
    DBAPIError,
    DisconnectionError,
    InvalidRequestError,
    PendingRollbackError,
    ResourceClosedError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from mcm_shared.errors import ConfigurationError, DatabaseDownError, DataRefusedError, McmError

# SQLSTATE classes: data exception, integrity constraint violation, program limit exceeded (an index row, nesting)
_ABOUT_DATA: Final = ("22", "23", "54")
_REFUSED_LOGIN: Final = ("28000", "28P01", "3D000")
_MISSING_SCHEMA: Final = ("42P01", "42703", "3F000")
# after these the connection is still usable: errors of data, a rollback after a deadlock, a lock that was not
# granted, a cancelled statement, a table that a migration has yet to create, a missing privilege
_HARMLESS_TO_CONNECTION: Final = (*_ABOUT_DATA, "40", "55", "57014", *_MISSING_SCHEMA, "42501")
# these affect all connections opened before: the server went away or became a replica, or it (or a pooler before
# it) does not have the prepared statements that the driver expects
_ABOUT_EVERY_CONNECTION: Final = ("08", "57P", "25006", "26000", "42P05")

_DRIVER_ERRORS: Final = (
    DBAPIError,
    DisconnectionError,
    PendingRollbackError,
    PoolTimeoutError,
    ResourceClosedError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    sqlite3.Error,
    OSError,
    TimeoutError,
)


class Discard(Enum):
    """Connections to discard after a failure."""

    NONE = auto()
    THIS = auto()
    ALL_OPEN = auto()


@dataclass(frozen=True, slots=True)
class Failure:
    """A driver's error as an error of the product, with the connections to discard."""

    error: McmError
    discard: Discard


def failure_of(error: BaseException, *, connection_lost: bool) -> Failure | None:
    """Classifies an error of a transaction; None for one that does not come from the database.

    ``connection_lost``: the driver has closed the connection. Then any error is a consequence: drivers raise what
    they happen to run into (RuntimeError, AttributeError) when a connection goes away under a statement.
    """
    said = _driver_error(error)
    state = _sqlstate(said)
    _drop_details(error, said)
    if _is_about_data(error, said, state):
        return Failure(DataRefusedError(_first_line(said)), Discard.NONE)
    if connection_lost and not isinstance(error, McmError):
        return Failure(_down(said, state), Discard.ALL_OPEN)
    if not isinstance(error, _DRIVER_ERRORS):
        return None
    if state in _MISSING_SCHEMA or "no such table" in str(said):
        reason = f"the database's schema is not up to date; run mcm-migrate ({_first_line(said)})"
        return Failure(DatabaseDownError(reason), Discard.NONE)
    return Failure(_down(said, state), _discard(said, state))


def connect_failure(error: Exception, *, connected_before: bool) -> McmError:
    """Classifies an error of connecting; a login that was good before is refused only for now."""
    said = _driver_error(error)
    state = _sqlstate(said)
    if state in _REFUSED_LOGIN:
        reason = f"the database refuses the login in DATABASE_URL: {_first_line(said)}"
        return DatabaseDownError(reason) if connected_before else ConfigurationError(reason)
    if isinstance(said, asyncpg.exceptions.ClientConfigurationError):
        return ConfigurationError(f"DATABASE_URL cannot be used: {_first_line(said)}")
    if state.startswith("08") and "startup parameter" in str(said):
        return ConfigurationError(
            f"the pooler in DATABASE_URL refuses a parameter; remove it there or let the pooler ignore it: {said}"
        )
    return _down(said, state)


def _driver_error(error: BaseException) -> BaseException:
    """Unwraps what SQLAlchemy and its adapter of asyncpg have put around the driver's error."""
    if isinstance(error, StatementError) and error.orig is not None:
        return error.orig.__cause__ or error.orig
    return error


def _drop_details(error: BaseException, said: BaseException) -> None:
    """Removes the lines after the first, where Postgres writes values of rows: what is chained ends up in logs."""
    for each in (error, getattr(error, "orig", None), said):
        if isinstance(each, asyncpg.PostgresError):
            each.detail = None
        if (
            isinstance(each, Exception)
            and each.args
            and isinstance(each.args[0], str)
            and not isinstance(each, McmError)
        ):
            each.args = (each.args[0].partition("\n")[0], *each.args[1:])


def _sqlstate(said: BaseException) -> str:
    return str(getattr(said, "sqlstate", None) or "")


def _is_about_data(error: BaseException, said: BaseException, state: str) -> bool:
    if state:
        return state.startswith(_ABOUT_DATA)
    if isinstance(said, asyncpg.InterfaceError):
        # a value that the driver cannot encode; its wrong settings are ValueErrors too
        return isinstance(said, ValueError) and not isinstance(said, asyncpg.exceptions.ClientConfigurationError)
    if isinstance(error, StatementError) and not isinstance(error, DBAPIError):
        # a column's type could not make a parameter of a value
        return not isinstance(said, InvalidRequestError)
    return isinstance(said, sqlite3.IntegrityError | sqlite3.DataError | UnicodeError | OverflowError)


def _discard(said: BaseException, state: str) -> Discard:
    if state:
        if isinstance(said, asyncpg.InvalidCachedStatementError) or state.startswith(_ABOUT_EVERY_CONNECTION):
            return Discard.ALL_OPEN
        return Discard.NONE if state.startswith(_HARMLESS_TO_CONNECTION) else Discard.THIS
    return Discard.NONE if isinstance(said, sqlite3.Error | PoolTimeoutError) else Discard.THIS


def _down(said: BaseException, state: str) -> DatabaseDownError:
    reason = _first_line(said)
    if not state or state.startswith(("08", "57P")):
        return DatabaseDownError(f"the database does not answer: {reason}")
    return DatabaseDownError(f"the database refuses the operation: {reason} (SQLSTATE {state})")


def _first_line(said: BaseException) -> str:
    lines = str(said).splitlines()
    return lines[0] if lines else type(said).__name__
