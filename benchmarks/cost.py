"""That the cost of an event stays flat: crowded windows, a large table, many rules."""

import asyncio
import os
import statistics
import tempfile
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import text

from benchmarks._in_process import RunningEngine, batches_of, renamed, running_engine, said
from benchmarks._stack import running_stack
from benchmarks.matching import rules_of
from mcm_ingestor.generator import generate_fake_events_batch
from mcm_rules_engine.model.detection import position_of
from mcm_rules_engine.sigma.load import load_rules, parse_rules
from mcm_rules_engine.sigma.model.correlation import SeriesEntry
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_shared.contracts.events import RawEvent, from_raw_event
from mcm_shared.db.engine import transaction
from mcm_shared.testing.builders import NOON

ROUNDS = int(os.environ.get("MCM_BENCH_ROUNDS", "5"))
BATCH = 1_000
BATCHES = 5
SMALL_WINDOW, LARGE_WINDOW = 1_000, int(os.environ.get("MCM_BENCH_WINDOW", "1000000"))
"""Detections that the window of a group holds."""
SMALL_TABLE, LARGE_TABLE = 100_000, int(os.environ.get("MCM_BENCH_TABLE", "10000000"))
"""Events stored before."""
FEW_RULES, MANY_RULES = 25, 250

_WINDOW = timedelta(minutes=10)
_KINDS = {
    "event_count of 5, up to 20": "type: event_count, rules: [a], condition: {gte: 5}",
    "value_count of 8, up to 20": "type: value_count, rules: [a], condition: {field: ip, gte: 8}",
    "temporal of two": "type: temporal, rules: [a, b]",
    "temporal_ordered of two": "type: temporal_ordered, rules: [a, b]",
}
_RULE = """
title: {name}
id: 00000000-0000-4000-8000-00000000000{number}
name: {name}
level: informational
logsource: {{category: activity}}
detection: {{one: {{event_type: {name}}}, condition: one}}
---
"""


def main() -> None:
    """Prints µs for each event, and what it is times the cost of the small case."""
    with running_stack() as stack:
        for name, kind in _KINDS.items():
            asyncio.run(_windows(name, kind, *stack.new_databases(2)))
        asyncio.run(_tables(*stack.new_databases(2)))
        asyncio.run(_rule_counts(*stack.new_databases(2)))


async def _windows(name: str, kind: str, one: str, other: str) -> None:
    ruleset = _counting(kind)
    async with (
        running_engine(one, ruleset) as small,
        running_engine(other, ruleset) as large,
    ):
        for running, count in ((small, SMALL_WINDOW), (large, LARGE_WINDOW)):
            await _crowd(running, ruleset, count)
        costs = await _side_by_side({"small": small, "large": large}, _in_the_crowd)
    print(said(f"{name}: a window of {SMALL_WINDOW:,} detections", costs["small"]))
    print(said(f"{name}: a window of {LARGE_WINDOW:,}", costs["large"], costs["small"], 1.5), flush=True)


def _counting(kind: str) -> Ruleset:
    rules = "".join(_RULE.format(name=name, number=number) for number, name in enumerate("ab", start=1))
    steps = "" if "temporal" in kind else "escalate: {high: 20}\n"
    return parse_rules(
        f"{rules}title: Correlation\nid: 00000000-0000-4000-8000-000000000009\nlevel: medium\n"
        f"correlation: {{{kind}, group-by: [user], timespan: 10m}}\n{steps}"
    )


def _an_event(number: int, at: timedelta, event_type: str = "a") -> RawEvent:
    facts = {"ip": f"192.0.2.{number % 5}"}
    return RawEvent(
        id=str(number),
        source="bench",
        event_type=event_type,
        user="mona@example.com",
        timestamp=NOON + at,
        raw_data=facts,
    )


async def _crowd(running: RunningEngine, ruleset: Ruleset, count: int) -> None:
    """Fills the window of one group with detections of every rule, ``count`` of the first."""
    for event_type, of_type in (("a", count), ("b", 10)):
        event = from_raw_event(_an_event(0, timedelta(), event_type), "")
        counted = [entry for match in ruleset.match(event) for entry in match.counted]
        for entry in counted:
            await _insert_detections(running, entry, of_type, position_of(event)[0])
    async with transaction(running.engine) as connection:
        await connection.execute(text("ANALYZE detections"))


