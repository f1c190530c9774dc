"""Runs a case through the engine, workers beside each other, and reads back what is in the database."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import Table, delete, false, func, select

from mcm_rules_engine.pipeline.apply_rules import apply_rules_to_event
from mcm_rules_engine.pipeline.decode import MatchedEvent, Matcher
from mcm_rules_engine.pipeline.handler import DetectionHandler
from mcm_rules_engine.pipeline.outbox import publish_changes
from mcm_rules_engine.pipeline.run_rules import run_rules
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.testing.generated_cases import Case, Delivery
from mcm_rules_engine.testing.oracle import Expected, ExpectedFinding
from mcm_rules_engine.testing.oracle_recomputed import OracleResult, ResultName
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.engine import AsyncConnection, AsyncEngine, create_engine, transaction
from mcm_shared.db.events import add_to_rollups, insert_events
from mcm_shared.db.findings import MESSAGE_COLUMNS, message_of
from mcm_shared.db.tables import (
    DETECTIONS,
    EVENT_DAYS,
    EVENT_ROLLUPS,
    FINDING_HISTORY,
    FINDING_OUTBOX,
    FINDINGS,
    PROFILE_TABLES,
    ROLLUPS,
    RULE_RESULTS,
    RULES,
    SOURCE_EVENTS,
    TUMBLING_COUNTS,
    USER_DAYS,
    USER_TOTALS,
)
from mcm_shared.kafka.records import Outgoing
from mcm_shared.settings import DatabaseSettings

TOPICS = Topics()

_MAX_EVENT_BYTES = 1_000_000


class WorkerDiedError(BaseException):
    """A worker dies: what it has committed stays, nothing else. No error handler of the engine runs."""


class Schedule:
    """Lets workers open their transactions one at a time in an order chosen by a seed; without a seed, as they come."""

    def __init__(self, workers: int, seed: int | None) -> None:
        self._random = None if seed is None else random.Random(seed)
        self._running = workers
        self._waiting: list[asyncio.Future[None]] = []

    async def turn(self) -> None:
        """Waits for a turn."""
        if self._random is not None:
            self._waiting.append(asyncio.get_running_loop().create_future())
            turn = self._waiting[-1]
            self._choose()
            await turn

    def leave(self) -> None:
        """Says that a worker has nothing more to do."""
        self._running -= 1
        self._choose()

    def _choose(self) -> None:
        # only when all wait: the previous worker has finished its transaction
        if self._random is not None and self._waiting and len(self._waiting) == self._running:
            self._waiting.pop(self._random.randrange(len(self._waiting))).set_result(None)


class SteppedEngine(AsyncEngine):
    """An engine whose transactions wait for ``before_each``, or end there when it raises."""

    def __init__(self, engine: AsyncEngine, before_each: Callable[[], Awaitable[None]]) -> None:
        super().__init__(engine.sync_engine)
        self._before_each = before_each

    async def connect(self) -> AsyncConnection:  # type: ignore[override]
        """Opens a connection when its turn has come."""
        await self._before_each()
        return await super().connect()


def engine_for(url: str) -> AsyncEngine:
    """Makes an engine of a worker's own."""
    return create_engine(DatabaseSettings(DATABASE_URL=SecretStr(url)))


async def handle(
    engine: AsyncEngine, ruleset: Ruleset, events: Sequence[SourceEvent], shard: int = 0
) -> list[Outgoing]:
    """Stores and completes a batch of events; returns the messages to send."""
    handler = DetectionHandler(engine, Matcher(ruleset, _MAX_EVENT_BYTES), ruleset, TOPICS, shard)
    stored = await handler.store([[MatchedEvent(event, ruleset.match(event))] for event in events])
    return list(await handler.complete(stored))


async def run_case(engines: Sequence[AsyncEngine], case: Case) -> list[FindingMessage]:
    """Runs every delivery of a case on an emptied database; returns the findings published, in order."""
    await _empty(engines[0])
    ruleset = case.ruleset
    schedule = Schedule(case.workers, case.seed)
    published: list[FindingMessage] = []
    by_worker: dict[int, list[Delivery]] = defaultdict(list)
    for delivery in case.deliveries:
        by_worker[delivery.worker].append(delivery)

    async def work(number: int) -> None:
        for delivery in by_worker[number]:
            published.extend(await _deliver(engines[number], ruleset, number, delivery, schedule))
        schedule.leave()

    # one that fails ends the others too: none may write into the next case
    async with asyncio.TaskGroup() as workers:
        for number in range(case.workers):
            workers.create_task(work(number))
    # what a run that died has left behind
    published.extend((await run_rules(engines[0], ruleset, 10)).findings)
    published.extend(await publish_all(engines[0]))
    return published


async def publish_all(engine: AsyncEngine) -> list[FindingMessage]:
    """Publishes all changes of findings in the outbox; returns their messages."""
    sent: list[Outgoing] = []

    async def send(messages: Sequence[Outgoing]) -> None:
        sent.extend(messages)

    while await publish_changes(engine, TOPICS, send):
        pass
    return [FindingMessage.model_validate_json(message.value) for message in sent]


