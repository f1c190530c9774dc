"""What a worker's memory does under minutes of load."""

import asyncio
import os
import subprocess
import time
from collections.abc import Iterator

import psutil

from benchmarks._stack import BenchStack, running_stack, wait_for_events
from benchmarks._workers import running_workers
from mcm_ingestor.generator import generate_fake_events_batch
from mcm_shared.contracts.topics import Topics
from mcm_shared.kafka.producer import connect_producer
from mcm_shared.kafka.records import Outgoing
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import KafkaSettings

MINUTES = float(os.environ.get("MCM_BENCH_MINUTES", "10"))
RATE = 5_000
TARGET_MIB = 300

_TIMEOUT_S = 60

_SETTLED_AFTER = 0.2
"""Share of the time after which caches are full and the worker should grow no more."""


def main() -> None:
    """Prints the resident memory in MiB when the worker has settled, at the end, and at most."""
    with running_stack() as stack:
        database_url = stack.new_database()
        with running_workers(stack, database_url, "bench-memory", "builtin") as workers:
            found = asyncio.run(_load(stack, database_url, workers[0]))
    settled = found[int(len(found) * _SETTLED_AFTER)]
    print(f"{max(found):6.0f} MiB at most (target {TARGET_MIB}), over {MINUTES:g} minutes at up to {RATE:,} events/s")
    print(f"{found[-1]:6.0f} MiB at the end, {found[-1] / settled:.2f} times the {settled:.0f} MiB when it had settled")


async def _load(stack: BenchStack, database_url: str, worker: "subprocess.Popen[bytes]") -> list[float]:
    kafka = KafkaSettings(KAFKA_BOOTSTRAP_SERVERS=stack.kafka.bootstrap_servers)
    await ensure_topics(kafka)
    process = psutil.Process(worker.pid)
    found: list[float] = []
    sent, ends = 0, 0.0
    async with connect_producer(kafka) as producer:
        for values in _seconds():
            second = time.monotonic()
            await producer.send([Outgoing(Topics().raw, value) for value in values])
            sent += len(values)
            # the worker has begun, and keeps up
            await wait_for_events(database_url, sent - 10 * RATE if found else RATE, _TIMEOUT_S)
            ends = ends or second + MINUTES * 60
            if second > ends:
                return found
            found.append(process.memory_info().rss / 2**20)
            await asyncio.sleep(max(0, second + 1 - time.monotonic()))
    return found


def _seconds() -> Iterator[list[bytes]]:
    """Makes the events of each second: those of a month over and over, under other ids."""
    month = [event.model_dump_json().encode() for event in generate_fake_events_batch(20 * RATE, seed=1, days=30)]
    turn = 0
    while True:
        for start in range(0, len(month), RATE):
            named = f'{{"id":"{turn}-'.encode()
            yield [value.replace(b'{"id":"', named, 1) for value in month[start : start + RATE]]
        turn += 1


if __name__ == "__main__":
    main()
