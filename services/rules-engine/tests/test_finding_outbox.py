"""The outbox: each change of a recomputed finding is published at least once, also when its worker dies."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from mcm_rules_engine.pipeline.outbox import publish_changes
from mcm_rules_engine.sigma.load import parse_rules
from mcm_rules_engine.testing.deliveries import (
    TOPICS,
    SteppedEngine,
    WorkerDiedError,
    engine_for,
    handle,
    publish_all,
    read_messages,
)
from mcm_rules_engine.testing.rulesets import NOT_FOLLOWED
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.db.engine import AsyncEngine
from mcm_shared.errors import BrokerDownError, MessageRefusedError
from mcm_shared.testing.builders import NOON, an_event

RULESET = parse_rules(NOT_FOLLOWED)


def at(minute: float, event_type: str) -> SourceEvent:
    return an_event(id=f"{event_type} {minute}", event_type=event_type, timestamp=NOON + timedelta(minutes=minute))


async def the_finding(engine: AsyncEngine) -> FindingMessage:
    (finding,) = (await read_messages(engine)).values()
    return finding


async def store_and_die(engine: AsyncEngine, events: Sequence[SourceEvent], transactions: int) -> None:
    begun = 0

    async def before_each() -> None:
        nonlocal begun
        begun += 1
        if begun > transactions:
            raise WorkerDiedError

    with pytest.raises(WorkerDiedError):
        await handle(SteppedEngine(engine, before_each), RULESET, events)


async def test_what_a_worker_decided_before_it_died_is_published(engine: AsyncEngine) -> None:
    await handle(engine, RULESET, [at(0, "started")])
    assert await publish_all(engine) == []
    # it stores the event, finds nothing of its own, reads what is due, and decides it
    await store_and_die(engine, [at(31, "other")], 3)
    assert await publish_all(engine) == [await the_finding(engine)]
    assert await publish_all(engine) == []


async def test_changes_stay_in_the_outbox_until_kafka_has_them(engine: AsyncEngine) -> None:
    await handle(engine, RULESET, [at(0, "started"), at(31, "other")])

    async def send(_: object) -> None:
        raise BrokerDownError("down")

    with pytest.raises(BrokerDownError):
        await publish_changes(engine, TOPICS, send)
    (message,) = await publish_all(engine)
    assert message == await the_finding(engine)


async def test_a_change_beside_the_publishing_of_the_one_before_is_published_too(database_url: str) -> None:
    one, other = engine_for(database_url), engine_for(database_url)
    try:
        await handle(one, RULESET, [at(0, "started"), at(31, "other")])

        async def send(_: object) -> None:
            await handle(other, RULESET, [at(10, "ended")])

        assert await publish_changes(one, TOPICS, send) == 1
        (message,) = await publish_all(one)
        assert message.withdrawn
    finally:
        await one.dispose()
        await other.dispose()


async def test_a_message_that_kafka_refuses_holds_nothing_up(engine: AsyncEngine) -> None:
    await handle(engine, RULESET, [at(0, "started"), at(31, "other")])

    async def send(_: object) -> None:
        raise MessageRefusedError("too large")

    assert await publish_changes(engine, TOPICS, send) == 1
    assert await publish_all(engine) == []
