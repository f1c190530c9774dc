"""The running pipeline as a test sees it from outside: what goes in, what is in the topics and in the database."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy import func, select

from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.engine import AsyncEngine, create_engine, transaction
from mcm_shared.db.findings import MESSAGE_COLUMNS, message_of
from mcm_shared.db.profile_tables import PROFILE_DAYS, PROFILE_WEEKS
from mcm_shared.db.tables import (
    EVENT_DAYS,
    EVENT_ROLLUPS,
    FINDING_OUTBOX,
    FINDINGS,
    SOURCE_EVENTS,
    USER_DAYS,
    USER_TOTALS,
)
from mcm_shared.errors import TransientError
from mcm_shared.kafka.committed_offsets import read_committed_offsets
from mcm_shared.kafka.producer import connect_producer
from mcm_shared.kafka.read_topic import read_topic
from mcm_shared.kafka.records import Outgoing, Record
from mcm_shared.settings import DatabaseSettings, KafkaSettings
from tests.stack import environment_for

Condition = Callable[[], Awaitable[bool]]


async def until(condition: Condition, seconds: float = 60, what: str = "it is so", every: float = 0.05) -> float:
    """Waits until a condition holds; returns the seconds it took, fails when it does not within ``seconds``."""
    began = time.monotonic()
    while not await condition():
        assert time.monotonic() - began < seconds, f"not within {seconds:.0f} s: {what}"
        await asyncio.sleep(every)
    return time.monotonic() - began


def canonical(event: SourceEvent) -> bytes:
    """Writes an event as a person would push it."""
    return orjson.dumps(
        {
            "id": event.id,
            "source": event.source,
            "event_type": event.event_type,
            "user": event.user,
            "timestamp": event.timestamp,
            "raw_data": event.raw_data,
        }
    )


@dataclass(frozen=True)
class Pipeline:
    """One set of topics and one database."""

    kafka: KafkaSettings
    database_url: str

    @property
    def topics(self) -> Topics:
        """Its topics."""
        return Topics(self.kafka.topic_prefix)

    @property
    def environment(self) -> dict[str, str]:
        """The environment for our commands."""
        environment = environment_for(self.database_url, self.kafka.bootstrap_servers, self.kafka.topic_prefix)
        return {**environment, "MCM_TOPIC_PARTITIONS": str(self.kafka.topic_partitions)}

    def connect(self) -> AsyncEngine:
        """Makes an engine for the database."""
        return create_engine(DatabaseSettings.model_validate({"DATABASE_URL": self.database_url}), pooled=False)

    async def push(self, *payloads: bytes, headers: tuple[tuple[str, bytes], ...] = ()) -> None:
        """Sends payloads to ``events.raw``, spread over its partitions in small batches, whatever is down meanwhile."""
        async with connect_producer(self.kafka) as producer:
            for start in range(0, len(payloads), 200):
                batch = [
                    Outgoing(self.topics.raw, payload, headers=headers) for payload in payloads[start : start + 200]
                ]
                while True:
                    try:
                        await producer.send(batch)
                        break
                    except TransientError:
                        await asyncio.sleep(0.2)

    async def records(self, topic: str) -> list[Record]:
        """Reads all that a topic holds."""
        return [record async for record in read_topic(self.kafka, topic)]

    async def last_published(self, topic: str) -> dict[UUID, FindingMessage]:
        """Reads the last version of each finding in a topic."""
        last: dict[UUID, FindingMessage] = {}
        for record in await self.records(topic):
            finding = FindingMessage.model_validate_json(record.value or b"")
            if finding.uid not in last or finding.version >= last[finding.uid].version:
                last[finding.uid] = finding
        return last

    async def lag(self, group: str, topic: str) -> int:
        """Counts the records that a group has not committed yet."""
        async with AIOKafkaConsumer(bootstrap_servers=self.kafka.bootstrap_servers) as consumer:
            places = [TopicPartition(topic, number) for number in range(self.kafka.topic_partitions)]
            ends = await consumer.end_offsets(places)
        committed = await read_committed_offsets(self.kafka, self.topics.group(group), topic)
        return sum(end - committed.get(place.partition, 0) for place, end in ends.items())

    async def is_idle(self, group: str = "rules-engine") -> bool:
        """Says whether a group has committed all there is, and the rules-engines have published what they decided."""
        topic = {"rules-engine": self.topics.raw, "enricher": self.topics.findings}[group]
        return await self.lag(group, topic) == 0 and await self._count_unpublished() == 0

    async def count_events(self) -> int:
        """Counts the events stored."""
        return int((await self._rows(select(func.count()).select_from(SOURCE_EVENTS)))[0][0])

    async def count_rolled_up(self) -> int:
        """Counts the events by the roll-ups."""
        return int((await self._rows(select(func.sum(EVENT_ROLLUPS.c["count"]))))[0][0] or 0)

    async def event_uids(self) -> set[UUID]:
        """Reads the uids of the events stored."""
        return {row[0] for row in await self._rows(select(SOURCE_EVENTS.c.event_uid))}

    async def source_event_ids(self) -> dict[UUID, str]:
        """Reads the ids that the sources gave their events, by uid."""
        columns = SOURCE_EVENTS.c
        return {row[0]: row[1] for row in await self._rows(select(columns.event_uid, columns.source_event_id))}

    async def findings(self) -> dict[UUID, FindingMessage]:
        """Reads every finding of the database as it travels."""
        return {row.uid: message_of(row) for row in await self._rows(select(*MESSAGE_COLUMNS))}

    async def count_unenriched(self) -> int:
        """Counts findings without a score and an explanation."""
        query = select(func.count()).select_from(FINDINGS).where(FINDINGS.c.ai_explanation.is_(None))
        return int((await self._rows(query))[0][0])

    async def is_scored(self) -> bool:
        """Says whether the rules-engines are idle and have scored behaviour too, which they do a little later."""
        if not await self.is_idle():
            return False
        days = select(func.count()).select_from(PROFILE_DAYS).where(PROFILE_DAYS.c.touched != 0)
        weeks = select(func.count()).select_from(PROFILE_WEEKS).where(PROFILE_WEEKS.c.touched != 0)
        touched = (await self._rows(select(days.scalar_subquery() + weeks.scalar_subquery())))[0][0]
        return bool(touched == 0) and await self._count_unpublished() == 0

    async def _count_unpublished(self) -> int:
        """Counts the changes of recomputed findings that wait in the outbox."""
        return int((await self._rows(select(func.count()).select_from(FINDING_OUTBOX)))[0][0])

    async def assert_counted_once(self, expected: Sequence[SourceEvent]) -> None:
        """Asserts that the events are those expected, each once, and that the roll-ups say the same."""
        columns = SOURCE_EVENTS.c
        rows = await self._rows(
            select(columns.event_uid, columns.timestamp, columns.source, columns.event_type, columns.user)
        )
        stored = Counter(row.event_uid for row in rows)
        assert max(stored.values(), default=1) == 1
        assert stored.keys() == {event.uid for event in expected}
        hours = Counter((row.timestamp.replace(minute=0, second=0, microsecond=0), row.source) for row in rows)
        days = Counter((row.timestamp.date(), row.source, row.event_type) for row in rows)
        users = Counter((row.user, row.timestamp.date(), row.source) for row in rows if row.user is not None)
        totals = Counter((row.user,) for row in rows if row.user is not None)
        counts: list[Mapping[Any, int]] = [hours, days, users, totals]
        for table, counted in zip((EVENT_ROLLUPS, EVENT_DAYS, USER_DAYS, USER_TOTALS), counts, strict=True):
            key = [column for column in table.primary_key.columns if column.name != "shard"]
            query = select(*key, func.sum(table.c["count"])).group_by(*key)
            assert {tuple(row[:-1]): int(row[-1]) for row in await self._rows(query)} == counted, table.name

    async def assert_published(self) -> None:
        """Asserts that the last version of each finding in the topic is the one in the database."""
        last = await self.last_published(self.topics.findings)
        assert {uid: _without_ai(finding) for uid, finding in last.items()} == {
            uid: _without_ai(finding) for uid, finding in (await self.findings()).items()
        }

    async def assert_enrichments_published(self) -> None:
        """Asserts that every finding is enriched, and that the last published state is what is in the database."""
        stored = await self.findings()
        assert [finding for finding in stored.values() if finding.risk_score is None] == []
        published = await self.last_published(self.topics.enriched)
        assert published.keys() == stored.keys()
        for uid, finding in published.items():
            assert (finding.risk_score, finding.ai_explanation) == (stored[uid].risk_score, stored[uid].ai_explanation)

    async def _rows(self, query: Any) -> Sequence[Any]:
        engine = self.connect()
        try:
            async with transaction(engine, read_only=True) as connection:
                return (await connection.execute(query)).all()
        finally:
            await engine.dispose()


def _without_ai(finding: FindingMessage) -> FindingMessage:
    return finding.model_copy(
        update={"risk_score": None, "ai_explanation": None, "ai_source": None, "ai_enriched_at": None}
    )
