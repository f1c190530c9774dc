"""Stored events: compared with repeats, read, and locked for processing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, false, select, update

from mcm_rules_engine.model.detection import KnownEvent
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.db.bulk import among
from mcm_shared.db.engine import AsyncConnection
from mcm_shared.db.events import source_event_of
from mcm_shared.db.tables import SOURCE_EVENTS


def content_of(event: Any) -> tuple[Any, ...]:
    """Returns the content of an event or its row, to compare two that carry the same id."""
    return event.event_type, event.user, event.timestamp, event.raw_data


async def read_conflicts(connection: AsyncConnection, repeated: Sequence[SourceEvent]) -> dict[UUID, KnownEvent]:
    """Reads, by uid, the events that are stored already with other content than these."""
    if not repeated:
        return {}
    columns = SOURCE_EVENTS.c
    query = select(columns.event_uid, columns.event_type, columns.user, columns.timestamp, columns.raw_data).where(
        among(columns.event_uid, [event.uid for event in repeated], connection)
    )
    stored = {row.event_uid: content_of(row) for row in (await connection.execute(query)).all()}
    others = [event.uid for event in repeated if stored.get(event.uid) != content_of(event)]
    return await read_known_events(connection, others)


async def read_known_events(connection: AsyncConnection, uids: Collection[UUID]) -> dict[UUID, KnownEvent]:
    """Reads stored events by uid."""
    if not uids:
        return {}
    query = select(SOURCE_EVENTS).where(among(SOURCE_EVENTS.c.event_uid, uids, connection))
    return {row["event_uid"]: _known(row) for row in (await connection.execute(query)).mappings()}


@dataclass(frozen=True, slots=True)
class Unprocessed:
    """An event whose rules are to run; ``detected`` says that its detections are stored already."""

    known: KnownEvent
    detected: bool


async def lock_unprocessed(connection: AsyncConnection, limit: int) -> list[Unprocessed]:
    """Reads and locks events whose rules have not run, oldest row first; skips those locked already."""
    query = (
        select(SOURCE_EVENTS)
        .where(SOURCE_EVENTS.c.processed.is_(false()))
        .order_by(SOURCE_EVENTS.c.id)
        .limit(limit)
        # a finding may refer to these rows meanwhile: that needs their keys only, and must not wait for this lock
        .with_for_update(skip_locked=True, key_share=True)
    )
    return [Unprocessed(_known(row), row["detected"]) for row in (await connection.execute(query)).mappings()]


async def lock_event(connection: AsyncConnection, uid: UUID) -> Unprocessed:
    """Reads and locks one stored event, whether its rules have run or not."""
    query = select(SOURCE_EVENTS).where(SOURCE_EVENTS.c.event_uid == uid).with_for_update(key_share=True)
    row = (await connection.execute(query)).mappings().one()
    return Unprocessed(_known(row), row["detected"])


async def mark_detected(connection: AsyncConnection, row_ids: Collection[int]) -> None:
    """Notes that the detections of these events are stored, so that no counter counts them twice."""
    is_meant = among(SOURCE_EVENTS.c.id, row_ids, connection)
    await connection.execute(update(SOURCE_EVENTS).where(is_meant).values(detected=True))


async def mark_processed(connection: AsyncConnection, row_ids: Collection[int]) -> None:
    """Notes that the rules of these events have run, correlations included."""
    is_meant = among(SOURCE_EVENTS.c.id, row_ids, connection)
    # locked in one order: two runs that process the same events wait for each other and never deadlock
    row_id = SOURCE_EVENTS.c.id
    await connection.execute(select(row_id).where(is_meant).order_by(row_id).with_for_update(key_share=True))
    await connection.execute(update(SOURCE_EVENTS).where(is_meant).values(processed=True))


def _known(row: RowMapping) -> KnownEvent:
    return KnownEvent(source_event_of(row), row["id"])