async def _deliver(
    engine: AsyncEngine, ruleset: Ruleset, shard: int, delivery: Delivery, schedule: Schedule
) -> list[FindingMessage]:
    begun = 0

    async def before_each() -> None:
        nonlocal begun
        await schedule.turn()
        if begun == delivery.dies_at:
            raise WorkerDiedError
        begun += 1

    stepped = SteppedEngine(engine, before_each)
    try:
        if delivery.way == "singly":
            applied = [await apply_rules_to_event(event, stepped, ruleset) for event in delivery.events]
            return [finding for findings in applied for finding in findings]
        if delivery.way == "stored":
            await _save(stepped, delivery.events, shard)
            return (await run_rules(stepped, ruleset, max(1, len(delivery.events) // 2))).findings
        outgoing = await handle(stepped, ruleset, delivery.events, shard)
        return [FindingMessage.model_validate_json(message.value) for message in outgoing]
    except WorkerDiedError:
        return []


async def _save(engine: AsyncEngine, events: Sequence[SourceEvent], shard: int) -> None:
    async with transaction(engine) as connection:
        once = list({event.uid: event for event in events}.values())
        row_ids = await insert_events(connection, once, processed=False)
        await add_to_rollups(connection, (event for event in once if event.uid in row_ids), shard)


async def _empty(engine: AsyncEngine) -> None:
    async with transaction(engine) as connection:
        for table in (
            FINDING_HISTORY,
            FINDING_OUTBOX,
            RULE_RESULTS,
            FINDINGS,
            DETECTIONS,
            TUMBLING_COUNTS,
            *ROLLUPS,
            *PROFILE_TABLES,
            RULES,
            SOURCE_EVENTS,
        ):
            await connection.execute(delete(table))


async def read_messages(engine: AsyncEngine) -> dict[UUID, FindingMessage]:
    """Reads every finding as it travels."""
    async with transaction(engine, read_only=True) as connection:
        rows = (await connection.execute(select(*MESSAGE_COLUMNS))).all()
    return {row.uid: message_of(row) for row in rows}


async def read_result(engine: AsyncEngine) -> Expected:
    """Reads what is in the database, in the oracle's words."""
    messages = await read_messages(engine)
    async with transaction(engine, read_only=True) as connection:
        events = SOURCE_EVENTS.c
        assert (await connection.execute(select(func.count()).where(events.processed.is_(false())))).scalar_one() == 0
        event_ids = {row.event_uid: row.id for row in await connection.execute(select(events.event_uid, events.id))}
        rules = {row.series_id: row.rule_id for row in await connection.execute(select(FINDINGS))}
        detections = (await connection.execute(select(DETECTIONS))).all()
        rollups, event_days, user_days = [
            await _summed(connection, table) for table in (EVENT_ROLLUPS, EVENT_DAYS, USER_DAYS)
        ]
        total = USER_TOTALS.c
        of_users = select(total.user, func.sum(total["count"]), func.min(total.first_at), func.max(total.last_at))
        user_totals = {
            user: (int(count), first, last)
            for user, count, first, last in await connection.execute(of_users.group_by(total.user))
        }
    assert all(one.event_id == event_ids[one.event_uid] for one in messages.values() if one.event_uid)
    return Expected(
        findings={uid: _finding(message) for uid, message in messages.items() if not message.withdrawn},
        results=await _results(engine),
        hits=Counter((str(rules[d.series_id]), d.group_key, d.at) for d in detections if d.series_id in rules),
        rollups=rollups,
        event_days=event_days,
        user_days=user_days,
        user_totals=user_totals,
    )


async def _results(engine: AsyncEngine) -> dict[ResultName, OracleResult]:
    async with transaction(engine, read_only=True) as connection:
        rows = (await connection.execute(select(RULE_RESULTS))).all()
    return {
        (row.series_id, row.group_key, row.at, row.event_uid, row.value): OracleResult(
            row.at,
            row.event_uid,
            row.value,
            "no" if row.state == "withdrawn" else row.state,
            row.decided_by,
            (row.first_at, row.first_uid),
            (row.last_at, row.last_uid),
            row.amount,
        )
        for row in rows
    }


async def _summed(connection: AsyncConnection, table: Table) -> Counter[Any]:
    """Reads the counts of a roll-up, summed over its shards."""
    key = [column for column in table.primary_key.columns if column.name != "shard"]
    query = select(*key, func.sum(table.c["count"])).group_by(*key)
    return Counter({tuple(row[:-1]): int(row[-1]) for row in await connection.execute(query)})


def _finding(message: FindingMessage) -> ExpectedFinding:
    values: dict[str, Any] = {
        name: getattr(message, name) for name in ExpectedFinding.__dataclass_fields__ if hasattr(message, name)
    }
    for end in ("earliest", "latest"):
        values[end] = {name: value for name, value in message.extra_data[end].items() if name != "facts"}
    return ExpectedFinding(**values)
