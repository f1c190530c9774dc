"""Rows of exceptions, and of the actions on them."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, func, insert, select

from mcm_shared.contracts.exceptions import ExceptionActionKind, ExceptionState, StoredException
from mcm_shared.db.bulk import among
from mcm_shared.db.engine import AsyncConnection
from mcm_shared.db.exception_tables import EXCEPTION_ACTIONS, EXCEPTIONS
from mcm_shared.db.finding_changes import PEOPLE_SHARD, note_change

_EXCEPTION: Final = EXCEPTIONS.c
_ACTION: Final = EXCEPTION_ACTIONS.c


@dataclass(frozen=True, slots=True)
class StoredExceptionAction:
    """An action on an exception as stored."""

    exception_id: int
    at: datetime
    actor: str
    kind: str
    reason: str | None


async def read_exceptions(
    connection: AsyncConnection, *, before: int | None = None, limit: int | None = None
) -> list[StoredException]:
    """Reads exceptions, the newest first; those with a lower id than ``before``."""
    query = _exceptions().order_by(_EXCEPTION.id.desc()).limit(limit)
    if before is not None:
        query = query.where(_EXCEPTION.id < before)
    return [StoredException(*row) for row in await connection.execute(query)]


async def read_exception(connection: AsyncConnection, number: int) -> StoredException | None:
    """Reads one exception; None where there is none."""
    row = (await connection.execute(_exceptions().where(_EXCEPTION.id == number))).one_or_none()
    return None if row is None else StoredException(*row)


async def read_unexpired(connection: AsyncConnection, now: datetime) -> list[StoredException]:
    """Reads the exceptions that were not revoked and have not expired, in the order of their numbers."""
    query = _exceptions().where(_EXCEPTION.expires_at > now).order_by(_EXCEPTION.id)
    found = [StoredException(*row) for row in await connection.execute(query)]
    return [each for each in found if each.state(now) is not ExceptionState.REVOKED]


async def insert_exception(connection: AsyncConnection, values: Mapping[str, Any]) -> int:
    """Inserts an exception and returns its number."""
    statement = insert(EXCEPTIONS).values(values).returning(_EXCEPTION.id)
    number = int((await connection.execute(statement)).scalar_one())
    await note_change(connection, PEOPLE_SHARD)
    return number


async def append_exception_action(
    connection: AsyncConnection, number: int, kind: ExceptionActionKind, actor: str, reason: str | None, at: datetime
) -> None:
    """Appends an action; what is computed from findings is computed anew, since it may change what they count for.

    Raises DataRefusedError for an action that was taken before.
    """
    action = {"exception_id": number, "at": at, "actor": actor, "kind": kind.value, "reason": reason}
    await connection.execute(insert(EXCEPTION_ACTIONS).values(action))
    await note_change(connection, PEOPLE_SHARD)


async def read_exception_actions(
    connection: AsyncConnection, numbers: Collection[int]
) -> Mapping[int, list[StoredExceptionAction]]:
    """Reads the actions on exceptions, the oldest first, by the number of the exception."""
    columns = [_ACTION[name] for name in StoredExceptionAction.__slots__]
    query = select(*columns).where(among(_ACTION.exception_id, numbers, connection)).order_by(_ACTION.id)
    actions: dict[int, list[StoredExceptionAction]] = defaultdict(list)
    for row in await connection.execute(query):
        action = StoredExceptionAction(*row)
        actions[action.exception_id].append(action)
    return actions


def _exceptions() -> Select[*tuple[Any, ...]]:
    columns = [_EXCEPTION[name] for name in StoredException.__slots__ if name in _EXCEPTION]
    return select(*columns, _first(ExceptionActionKind.APPROVE), _first(ExceptionActionKind.REVOKE))


def _first(kind: ExceptionActionKind) -> Any:
    at = func.min(_ACTION.at, type_=_ACTION.at.type)
    return select(at).where(_ACTION.exception_id == _EXCEPTION.id, _ACTION.kind == kind.value).scalar_subquery()