async def _insert_detections(running: RunningEngine, counted: SeriesEntry, count: int, end: int) -> None:
    step = _WINDOW // timedelta(microseconds=1) // count
    async with transaction(running.engine) as connection:
        await connection.execute(
            text(
                "INSERT INTO detections (series_id, group_key, at, event_uid, value) "
                "SELECT CAST(:series AS uuid), :grp, :end - n * :step, gen_random_uuid(), "
                "CASE WHEN :valued THEN '192.0.2.' || n % 5 END "
                "FROM generate_series(1, CAST(:count AS bigint)) AS n"
            ),
            {
                "series": str(counted.series_id),
                "grp": counted.group_key,
                "end": end,
                "step": step,
                "count": count,
                "valued": counted.value is not None,
            },
        )


def _in_the_crowd(turn: int) -> list[RawEvent]:
    # live: a second and a half apart from the end of the crowd on, all of it still in the window of the first ones
    return [_an_event(turn * BATCH + number, timedelta(milliseconds=number)) for number in range(BATCH)]


async def _tables(one: str, other: str) -> None:
    ruleset = load_rules()
    async with (
        running_engine(one, ruleset) as small,
        running_engine(other, ruleset) as large,
    ):
        for running, count in ((small, SMALL_TABLE), (large, LARGE_TABLE)):
            await _fill(running, count)
        costs = await _side_by_side({"small": small, "large": large}, _normal)
    print(said(f"a table of {SMALL_TABLE:,} events", costs["small"]))
    print(said(f"a table of {LARGE_TABLE:,}", costs["large"], costs["small"], 1.5), flush=True)


async def _fill(running: RunningEngine, count: int) -> None:
    """Stores events of the years before, and checkpoints, so that none of it is written while the clock runs."""
    slice_size = 500_000
    for start in range(0, count, slice_size):
        async with transaction(running.engine) as connection:
            await connection.execute(
                text(
                    'INSERT INTO source_events (event_uid, source, source_event_id, event_type, "user", timestamp, '
                    "raw_data, detected, processed) "
                    "SELECT gen_random_uuid(), 'bench', 'old-' || n, 'login_success', "
                    "'user-' || n % 50 || '@example.com', timestamptz '2026-01-01' - n * interval '10 seconds', "
                    'CAST(\'{"ip":"192.0.2.7","method":"password","country":"PT","city":"Lisbon"}\' AS json), '
                    "true, true FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n"
                ),
                {"first": start + 1, "last": min(count, start + slice_size)},
            )
    async with running.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE source_events"))
        await connection.execute(text("CHECKPOINT"))


def _normal(turn: int) -> list[RawEvent]:
    return renamed(_a_month(), f"-{turn}")


@cache
def _a_month() -> list[RawEvent]:
    return generate_fake_events_batch(BATCH * BATCHES, seed=1, days=30)


async def _rule_counts(one: str, other: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        few, many = (rules_of(Path(folder), count) for count in (FEW_RULES, MANY_RULES))
    async with running_engine(one, few) as small, running_engine(other, many) as large:
        costs = await _side_by_side({"few": small, "many": large}, _normal)
    print(said(f"{FEW_RULES} rules, from record to finding", costs["few"]))
    print(said(f"{MANY_RULES} rules", costs["many"], costs["few"], 2), flush=True)


async def _side_by_side(engines: dict[str, RunningEngine], events: Callable[[int], list[RawEvent]]) -> dict[str, float]:
    """Handles the same events in each; ``events`` makes those of a round."""
    costs: dict[str, list[float]] = {name: [] for name in engines}
    for turn in range(ROUNDS + 1):
        batches = batches_of(events(turn), BATCH)
        for name, running in engines.items():
            cost = await running.cost(batches)
            # the first round warms caches and plans
            if turn:
                costs[name].append(cost)
    return {name: statistics.median(found) for name, found in costs.items()}


if __name__ == "__main__":
    main()
