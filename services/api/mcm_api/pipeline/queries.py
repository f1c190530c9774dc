"""Reading how the pipeline is: the groups from Kafka, the sources from the database, either without the other."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_api.database import DatabaseReader
from mcm_api.pipeline.schemas import (
    DeadLetterTotal,
    GroupLag,
    GroupMember,
    PartitionLag,
    Pipeline,
    Reachable,
    SourceState,
)
from mcm_api.resources.event_rate import EventRate
from mcm_api.resources.queries.figures import count_events
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.tables import EVENT_DAYS, EVENT_ROLLUPS, SOURCE_EVENTS
from mcm_shared.errors import McmError
from mcm_shared.kafka.consumer_groups import GroupState, KafkaState, read_kafka_state
from mcm_shared.settings import KafkaSettings

_EVENT: Final = SOURCE_EVENTS.c
_HOUR: Final = timedelta(hours=1)
_NO_KAFKA: Final = "no Kafka is configured; set KAFKA_BOOTSTRAP_SERVERS"


async def read_pipeline(reader: DatabaseReader, rate: EventRate, kafka: KafkaSettings | None) -> Pipeline:
    """Reads how the pipeline is; what is unreachable is reported, and the rest is returned all the same."""
    bus, why_no_bus = await _bus(kafka)
    sources, per_second, why_no_database = await _stored(reader, rate)
    topics = Topics(kafka.topic_prefix if kafka else "")
    groups = [] if bus is None else [_group(state, topics) for state in bus.groups]
    return Pipeline(
        kafka=Reachable(reachable=bus is not None, reason=why_no_bus),
        database=Reachable(reachable=why_no_database is None, reason=why_no_database),
        events_per_second=per_second,
        lag=None if bus is None else sum(group.lag for group in groups),
        groups=groups,
        sources=sources,
        dead_letters=DeadLetterTotal(total=None if bus is None else bus.records[topics.dead]),
    )


async def _bus(kafka: KafkaSettings | None) -> tuple[KafkaState | None, str | None]:
    if kafka is None:
        return None, _NO_KAFKA
    topics = Topics(kafka.topic_prefix)
    groups = [(topics.group("rules-engine"), topics.raw), (topics.group("enricher"), topics.findings)]
    try:
        return await read_kafka_state(kafka, groups, [topics.dead]), None
    except McmError as error:
        return None, str(error)


async def _stored(reader: DatabaseReader, rate: EventRate) -> tuple[list[SourceState], float | None, str | None]:
    try:
        async with reader.transaction() as connection:
            return await _sources(connection), rate.update(await count_events(connection)), None
    except McmError as error:
        return [], None, str(error)


async def _sources(connection: AsyncConnection) -> list[SourceState]:
    day, hour = EVENT_DAYS.c, EVENT_ROLLUPS.c
    since = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - _HOUR
    totals = select(day.source, func.sum(day["count"])).group_by(day.source).order_by(day.source)
    hours = select(hour.source, func.max(hour.hour)).group_by(hour.source)
    recent = select(hour.source, func.sum(hour["count"])).where(hour.hour >= since).group_by(hour.source)
    latest: dict[str, datetime] = {row[0]: row[1] for row in await connection.execute(hours)}
    of_late: dict[str, int] = {source: int(count) for source, count in await connection.execute(recent)}
    return [
        SourceState(
            source=source,
            events=int(count),
            last_event_at=await _last_event(connection, source, latest.get(source)),
            events_last_hour=of_late.get(source, 0),
            state="active" if of_late.get(source) else "quiet",
        )
        for source, count in (await connection.execute(totals)).all()
    ]


async def _last_event(connection: AsyncConnection, source: str, hour: datetime | None) -> datetime | None:
    if hour is None:
        return None
    query = (
        select(_EVENT.timestamp)
        .where(_EVENT.source == source, _EVENT.timestamp >= hour)
        .order_by(_EVENT.timestamp.desc(), _EVENT.id.desc())
        .limit(1)
    )
    found: datetime | None = (await connection.execute(query)).scalar_one_or_none()
    return found


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
