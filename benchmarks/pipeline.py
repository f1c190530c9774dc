"""Events/s through Kafka, the engine and Postgres, all durable, against a floor that only stores the events."""

import asyncio
import os
import statistics
import time

import asyncpg

from benchmarks._stack import BenchStack, running_stack, stored_events
from benchmarks._workers import running_workers
from mcm_ingestor.generator import generate_fake_events_batch
from mcm_shared.bus.admin import ensure_topics
from mcm_shared.bus.producer import connect_producer
from mcm_shared.bus.records import Outgoing
from mcm_shared.contracts.topics import Topics
from mcm_shared.settings import KafkaSettings

EVENTS = int(os.environ.get("MCM_BENCH_EVENTS", "100000"))
ROUNDS = int(os.environ.get("MCM_BENCH_ROUNDS", "3"))
DAYS = 30
_TIMEOUT_S = 300
_SEND_BATCH = 5_000

VARIANTS = {
    "floor: events stored, no rules, 1 worker": ("none", 1),
    "all built-in rules, 1 worker": ("builtin", 1),
    "all built-in rules, 2 workers": ("builtin", 2),
}


def main() -> None:
    """Prints the median events/s of each variant, and the ratios that matter."""
    rates: dict[str, list[float]] = {name: [] for name in VARIANTS}
    with running_stack() as stack:
        asyncio.run(_fill(stack))
        for number in range(ROUNDS):
            # round by round, so that a slow minute of the machine hits every variant
            for name, (rules, workers) in VARIANTS.items():
                rates[name].append(_measure(stack, f"bench-{number}-{rules}-{workers}", rules, workers))
                print(f"  round {number + 1}: {rates[name][-1]:8,.0f} events/s  {name}", flush=True)
    floor, one, two = (statistics.median(found) for found in rates.values())
    for name, found in rates.items():
        print(f"{statistics.median(found):8,.0f} events/s  {name}")
    print(f"{one / floor:8.2f}  of the floor with all built-in rules (target 0.6)")
    print(f"{two / one:8.2f}  times one worker with two (target 1.3)")


async def _fill(stack: BenchStack) -> None:
    kafka = KafkaSettings(KAFKA_BOOTSTRAP_SERVERS=stack.kafka.bootstrap_servers)
    topic = Topics().raw
    await ensure_topics(kafka)
    events = generate_fake_events_batch(EVENTS, seed=1, days=DAYS)
    async with connect_producer(kafka) as producer:
        for start in range(0, len(events), _SEND_BATCH):
            await producer.send(
                [
                    Outgoing(topic, event.model_dump_json().encode(), (event.user or "").encode())
                    for event in events[start : start + _SEND_BATCH]
                ]
            )


def _measure(stack: BenchStack, group: str, rules: str, workers: int) -> float:
    database_url = stack.new_database()
    with running_workers(stack, database_url, group, rules, workers):
        return asyncio.run(_rate(database_url))


async def _rate(database_url: str) -> float:
    connection = await asyncpg.connect(database_url)
    # the first rows are the starting line: starting Python and joining the group are not what is measured
    first: tuple[float, int] | None = None
    deadline = time.monotonic() + _TIMEOUT_S
    try:
        while time.monotonic() < deadline:
            stored = await stored_events(connection)
            now = time.perf_counter()
            if stored and first is None:
                first = (now, stored)
            if stored >= EVENTS and first is not None:
                return (stored - first[1]) / (now - first[0])
            await asyncio.sleep(0.02)
    finally:
        await connection.close()
    raise TimeoutError(f"{EVENTS:,} events were not stored within {_TIMEOUT_S} s")
