"""Applying the rules to one event: stored once, counted once, its findings returned."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from mcm_rules_engine import apply_rules_to_event
from mcm_rules_engine.pipeline.run_rules import run_rules
from mcm_rules_engine.sigma.load import load_rules, parse_rules
from mcm_rules_engine.testing.rulesets import builtin_rules
from mcm_shared.contracts.events import content_id, from_raw_event
from mcm_shared.db.engine import AsyncEngine, create_engine, transaction
from mcm_shared.db.events import add_to_rollups, insert_events
from mcm_shared.db.tables import EVENT_ROLLUPS, RULES, SOURCE_EVENTS
from mcm_shared.settings import DatabaseSettings
from mcm_shared.testing.builders import NOON, a_public_bucket, a_raw_event, an_event

RULESET = builtin_rules()


@pytest.fixture(params=["postgresql", "sqlite"])
async def db(request: pytest.FixtureRequest) -> AsyncIterator[AsyncEngine]:
    """An empty database, once of each kind."""
    url = request.getfixturevalue("database_url" if request.param == "postgresql" else "sqlite_url")
    engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(url)))
    yield engine
    await engine.dispose()


async def stored(db: AsyncEngine) -> tuple[int, int, int]:
    """Counts the events, those of them that are processed, and those in the roll-ups."""
    columns = SOURCE_EVENTS.c
    async with transaction(db, read_only=True) as connection:
        events = (await connection.execute(select(func.count()).select_from(SOURCE_EVENTS))).scalar_one()
        processed = (
            await connection.execute(select(func.count()).where(columns.processed, columns.detected))
        ).scalar_one()
        counted = (await connection.execute(select(func.coalesce(func.sum(EVENT_ROLLUPS.c.count), 0)))).scalar_one()
    return events, processed, int(counted)


async def test_an_event_is_stored_and_its_findings_are_returned(db: AsyncEngine) -> None:
    event = a_public_bucket()
    (finding,) = await apply_rules_to_event(event, db)
    assert (finding.rule_name, finding.severity, finding.detection_count) == ("bucket_made_public", "critical", 1)
    assert finding.event_uid == event.uid
    assert await stored(db) == (1, 1, 1)
    async with transaction(db, read_only=True) as connection:
        names = {row.name for row in await connection.execute(select(RULES.c.name).where(RULES.c.active))}
    assert names == {rule.name for rule in load_rules().all}


async def test_an_event_that_no_rule_holds_for_is_stored_too(db: AsyncEngine) -> None:
    assert await apply_rules_to_event(an_event(event_type="login_success"), db, RULESET) == []
    assert await stored(db) == (1, 1, 1)


async def test_an_event_without_an_id_is_the_same_wherever_it_is_stored_without_kafka(db: AsyncEngine) -> None:
    event = a_raw_event(id=None)
    named_by_content = from_raw_event(event, content_id(event))
    async with transaction(db) as connection:
        # as the ingestor writes it into a database
        await insert_events(connection, [named_by_content], processed=False)
        await add_to_rollups(connection, [named_by_content], 0)
    await apply_rules_to_event(event, db, RULESET)
    await apply_rules_to_event(event.model_copy(), db, RULESET)
    assert await stored(db) == (1, 1, 1)


async def test_the_same_event_again_changes_nothing_and_returns_the_same(db: AsyncEngine) -> None:
    event = a_public_bucket()
    first = await apply_rules_to_event(event, db, RULESET)
    assert await apply_rules_to_event(event, db, RULESET) == first
    assert await stored(db) == (1, 1, 1)


async def test_a_raw_event_without_an_id_is_known_by_its_content(db: AsyncEngine) -> None:
    raw = a_raw_event(id=None, event_type="api_token_created", scopes=["admin:*"])
    first = await apply_rules_to_event(raw, db, RULESET)
    assert [finding.detection_count for finding in first] == [1] * len(first) != []
    assert await apply_rules_to_event(raw, db, RULESET) == first
    other = raw.model_copy(update={"raw_data": {"scopes": ["admin:*"], "token_id": "t-2"}})
    assert {finding.detection_count for finding in await apply_rules_to_event(other, db, RULESET)} == {2}


async def test_correlations_look_whatever_order_events_come_in(db: AsyncEngine) -> None:
    failures = [an_event(event_type="login_failed", timestamp=NOON + timedelta(minutes=at)) for at in (8, 0, 6, 2)]
    for failure in failures:
        assert await apply_rules_to_event(failure, db, RULESET) == []
    (finding,) = await apply_rules_to_event(
        an_event(event_type="login_failed", timestamp=NOON + timedelta(minutes=4)), db, RULESET
    )
    assert (finding.rule_name, finding.severity, finding.first_seen) == (
        "login_failures",
        "medium",
        NOON + timedelta(minutes=8),
    )
    assert await apply_rules_to_event(failures[0], db, RULESET) == [finding]


async def test_an_event_that_waits_for_its_rules_gets_them_once(db: AsyncEngine) -> None:
    event = a_public_bucket()
    async with transaction(db) as connection:
        await insert_events(connection, [event], processed=False)
    (finding,) = await apply_rules_to_event(event, db, RULESET)
    assert finding.detection_count == 1
    assert (await run_rules(db, RULESET, 10)).events == 0


async def test_a_counter_counts_an_event_once(db: AsyncEngine) -> None:
    ruleset = parse_rules(
        "title: Upload\nid: 00000000-0000-4000-8000-000000000001\nname: upload\nlevel: informational\n"
        "logsource: {category: activity}\ndetection: {s: {event_type: upload}, condition: s}\n---\n"
        "title: Uploads\nid: 00000000-0000-4000-8000-000000000002\nlevel: low\ncorrelation: {type: event_count, "
        "rules: [upload], timespan: 1h, condition: {gte: 2}, window: tumbling}\n"
    )
    event = an_event(event_type="upload")
    assert [await apply_rules_to_event(event, db, ruleset) for _ in range(3)] == [[], [], []]
    assert len(await apply_rules_to_event(an_event(event_type="upload"), db, ruleset)) == 1


async def test_many_at_once_count_each_event_once(db: AsyncEngine) -> None:
    events = [an_event(event_type="deployment_failed", environment="production", service="web") for _ in range(6)]
    await asyncio.gather(*(apply_rules_to_event(event, db, RULESET) for event in events * 2))
    (finding,) = await apply_rules_to_event(events[0], db, RULESET)
    assert finding.detection_count == 6
    assert await stored(db) == (6, 6, 6)
