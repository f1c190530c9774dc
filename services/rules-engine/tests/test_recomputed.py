"""Recomputed results, step by step: pending, standing, withdrawn, and what names the event that decided."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from mcm_rules_engine.model.detection import output_series
from mcm_rules_engine.sigma.load import parse_rules
from mcm_rules_engine.store.results import lock_groups
from mcm_rules_engine.testing.deliveries import (
    engine_for,
    handle,
    publish_all,
    read_messages,
)
from mcm_rules_engine.testing.rulesets import NOT_FOLLOWED
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.contracts.source_polled import completeness_of
from mcm_shared.db.engine import AsyncEngine, transaction
from mcm_shared.db.tables import FINDING_HISTORY, RULE_RESULTS
from mcm_shared.testing.builders import NOON, an_event

RULES = (
    NOT_FOLLOWED
    + """---
title: New country
id: 00000000-0000-4000-8000-000000000004
name: new_country
level: low
group_for: 1d
description: '{user} started from {value}'
correlation:
  {type: new_value, rules: [started], group-by: [user], condition: {field: country}, history: 60d, learning: 14d}
---
title: Balance
id: 00000000-0000-4000-8000-000000000005
name: balance
level: medium
group_for: 1d
description: 'a balance of {value}'
correlation: {type: value_sum, rules: [started], group-by: [user], timespan: 1h, condition: {field: size, gt: 10}}
---
title: Too few
id: 00000000-0000-4000-8000-000000000006
name: too_few
level: medium
group_for: 1d
description: '{count} windows, the first of {value}'
correlation:
  {type: event_count, rules: [ended], group-by: [user], timespan: 1h, window: tumbling, condition: {lt: 1}}
