"""How many listeners one API process serves live: frames delivered, and how long a finding takes to each of them."""

import asyncio
import os
import re
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import psutil
from pydantic import SecretStr

from benchmarks._api import running_api
from benchmarks._stack import running_stack
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.engine import create_engine
from mcm_shared.kafka.producer import connect_producer
from mcm_shared.kafka.records import Outgoing
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import DatabaseSettings, KafkaSettings
from mcm_shared.testing.builders import a_finding
from mcm_shared.testing.rows import Rows

LISTENERS = int(os.environ.get("MCM_BENCH_LISTENERS", "500"))
RATE = 100
"""Findings a second."""
SECONDS = 15
TIMED = 50
"""Listeners whose every frame is timed; of the others frames are counted, so that the clients cost little."""

_UID = re.compile(rb'"uid":"([0-9a-f-]{36})"')


@dataclass
class Heard:
    """What the listeners have heard."""

    frames: int = 0
    resyncs: int = 0
    seconds: list[float] = field(default_factory=list)
    sent: dict[bytes, float] = field(default_factory=dict)


def main() -> None:
    """Prints frames delivered and lost, p50 and p99 from sending to hearing, and the API's share of a core."""
    with running_stack() as stack:
        kafka = KafkaSettings(KAFKA_BOOTSTRAP_SERVERS=stack.kafka.bootstrap_servers)
        asyncio.run(ensure_topics(kafka))
        database = stack.new_database()
        with running_api(database, KAFKA_BOOTSTRAP_SERVERS=stack.kafka.bootstrap_servers) as (url, pid):
            for listeners in sorted({1, LISTENERS}):
                asyncio.run(_round(url, pid, kafka, database, listeners))


async def _round(url: str, pid: int, kafka: KafkaSettings, database: str, listeners: int) -> None:
    heard = Heard()
    ready = asyncio.Semaphore(0)
    tasks = [asyncio.create_task(_listen(url, heard, ready, timed=number < TIMED)) for number in range(listeners)]
    for _ in tasks:
        await ready.acquire()
    process = psutil.Process(pid)
    before, began = sum(process.cpu_times()[:2]), time.monotonic()
    sent = await _publish(kafka, database, heard)
    took = time.monotonic() - began
    selected = sent * listeners
    for _ in range(100):
        if heard.frames >= selected:
            break
        await asyncio.sleep(0.1)
    cpu = (sum(process.cpu_times()[:2]) - before) / took
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    times = sorted(heard.seconds)
    p50, p99 = (times[int(len(times) * share)] * 1000 for share in (0.5, 0.99))
    memory = process.memory_info().rss / 2**20
    print(
        f"  {listeners:4} listeners, {sent / took:4.0f} findings/s: {heard.frames:,} of {selected:,} frames delivered "
        f"({heard.frames / took:,.0f}/s), {heard.resyncs} resyncs; p50 {p50:.0f} ms, p99 {p99:.0f} ms; "
        f"API {cpu:.0%} of a core, {memory:.0f} MiB",
        flush=True,
    )


async def _publish(kafka: KafkaSettings, database: str, heard: Heard) -> int:
    topic = Topics().findings
    together = 5
    sent = 0
    engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(database)))
    async with connect_producer(kafka) as producer:
        began = time.monotonic()
        while sent < RATE * SECONDS:
            findings = [a_finding() for _ in range(together)]
            # only what the database holds is streamed
            await Rows(engine).travelling(findings)
            now = time.perf_counter()
            heard.sent.update({str(one.uid).encode(): now for one in findings})
            await producer.send(
                [Outgoing(topic, one.model_dump_json().encode(), key=one.uid.bytes) for one in findings]
            )
            sent += together
            await asyncio.sleep(max(0.0, began + sent / RATE - time.monotonic()))
    await engine.dispose()
    return sent


async def _listen(url: str, heard: Heard, ready: asyncio.Semaphore, *, timed: bool) -> None:
    reader, writer = await asyncio.open_connection(urlsplit(url).hostname, urlsplit(url).port)
    try:
        writer.write(f"GET /stream HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n\r\n".encode())
        await reader.readuntil(b"event: heartbeat")
        ready.release()
        rest = b""
        while piece := await reader.read(256 * 1024):
            now = time.perf_counter()
            # a frame counts when its end has come: the id is the last of its lines
            rest += piece
            whole, _, rest = rest.rpartition(b"\n\n")
            heard.frames += whole.count(b"event: finding\n")
            heard.resyncs += whole.count(b"event: resync\n")
            if timed:
                heard.seconds += [now - heard.sent[uid] for uid in _UID.findall(whole) if uid in heard.sent]
    finally:
        writer.close()
