"""First start of the CloudTrail connector on a bucket of 100,000 objects: memory, and what interruptions cost."""

import asyncio
import contextlib
import gzip
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import psutil
from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer

from benchmarks._stack import BenchStack, running_stack
from mcm_shared.contracts.topics import Topics
from mcm_shared.kafka.read_topic import read_topic
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import KafkaSettings

OBJECTS = int(os.environ.get("MCM_BENCH_OBJECTS", "100000"))
RECENT = OBJECTS // 20
"""Objects of the last day, which the first start imports; it lists all the others."""
INTERRUPTIONS = 3
BUCKET = "trail"
REGION = "eu-west-1"

_SOURCES = """
sources:
  trail:
    connector: aws.cloudtrail.s3
    bucket: trail
    region: eu-west-1
    access_key_id: ${TRAIL_KEY}
    secret_access_key: ${TRAIL_SECRET}
    endpoint_url: '%s'
    interval_s: 1
"""


def main() -> None:
    """Prints the peak of memory of the ingestor, and whether every event of the import is in Kafka."""
    with running_stack() as stack, _bucket() as url, tempfile.TemporaryDirectory(prefix="mcm-bench-") as folder:
        sources = Path(folder) / "sources.yml"
        sources.write_text(_SOURCES % url)
        database_url = stack.new_database()
        asyncio.run(ensure_topics(_kafka(stack)))
        environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "KAFKA_BOOTSTRAP_SERVERS": stack.kafka.bootstrap_servers,
            "MCM_SOURCES_PATH": str(sources),
            "TRAIL_KEY": "testing",
            "TRAIL_SECRET": "testing",
        }
        began = time.monotonic()
        peaks = [_run(environment, database_url, RECENT * part // (INTERRUPTIONS + 1)) for part in range(1, 4)]
        peaks.append(_run(environment, database_url, None))
        seconds = time.monotonic() - began
        found = asyncio.run(_event_ids(stack))
    print(f"  {OBJECTS:,} objects, {RECENT:,} of them to import, interrupted {INTERRUPTIONS} times, {seconds:.0f} s")
    print(f"  peak memory of each run: {', '.join(f'{peak / 2**20:.0f} MiB' for peak in peaks)}")
    missing = {f"e-{number}" for number in range(RECENT)} - found
    print(f"  events in Kafka: {len(found):,}; missing: {len(missing):,}")
    if missing:
        raise SystemExit(1)


@contextlib.contextmanager
def _bucket() -> Iterator[str]:
    """Serves the bucket; its objects are put into the server directly, since a request each would take an hour."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        backend: Any = s3_backends["123456789012"]["aws"]
        backend.create_bucket(BUCKET, REGION)
        old = (datetime.now(UTC) - timedelta(days=30)).replace(tzinfo=None)
        for number in range(OBJECTS):
            recent = number >= OBJECTS - RECENT
            records = [{"eventID": f"e-{number - OBJECTS + RECENT}"}] if recent else []
            content = gzip.compress(json.dumps({"Records": records}).encode()) if recent else b""
            key = backend.put_object(BUCKET, f"AWSLogs/1/CloudTrail/{number:07}.json.gz", content)
            if not recent:
                key.last_modified = old
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def _run(environment: dict[str, str], database_url: str, until: int | None) -> int:
    """Runs the ingestor until so many records are sent, or its import is done; returns its peak of memory."""
    with subprocess.Popen(
        [sys.executable, "-m", "mcm_ingestor", "run"], env=environment, stderr=subprocess.DEVNULL
    ) as process:
        peak = 0
        while not asyncio.run(_reached(database_url, until)):
            if process.poll() is not None:
                raise SystemExit(f"the ingestor ended with {process.returncode}")
            peak = max(peak, psutil.Process(process.pid).memory_info().rss)
            time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
    return peak


async def _reached(database_url: str, until: int | None) -> bool:
    connection = await asyncpg.connect(database_url)
    try:
        row = await connection.fetchrow("SELECT records, done FROM source_positions WHERE lane = 'backfill'")
    finally:
        await connection.close()
    return row is not None and (row["done"] if until is None else row["records"] >= until)


async def _event_ids(stack: BenchStack) -> set[str]:
    values = [json.loads(each.value or b"{}") async for each in read_topic(_kafka(stack), Topics("").raw)]
    return {each["eventID"] for each in values if "eventID" in each}


def _kafka(stack: BenchStack) -> KafkaSettings:
    return KafkaSettings(KAFKA_BOOTSTRAP_SERVERS=stack.kafka.bootstrap_servers)