"""
)
RULESET = parse_rules(RULES)
PAIRED = next(rule for rule in RULESET.correlations if rule.name == "not_ended")


def at(minute: float, kind: str, name: str | None = None, **facts: Any) -> SourceEvent:
    return an_event(
        id=name or f"{kind} {minute}", event_type=kind, timestamp=NOON + timedelta(minutes=minute), raw_data=facts
    )


def polled(minute: float, until: float) -> SourceEvent:
    complete_until = (NOON + timedelta(minutes=until)).isoformat()
    facts = {"source": "our app", "feeds": ["test-app"], "records": 0, "complete_until": complete_until}
    return an_event(
        source="mcm.ingestor", event_type="source_polled", timestamp=NOON + timedelta(minutes=minute), raw_data=facts
    )


async def finding_of(engine: AsyncEngine, rule: str) -> FindingMessage | None:
    found = [one for one in (await read_messages(engine)).values() if one.rule_name == rule]
    assert len(found) <= 1
    return found[0] if found else None


async def states(engine: AsyncEngine, rule: str) -> list[str]:
    series = next(output_series(one) for one in RULESET.correlations if one.name == rule)
    columns = RULE_RESULTS.c
    query = select(columns.state).where(columns.series_id == series).order_by(columns.at)
    async with transaction(engine, read_only=True) as connection:
        return list((await connection.execute(query)).scalars())


async def history(engine: AsyncEngine, finding: FindingMessage) -> list[tuple[str, Any]]:
    columns = FINDING_HISTORY.c
    query = select(columns.state, columns.event_uid).where(columns.finding_uid == finding.uid).order_by(columns.version)
    async with transaction(engine, read_only=True) as connection:
        return [(row.state, row.event_uid) for row in await connection.execute(query)]


async def test_what_did_not_follow_stands_once_its_source_is_complete(engine: AsyncEngine) -> None:
    started = at(0, "started")
    await handle(engine, RULESET, [started, at(29, "other")])
    assert await states(engine, "not_ended") == ["pending"]
    assert await finding_of(engine, "not_ended") is None
    await handle(engine, RULESET, [at(30, "other")])
    finding = await finding_of(engine, "not_ended")
    assert finding is not None
    assert (finding.withdrawn, finding.event_uid, finding.detection_count) == (False, started.uid, 1)
    assert finding.description == "mona@example.com started and did not end within 30 minutes"
    assert await publish_all(engine) == [finding]


async def test_a_source_that_stopped_leaves_its_results_pending(engine: AsyncEngine) -> None:
    await handle(engine, RULESET, [at(0, "started")])
    await handle(engine, RULESET, [an_event(source="another-app", timestamp=NOON + timedelta(days=1))])
    assert await states(engine, "not_ended") == ["pending"]


@pytest.mark.parametrize(("minute", "state"), [(29.999, "no"), (30, "standing")])
async def test_the_end_of_the_timespan_is_outside(engine: AsyncEngine, minute: float, state: str) -> None:
    await handle(engine, RULESET, [at(0, "started"), at(minute, "ended"), at(31, "other")])
    assert await states(engine, "not_ended") == ([] if state == "no" else [state])


async def test_an_older_event_makes_a_source_no_less_complete(engine: AsyncEngine) -> None:
    await handle(engine, RULESET, [at(40, "other")])
    await handle(engine, RULESET, [at(-5, "other"), at(0, "started")])
    assert await states(engine, "not_ended") == ["standing"]


@pytest.mark.parametrize(("until", "state"), [(29, "pending"), (30, "standing")])
async def test_a_record_of_a_poll_shows_that_a_source_is_complete(engine: AsyncEngine, until: int, state: str) -> None:
    await handle(engine, RULESET, [at(0, "started"), polled(120, until)])
    assert await states(engine, "not_ended") == [state]


def test_a_poll_cannot_know_what_happens_after_it() -> None:
    assert completeness_of(polled(0, until=60)) == (["test-app"], NOON)


@pytest.mark.parametrize(
    "facts", [{}, {"feeds": [1]}, {"feeds": ["a"], "complete_until": None}, {"feeds": ["a"], "complete_until": "soon"}]
)
def test_a_record_that_says_nothing_completes_nothing(facts: dict[str, Any]) -> None:
    event = an_event(source="mcm.ingestor", event_type="source_polled", raw_data=facts)
    assert completeness_of(event) is None


async def test_a_late_event_withdraws_a_finding_and_is_named(engine: AsyncEngine) -> None:
    await handle(engine, RULESET, [at(0, "started"), at(40, "other")])
    late = at(29, "ended")
    await handle(engine, RULESET, [late])
    finding = await finding_of(engine, "not_ended")
    assert finding is not None
    assert finding.withdrawn
    assert finding.extra_data["withdrawn_by"]["event_uid"] == str(late.uid)
    assert finding.description == "mona@example.com started and did not end within 30 minutes"
    assert await publish_all(engine) == [finding]
    assert await history(engine, finding) == [("standing", at(0, "started").uid), ("withdrawn", late.uid)]
    assert await states(engine, "not_ended") == ["withdrawn"]


async def test_an_earlier_event_that_comes_late_withdraws_a_new_value(engine: AsyncEngine) -> None:
    day = 24 * 60
    await handle(engine, RULESET, [at(0, "started", country="DE"), at(20 * day, "started", country="NL")])
    finding = await finding_of(engine, "new_country")
    assert finding is not None
    assert finding.description == "mona@example.com started from NL"
    late = at(10 * day, "started", country="nl")
    await handle(engine, RULESET, [late])
    finding = await finding_of(engine, "new_country")
    assert finding is not None
    assert (finding.withdrawn, finding.extra_data["withdrawn_by"]["event_uid"]) == (True, str(late.uid))


async def test_an_earlier_event_that_comes_late_can_end_the_learning(engine: AsyncEngine) -> None:
    day = 24 * 60
    events = [at(number * day, "started", country=f"C{number}") for number in range(20, 25)]
    await handle(engine, RULESET, events)
    assert await finding_of(engine, "new_country") is None
    await handle(engine, RULESET, [at(7 * day, "started", country="DE")])
    findings = [one for one in (await read_messages(engine)).values() if one.rule_name == "new_country"]
    assert sorted(one.description[-3:] for one in findings) == ["C21", "C22", "C23", "C24"]


async def test_a_withdrawn_finding_can_stand_again(engine: AsyncEngine) -> None:
    await handle(engine, RULESET, [at(0, "started", size=12.5), at(60, "other")])
    minus, plus = at(1, "started", size=-5), at(2, "started", size="3.25")
    await handle(engine, RULESET, [minus])
    finding = await finding_of(engine, "balance")
    assert finding is not None
    assert finding.withdrawn
    await handle(engine, RULESET, [plus])
    finding = await finding_of(engine, "balance")
    assert finding is not None
    assert (finding.withdrawn, finding.description) == (False, "a balance of 10.75")
    assert "withdrawn_by" not in finding.extra_data
    assert [state for state, _ in await history(engine, finding)] == ["standing", "withdrawn", "standing"]


async def test_windows_without_events_count_once_they_are_complete_and_not_for_ever(engine: AsyncEngine) -> None:
    await handle(engine, RULESET, [at(0, "ended"), at(3 * 60, "other")])
    assert await states(engine, "too_few") == ["standing", "standing", "pending"]
    await handle(engine, RULESET, [at(40 * 60, "other")])
    assert await states(engine, "too_few") == ["standing"] * 30
    findings = [one for one in (await read_messages(engine)).values() if one.rule_name == "too_few"]
    assert sum(one.detection_count for one in findings) == 30
    assert {one.description.rpartition(" ")[2] for one in findings} == {"0"}


async def test_a_batch_that_completes_a_source_and_counts_before_it_answers_for_every_window_after(
    engine: AsyncEngine,
) -> None:
    await handle(engine, RULESET, [at(120, "ended"), at(3 * 60, "other")])
    assert await states(engine, "too_few") == ["pending"]
    await handle(engine, RULESET, [at(0, "ended"), at(5 * 60, "other")])
    # one between the two, two after them, and the one that is not over
    assert await states(engine, "too_few") == ["standing", "standing", "standing", "pending"]


async def test_a_worker_waits_for_the_lock_on_its_group(database_url: str) -> None:
    one, other = engine_for(database_url), engine_for(database_url)
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    try:
        async with transaction(one) as connection:
            await lock_groups(connection, [(output_series(PAIRED), '{"user":"mona@example.com"}')])
            handling = asyncio.create_task(handle(other, RULESET, [at(0, "started")]))
            async with asyncio.timeout(60):
                while not (await connection.execute(waiting)).scalar_one():
                    assert not handling.done()
                    await asyncio.sleep(0.01)
        await handling
        assert await states(one, "not_ended") == ["pending"]
    finally:
        await one.dispose()
        await other.dispose()
