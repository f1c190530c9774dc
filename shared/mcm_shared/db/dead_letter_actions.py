"""Actions on dead letters: appending them, and reading the newest of each letter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_shared.db.dead_letter_tables import DEAD_LETTER_ACTIONS

LOCAL_ACTOR: Final = "local"
"""The actor while the product does not know its people."""

_ACTION: Final = DEAD_LETTER_ACTIONS.c
_AT_ONCE: Final = 1_000


class DeadLetterAction(StrEnum):
    """Action of a person on a dead letter."""

    RETRIED = "retried"
    DISMISSED = "dismissed"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class LetterPlace:
    """A dead letter: its partition and offset in ``events.dead``, and the origin of its record."""

    partition: int
    offset: int
    origin: str


@dataclass(frozen=True, slots=True)
class TakenAction:
    """An action, with who took it, when and why."""

    kind: DeadLetterAction
    actor: str
    at: datetime
    reason: str | None


async def append_actions(
    connection: AsyncConnection,
    places: Sequence[LetterPlace],
    kind: DeadLetterAction,
    *,
    actor: str,
    reason: str | None = None,
) -> None:
    """Appends the same action for several dead letters."""
    for start in range(0, len(places), _AT_ONCE):
        rows = [
            {
                "partition": place.partition,
                "offset": place.offset,
                "origin": place.origin,
                "kind": kind.value,
                "actor": actor,
                "reason": reason,
            }
            for place in places[start : start + _AT_ONCE]
        ]
        await connection.execute(insert(DEAD_LETTER_ACTIONS), rows)


async def actions_revision(connection: AsyncConnection) -> tuple[int, int]:
    """Returns the revision of the actions, which changes with each: their number and the newest id."""
    count, newest = (await connection.execute(select(func.count(), func.max(_ACTION.id)))).one()
    return int(count), int(newest or 0)


async def newest_actions(connection: AsyncConnection) -> dict[LetterPlace, TakenAction]:
    """Reads the newest action of each dead letter."""
    newest = select(func.max(_ACTION.id)).group_by(_ACTION.partition, _ACTION.offset, _ACTION.origin)
    columns = (_ACTION.partition, _ACTION.offset, _ACTION.origin, _ACTION.kind, _ACTION.actor, _ACTION.at)
    query = select(*columns, _ACTION.reason).where(_ACTION.id.in_(newest))
    return {
        LetterPlace(row.partition, row.offset, row.origin): TakenAction(
            DeadLetterAction(row.kind), row.actor, row.at, row.reason
        )
        for row in await connection.execute(query)
    }
