"""Events/s that the ingestor makes up, and that its commands bring into a durable Kafka."""

import os
import re
import statistics
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks._stack import running_stack
from mcm_ingestor.generator.month import stream_events
from mcm_local.checkout import COMMANDS

EVENTS = int(os.environ.get("MCM_BENCH_EVENTS", "100000"))
ROUNDS = int(os.environ.get("MCM_BENCH_ROUNDS", "3"))
TARGET = 20_000
"""Events a second that ``mcm-ingestor generate`` should bring into Kafka."""

_RATE = re.compile(r"\(([\d,]+) events/s\)")


def main() -> None:
    """Prints the median events/s of making them up, generating to Kafka and replaying a file."""
    rates: dict[str, list[float]] = {}
    with running_stack() as stack, tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": stack.kafka.bootstrap_servers}
        path = Path(folder) / "events.ndjson"
        with path.open("wb") as file:
            subprocess.run(_ingestor("generate", "--count", str(EVENTS), "--to", "stdout"), stdout=file, check=True)
        for number in range(ROUNDS):
            rates.setdefault("made up, one process", []).append(_made_up(number))
            for name, arguments in {
                "mcm-ingestor generate, to Kafka": ("generate", "--count", str(EVENTS)),
                "mcm-ingestor replay, validated, to Kafka": ("replay", str(path)),
            }.items():
                rates.setdefault(name, []).append(_said(arguments, environment))
    for name, found in rates.items():
        rate = statistics.median(found)
        print(f"{rate:9,.0f} events/s  {name} ({rate / TARGET:.1f} times the target of {TARGET:,})")


def _made_up(seed: int) -> float:
    began = time.perf_counter()
    count = sum(1 for _ in stream_events(EVENTS, seed=seed, now=datetime(2026, 11, 20, tzinfo=UTC)))
    return count / (time.perf_counter() - began)


def _said(arguments: tuple[str, ...], environment: dict[str, str]) -> float:
    ended = subprocess.run(_ingestor(*arguments), env=environment, capture_output=True, text=True, check=True)
    rate = _RATE.search(ended.stderr)
    assert rate is not None
    return float(rate[1].replace(",", ""))


def _ingestor(*arguments: str) -> list[str]:
    return [str(COMMANDS / "mcm-ingestor"), *arguments]


if __name__ == "__main__":
    main()
