"""Saving events without Kafka: each once, unprocessed, and counted in the roll-ups."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_ingestor.generator import generate_fake_events_batch, save_events_to_db
from mcm_shared.contracts.events import event_uid
from mcm_shared.db.engine import transaction
from mcm_shared.db.tables import EVENT_ROLLUPS, SOURCE_EVENTS
from mcm_shared.errors import ConfigurationError, PoisonEventError
from mcm_shared.testing.builders import NOON, a_raw_event


async def counted(engine: AsyncEngine) -> tuple[int, int]:
    """Counts the stored events and what the roll-ups say of them."""
    async with transaction(engine, read_only=True) as connection:
        stored = await connection.scalar(select(func.count()).select_from(SOURCE_EVENTS))
        rolled_up = await connection.scalar(select(func.sum(EVENT_ROLLUPS.c.count)))
    return int(stored or 0), int(rolled_up or 0)


async def test_events_are_stored_as_they_are_and_unprocessed(engine: AsyncEngine) -> None:
    event = a_raw_event(id="evt-1", source="app", user=None, timestamp=NOON, ip="192.0.2.7", nested={"a": [1, None]})

    assert await save_events_to_db([event], engine) == 1

    async with transaction(engine, read_only=True) as connection:
        row = (await connection.execute(select(SOURCE_EVENTS))).one()
    assert row.event_uid == event_uid("app", "evt-1")
    assert (row.source, row.source_event_id, row.event_type, row.user) == ("app", "evt-1", "login_success", None)
    assert row.timestamp == NOON
    assert row.raw_data == {"ip": "192.0.2.7", "nested": {"a": [1, None]}}
    assert row.processed is False
    assert row.attributes is None


async def test_saving_again_inserts_only_what_is_new(engine: AsyncEngine) -> None:
    events = generate_fake_events_batch(2_500, seed=1, now=datetime(2026, 11, 20, tzinfo=UTC))

    assert await save_events_to_db(events[:1_000], engine) == 1_000
    assert await save_events_to_db(events, engine) == 1_500
    assert await save_events_to_db(events, engine) == 0

    assert await counted(engine) == (2_500, 2_500)


async def test_an_event_without_an_id_is_known_by_what_it_says(engine: AsyncEngine) -> None:
    event, other = a_raw_event(id=None, ip="192.0.2.1"), a_raw_event(id=None, ip="192.0.2.2")

    assert await save_events_to_db([event, other, event], engine) == 2
    assert await save_events_to_db([other], engine) == 0


async def test_what_the_database_cannot_hold_is_refused(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)

    with pytest.raises(PoisonEventError, match="the database refuses the events"):
        await save_events_to_db([a_raw_event(user="mona\x00@example.com")])


async def test_the_database_is_that_of_the_environment(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    assert await save_events_to_db([a_raw_event()]) == 1

    monkeypatch.delenv("DATABASE_URL")
    with pytest.raises(ConfigurationError, match="DATABASE_URL: is not set"):
        await save_events_to_db([a_raw_event()])
