"""Reading how the pipeline is: the groups from Kafka, the sources from the database, either without the other."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_api.database import DatabaseReader
from mcm_api.identity.restriction import current_restriction
from mcm_api.pipeline.dead_letters import DeadLettersPart
from mcm_api.pipeline.schemas import (
    DeadLetterTotal,
    GroupLag,
    GroupMember,
    PartitionLag,
    Pipeline,
    Reachable,
    SourceState,
)
from mcm_api.resources.consumer_groups import ConsumerGroups
from mcm_api.resources.event_rate import EventRate
from mcm_api.resources.queries.figures import count_events
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.tables import EVENT_DAYS, EVENT_ROLLUPS, SOURCE_EVENTS
from mcm_shared.errors import McmError
from mcm_shared.kafka.consumer_groups import GroupState, KafkaState

MAX_SOURCES: Final = 200
"""Sources that are listed, those with the most events."""

_EVENT: Final = SOURCE_EVENTS.c
_HOUR: Final = timedelta(hours=1)
_NO_KAFKA: Final = "no Kafka is configured; set KAFKA_BOOTSTRAP_SERVERS"


async def read_pipeline(
    reader: DatabaseReader, rate: EventRate, groups: ConsumerGroups | None, dead_letters: DeadLettersPart
) -> Pipeline:
    """Reads how the pipeline is; what is unreachable is reported, and the rest is returned all the same.

    Records in Kafka belong to all sources, so a restricted identity sees neither their number nor their positions.
    """
    (bus, why_no_bus), (sources, per_second, why_no_database), counts = await asyncio.gather(
        _bus(groups), _stored(reader, rate), dead_letters.counts(reader)
    )
    all_sources = current_restriction().is_none
    shown = [_group(state, groups.topics) for state in bus.groups] if bus and groups and all_sources else []
    return Pipeline(
        kafka=Reachable(reachable=bus is not None, reason=why_no_bus),
        database=Reachable(reachable=why_no_database is None, reason=why_no_database),
        events_per_second=per_second,
        lag=None if bus is None or not all_sources else sum(group.lag for group in shown),
        groups=shown,
        sources=sources,
        dead_letters=DeadLetterTotal(total=None if counts is None or not all_sources else counts.open),
    )


async def _bus(groups: ConsumerGroups | None) -> tuple[KafkaState | None, str | None]:
    if groups is None:
        return None, _NO_KAFKA
    try:
        return await groups.read(), None
    except McmError as error:
        return None, str(error)


async def _stored(reader: DatabaseReader, rate: EventRate) -> tuple[list[SourceState], float | None, str | None]:
    try:
        async with reader.transaction() as connection:
            return await _sources(connection), rate.update(await count_events(connection)), None
    except McmError as error:
        return [], None, str(error)


async def _sources(connection: AsyncConnection) -> list[SourceState]:
    """Reads the sources with the most events in one query, however many there are."""
    day, hour = EVENT_DAYS.c, EVENT_ROLLUPS.c
    since = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - _HOUR
    number = func.sum(day["count"])
    totals = (
        select(day.source, number.label("events"))
        .group_by(day.source)
        .order_by(number.desc(), day.source)
        .limit(MAX_SOURCES)
        .subquery()
    )
    in_last_hour = func.sum(case((hour.hour >= since, hour["count"]), else_=0))
    hours = (
        select(hour.source, func.max(hour.hour).label("latest"), in_last_hour.label("recent"))
        .where(hour.source.in_(select(totals.c.source)))
        .group_by(hour.source)
        .subquery()
    )
    last_event = (
        select(func.max(_EVENT.timestamp))
        .where(_EVENT.source == totals.c.source, _EVENT.timestamp >= hours.c.latest)
        .scalar_subquery()
    )
    query = (
        select(totals.c.source, totals.c.events, hours.c.recent, last_event)
        .select_from(totals.outerjoin(hours, hours.c.source == totals.c.source))
        .order_by(totals.c.source)
    )
    return [
        SourceState(
            source=source,
            events=int(events),
            last_event_at=last_event_at,
            events_last_hour=int(recent or 0),
            state="active" if recent else "quiet",
        )
        for source, events, recent, last_event_at in (await connection.execute(query)).all()
    ]


def _group(state: GroupState, topics: Topics) -> GroupLag:
    partitions: Sequence[PartitionLag] = [
        PartitionLag(
            partition=number,
            committed=state.committed.get(number),
            end=state.ends[number],
            lag=state.lag(number),
            worker=state.reader_of(number),
        )
        for number in sorted(state.ends)
    ]
    workers = [
        GroupMember(id=member.id, host=member.host, partitions=list(member.partitions)) for member in state.members
    ]
    named: dict[str, Any] = {
        "group": state.group.removeprefix(topics.prefix),
        "topic": state.topic.removeprefix(topics.prefix),
    }
    return GroupLag(**named, lag=sum(one.lag for one in partitions), partitions=list(partitions), workers=workers)
