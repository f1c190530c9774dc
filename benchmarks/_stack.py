"""A durable Kafka and Postgres of the benchmarks' own, in a temporary folder."""

import asyncio
import secrets
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import psutil

from mcm_local.checkout import JARS
from mcm_local.kafka import Kafka
from mcm_local.postgres import Postgres
from mcm_shared.db.migrate import upgrade


@dataclass(frozen=True, slots=True)
class BenchStack:
    """Where the benchmarks' Kafka and Postgres answer."""

    kafka: Kafka
    postgres: Postgres

    def new_database(self) -> str:
        """Makes a migrated, empty database and returns its URL."""
        name = f"bench_{secrets.token_hex(4)}"
        asyncio.run(_execute(self.postgres.url, f"CREATE DATABASE {name}"))
        url = f"{self.postgres.url.rsplit('/', 1)[0]}/{name}"
        upgrade(url)
        return url

    def new_databases(self, count: int) -> list[str]:
        """Makes several of them."""
        return [self.new_database() for _ in range(count)]


@contextmanager
def running_stack(
    postgres_settings: Mapping[str, str] | None = None, kafka_settings: Mapping[str, str] | None = None
) -> Iterator[BenchStack]:
    """Starts Kafka and Postgres with their durable defaults (fsync on), and more settings; stops them at the end."""
    with tempfile.TemporaryDirectory(prefix="mcm-bench-") as folder:
        # Postgres may run as another user than ours
        Path(folder).chmod(0o755)
        kafka = Kafka(Path(folder) / "kafka", jars=JARS, settings=kafka_settings)
        postgres = Postgres(Path(folder) / "postgres", settings=postgres_settings)
        try:
            kafka.start()
            postgres.start()
            yield BenchStack(kafka, postgres)
        finally:
            kafka.stop()
            postgres.stop()


def cpu_seconds(*pids: int | None) -> float:
    """Sums the processor time that processes and those they started have taken so far."""
    trees = (psutil.Process(pid) for pid in pids if pid is not None)
    times = (one.cpu_times() for process in trees for one in (process, *process.children(recursive=True)))
    return sum(time.user + time.system for time in times)


async def stored_events(connection: "asyncpg.Connection[asyncpg.Record]") -> int:
    """Counts the events that workers have stored, without reading them."""
    return int(await connection.fetchval("SELECT coalesce(sum(count), 0) FROM event_rollups"))


async def wait_for_events(database_url: str, count: int, timeout_s: float) -> None:
    """Waits until so many events are stored; raises TimeoutError when that takes too long."""
    connection = await asyncpg.connect(database_url)
    try:
        deadline = time.monotonic() + timeout_s
        while await stored_events(connection) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{count:,} events were not stored within {timeout_s} s")
            await asyncio.sleep(0.1)
    finally:
        await connection.close()


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
