"""What behaviour profiles cost: processor time of engine and Postgres, with their rules and without, in one run."""

import asyncio
import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import func, select, text

from benchmarks._in_process import Batch, RunningEngine, batches_of, running_engine
from benchmarks._stack import running_stack
from mcm_ingestor.generator import generate_fake_events_batch
from mcm_rules_engine.sigma.load import load_rules
from mcm_rules_engine.sigma.model.correlation import Kind
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_shared.contracts.events import RawEvent
from mcm_shared.db.engine import transaction
from mcm_shared.db.profile_tables import PROFILE_TABLES

EVENTS = int(os.environ.get("MCM_BENCH_EVENTS", "60000"))
USERS = int(os.environ.get("MCM_BENCH_USERS", "10000"))
DAYS = 30
BATCH = 1_000


def main() -> None:
    """Prints µs of processor time for each event, and the time and the size of what is scored."""
    with running_stack() as stack:
        asyncio.run(_month(*stack.new_databases(2)))
        asyncio.run(_crowd(*stack.new_databases(2)))


def _rules() -> tuple[Ruleset, Ruleset]:
    """Loads the built-in rules without those of behaviour, and all."""
    rules = load_rules()
    others = [one for one in rules.correlations if one.kind is not Kind.UNUSUAL_BEHAVIOUR]
    return Ruleset(rules.rules, others), rules


async def _month(without: str, with_profiles: str) -> None:
    others, rules = _rules()
    month = generate_fake_events_batch(EVENTS, seed=1, days=DAYS)
    batches = batches_of(sorted(month, key=lambda event: event.timestamp), BATCH)
    async with running_engine(without, others) as plain, running_engine(with_profiles, rules) as profiled:
        others_cost, counting = await _costs(plain, profiled, batches)
        started = await _processor_s(profiled)
        await profiled.handler.behaviour.score(profiled.engine)
        scoring = (await _processor_s(profiled) - started) / EVENTS * 1e6
        usual = statistics.median(counting)
        print(f"{others_cost:9.1f} µs/event  all other built-in rules, {EVENTS:,} events of {DAYS} days")
        print(f"{usual:9.1f} µs/event  counting of profiles, the median of the batches")
        print(f"{scoring:9.1f} µs/event  scoring of all days at the end")
        print(f"{usual + scoring:9.1f} µs/event  profiles in all (target 8)", flush=True)
        await _print_sizes(profiled)


async def _costs(plain: RunningEngine, profiled: RunningEngine, batches: Sequence[Batch]) -> tuple[float, list[float]]:
    """Handles batches without profiles and with them; returns µs per event without, and what each batch costs more."""
    found: dict[bool, list[float]] = {False: [], True: []}
    for number, batch in enumerate(batches):
        # in turn, and each first as often: what else the machine does, and a warm cache, change both alike
        for with_profiles in (number % 2 == 0, number % 2 == 1):
            running = profiled if with_profiles else plain
            started = await _processor_s(running)
            await running.costs([batch])
            found[with_profiles].append((await _processor_s(running) - started) / len(batch) * 1e6)
    more = [with_profiles - without for without, with_profiles in zip(found[False], found[True], strict=True)]
    return statistics.median(found[False]), more


async def _processor_s(running: RunningEngine) -> float:
    """Reads the processor time of this process and of the database's sessions, by the scheduler's own clock."""
    async with transaction(running.engine, read_only=True) as connection:
        sessions = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        pids = list((await connection.execute(sessions)).scalars())
    return time.process_time() + sum(map(_run_s, pids))


def _run_s(pid: int) -> float:
    # ticks of /proc/…/stat are 10 ms, longer than most batches
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


async def _print_sizes(running: RunningEngine) -> None:
    async with transaction(running.engine, read_only=True) as connection:
        days = text('SELECT count(*) FROM (SELECT DISTINCT "user", day FROM profile_days) d')
        user_days = (await connection.execute(days)).scalar_one()
        size = 0
        for table in PROFILE_TABLES:
            size += (await connection.execute(select(func.pg_total_relation_size(table.name)))).scalar_one()
    print(f"{size / user_days / 1000:9.1f} MB  a day of 1,000 users takes, indexes included", flush=True)


async def _crowd(without: str, with_profiles: str) -> None:
    """Prints what profiles cost in batches that touch many users, and in a month that arrives late."""
    others, rules = _rules()
    async with running_engine(without, others) as plain, running_engine(with_profiles, rules) as profiled:
        last = max(event.timestamp for event in generate_fake_events_batch(10, seed=1, days=1))
        events = [
            RawEvent(id=f"c{n}", source="bench", event_type="login_success", user=f"u{n}", timestamp=last, raw_data={})
            for n in range(USERS)
        ]
        crowd = batches_of(events, BATCH)
        await _print_batches(plain, profiled, crowd, f"batches of {BATCH:,} users each, {USERS:,} in all")
        late = sorted(generate_fake_events_batch(EVENTS // 3, seed=2, days=DAYS), key=lambda event: event.timestamp)
        await _print_batches(plain, profiled, batches_of(late, BATCH), "a month that arrives late")


async def _print_batches(plain: RunningEngine, profiled: RunningEngine, batches: list[Batch], name: str) -> None:
    events = sum(map(len, batches))
    _, counting = await _costs(plain, profiled, batches)
    started = await _processor_s(profiled)
    await profiled.handler.behaviour.score(profiled.engine)
    scoring = (await _processor_s(profiled) - started) / events * 1e6
    usual, slowest = statistics.median(counting), max(counting)
    print(
        f"{usual:9.1f} µs/event  counting, {name}; the slowest batch {slowest:.1f}; scoring {scoring:.1f}", flush=True
    )


if __name__ == "__main__":
    main()
