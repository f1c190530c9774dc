"""Events/s through Kafka, the engine and Postgres, all durable, against a floor that only stores the events."""

import asyncio
import os
import statistics
import time
from dataclasses import dataclass

import asyncpg

from benchmarks._stack import BenchStack, cpu_seconds, running_stack, stored_events
from benchmarks._workers import running_workers
from mcm_ingestor.generator import generate_fake_events_batch
from mcm_shared.contracts.topics import Topics
from mcm_shared.kafka.producer import connect_producer
from mcm_shared.kafka.records import Outgoing
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import KafkaSettings

EVENTS = int(os.environ.get("MCM_BENCH_EVENTS", "300000"))
ROUNDS = int(os.environ.get("MCM_BENCH_ROUNDS", "3"))
DAYS = 30
_TIMEOUT_S = 300
_SEND_BATCH = 5_000
# a group waits for all its workers: else the first would work alone until the others are let in
_ALL_AT_ONCE = {"group.initial.rebalance.delay.ms": "3000"}

VARIANTS = {
    "floor: events stored, no rules, 1 worker": ("none", 1),
    "built-in rules that are joined, 1 worker": ("joined", 1),
    "all built-in rules, 1 worker": ("builtin", 1),
    "all built-in rules, 2 workers": ("builtin", 2),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """How a variant did: events a second, and µs of processor time for each event, by who took it."""

    rate: float
    cpu: dict[str, float]

    def __str__(self) -> str:
        took = ", ".join(f"{who} {cost:.0f}" for who, cost in self.cpu.items())
        return f"{self.rate:8,.0f} events/s  (processor time, µs/event: {took})"


def main() -> None:
    """Prints the median events/s of each variant, and the ratios that matter."""
    found: dict[str, list[Measured]] = {name: [] for name in VARIANTS}
    with running_stack(kafka_settings=_ALL_AT_ONCE) as stack:
        asyncio.run(_fill(stack))
        for number in range(ROUNDS):
            # round by round, so that a slow minute of the machine hits every variant
            for name, (rules, workers) in VARIANTS.items():
                found[name].append(_measure(stack, f"bench-{number}-{rules}-{workers}", rules, workers))
                print(f"  round {number + 1}: {found[name][-1]}  {name}", flush=True)
    medians = {name: _median(measured) for name, measured in found.items()}
    for name, measured in medians.items():
        print(f"{measured}  {name}")
    floor, joined, one, two = medians.values()
    print(f"{joined.rate / floor.rate:8.2f}  of the floor with the rules that are joined")
    print(f"{one.rate / floor.rate:8.2f}  of the floor with all built-in rules (target 0.6)")
    print(f"{two.rate / one.rate:8.2f}  times one worker with two (target 1.3)")
    # what others take from the machine changes the rates, and hardly what an event costs
    print(f"{sum(floor.cpu.values()) / sum(one.cpu.values()):8.2f}  of the floor, by processor time")


def _median(found: list[Measured]) -> Measured:
    cpu = {who: statistics.median(one.cpu[who] for one in found) for who in found[0].cpu}
    return Measured(statistics.median(one.rate for one in found), cpu)


async def _fill(stack: BenchStack) -> None:
    kafka = KafkaSettings(KAFKA_BOOTSTRAP_SERVERS=stack.kafka.bootstrap_servers)
    topic = Topics().raw
    await ensure_topics(kafka)
    events = generate_fake_events_batch(EVENTS, seed=1, days=DAYS)
    async with connect_producer(kafka) as producer:
        for start in range(0, len(events), _SEND_BATCH):
            await producer.send(
                # without a key, as the ingestor does: as much in each partition
                [Outgoing(topic, event.model_dump_json().encode()) for event in events[start : start + _SEND_BATCH]]
            )


def _measure(stack: BenchStack, group: str, rules: str, workers: int) -> Measured:
    database_url = stack.new_database()
    with running_workers(stack, database_url, group, rules, workers) as running:
        pids: dict[str, list[int | None]] = {
            "workers": [process.pid for process in running],
            "Postgres": [stack.postgres.pid],
            "Kafka": [stack.kafka.pid],
        }
        return asyncio.run(_watch(database_url, pids))


async def _watch(database_url: str, pids: dict[str, list[int | None]]) -> Measured:
    connection = await asyncpg.connect(database_url)
    # the first rows are the starting line: starting Python and joining the group are not what is measured
    first: tuple[float, int, dict[str, float]] | None = None
    deadline = time.monotonic() + _TIMEOUT_S
    try:
        while time.monotonic() < deadline:
            stored = await stored_events(connection)
            now = time.perf_counter()
            if stored and first is None:
                first = (now, stored, {who: cpu_seconds(*those) for who, those in pids.items()})
            if stored >= EVENTS and first is not None:
                started, before, took = first
                count = stored - before
                cpu = {who: (cpu_seconds(*those) - took[who]) / count * 1e6 for who, those in pids.items()}
                return Measured(count / (now - started), cpu)
            await asyncio.sleep(0.02)
    finally:
        await connection.close()
    raise TimeoutError(f"{EVENTS:,} events were not stored within {_TIMEOUT_S} s")


if __name__ == "__main__":
    main()
