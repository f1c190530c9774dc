"""Rules-engine workers of a benchmark, as processes of their own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks._stack import BenchStack

ENDS_WITHIN_S = 20


@contextmanager
def running_workers(
    stack: BenchStack, database_url: str, group: str, rules: str, count: int = 1
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Runs workers of a consumer group and stops them at the end; ``rules`` are a name in ``_engine_worker``."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "KAFKA_BOOTSTRAP_SERVERS": stack.kafka.bootstrap_servers,
    }
    command = [sys.executable, "-m", "benchmarks._engine_worker", group, rules]
    processes = [subprocess.Popen(command, env=environment) for _ in range(count)]
    try:
        yield processes
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(timeout=ENDS_WITHIN_S)
