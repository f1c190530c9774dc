"""``make scale-demo``: throughput and lag while rules-engines go 1 → 2 → 4 → 1 under load, all counted once.

Each worker gets a part of a core (MCM_SCALING_CPUS), so that on a small machine the workers are what limits, not the
machine. The load is steady, half as much again as one worker can take.
"""

import asyncio
import os
import sys
import time
from pathlib import Path
from uuid import UUID

from mcm_local.checkout import CHECKOUT
from mcm_rules_engine.sigma.load import load_rules
from mcm_rules_engine.testing.agreement import differences
from mcm_rules_engine.testing.deliveries import read_result
from mcm_rules_engine.testing.oracle import ExpectedFinding, evaluate
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.settings import KafkaSettings
from tests.compose.months import month
from tests.compose_project import ComposeProject
from tests.pipeline import Pipeline, canonical, until
from tests.scaling.meter import Meter, Sample
from tests.scaling.picture import draw

WORKERS = (1, 2, 4, 1)
CPUS = os.environ.get("MCM_SCALING_CPUS", "0.1")
STAGE_S = float(os.environ.get("MCM_SCALING_STAGE_S", "20"))
PICTURE = Path(os.environ.get("MCM_SCALING_PICTURE", CHECKOUT / "docs" / "images" / "scaling.svg"))
LOAD = 1.5
"""The load in what one worker can take."""

_WARM_UP_EVENTS = 8_000
_MONTH = 4_000
_SEND_EVERY_S = 0.25
_STARTING_S = 25
"""The longest that workers of a part of a core are taken to need for their start."""
_GROUP = "rules-engine"


def main() -> None:
    """Runs the demonstration, prints what it measured, and draws it."""
    project = ComposeProject("mcm-scaling", MCM_WORKER_CPUS=CPUS)
    try:
        say(f"starting Kafka, Postgres and one rules-engine of {CPUS} cores, on {os.cpu_count()} cores")
        project.up(_GROUP)
        good = asyncio.run(_demonstrate(project))
    finally:
        project.down(volumes=True)
    raise SystemExit(0 if good else 1)


async def _demonstrate(project: ComposeProject) -> bool:
    pipeline = Pipeline(KafkaSettings(KAFKA_BOOTSTRAP_SERVERS=project.kafka_servers), project.postgres_url)
    async with Meter(pipeline, _GROUP) as meter:
        pushed = month(0, _WARM_UP_EVENTS)
        one_takes = await _measure_one_worker(pipeline, meter, pushed)
        rate = LOAD * one_takes
        say(f"one worker takes {one_takes:,.0f} events/s; the load is {rate:,.0f} events/s")
        months = int(rate * (STAGE_S + _STARTING_S) * len(WORKERS)) // _MONTH + 1
        load = [event for number in range(1, months + 1) for event in month(number, _MONTH)]
        stop = asyncio.Event()
        pushing = asyncio.create_task(_push(pipeline, load, rate, stop))
        watching = asyncio.create_task(meter.watch(stop))
        for workers in WORKERS:
            began = len(meter.samples)
            meter.workers = workers
            await asyncio.to_thread(project.up, _GROUP, scale={_GROUP: workers})
            await asyncio.sleep(STAGE_S)
            _report(workers, meter.samples[began:])
        stop.set()
        pushed += await pushing
        await watching
        await asyncio.to_thread(project.up, _GROUP, scale={_GROUP: 4})
        await until(lambda: pipeline.is_idle(_GROUP), 600, "everything is handled", every=0.5)
        draw(meter.samples, rate, CPUS, PICTURE)
        say(f"drawn: {PICTURE}")
    return await _is_right(pipeline, pushed)


async def _measure_one_worker(pipeline: Pipeline, meter: Meter, events: list[SourceEvent]) -> float:
    """Gives a worker that was woken up a backlog, and measures while it has one."""
    await pipeline.push(*map(canonical, events[:1_000]))
    await until(lambda: pipeline.is_idle(_GROUP), 120, "the worker has woken up", every=0.2)
    await pipeline.push(*map(canonical, events[1_000:]))
    first, began = (await meter.committed()), time.monotonic()
    await until(lambda: pipeline.is_idle(_GROUP), 600, "the backlog is handled", every=0.1)
    return (await meter.committed() - first) / (time.monotonic() - began)


async def _push(pipeline: Pipeline, events: list[SourceEvent], rate: float, stop: asyncio.Event) -> list[SourceEvent]:
    """Pushes events at a rate until stopped; returns those it has pushed."""
    payloads = list(map(canonical, events))
    began, done = time.monotonic(), 0
    while not stop.is_set() and done < len(payloads):
        due = min(len(payloads), int((time.monotonic() - began) * rate))
        if due > done:
            await pipeline.push(*payloads[done:due])
            done = due
        await asyncio.sleep(_SEND_EVERY_S)
    return events[:done]


async def _is_right(pipeline: Pipeline, pushed: list[SourceEvent]) -> bool:
    """Holds what is in the database against the oracle, month by month."""
    say(f"asking the oracle about {len(pushed):,} events")
    await pipeline.assert_counted_once(pushed)
    by_year: dict[int, list[SourceEvent]] = {}
    for event in pushed:
        # a month begins in October and ends in November
        by_year.setdefault(event.timestamp.year, []).append(event)
    ruleset = load_rules()
    expected: dict[UUID, ExpectedFinding] = {}
    for events in by_year.values():
        expected |= evaluate(ruleset, events).findings
    engine = pipeline.connect()
    found = await read_result(engine)
    await engine.dispose()
    wrong = list(differences(expected, found.findings))
    for difference in wrong[:20]:
        say(difference)
    say(f"{len(pushed):,} events, each counted once; {len(expected):,} findings, {len(wrong)} not as expected")
    return not wrong


def _report(workers: int, samples: list[Sample]) -> None:
    # a rebalance at the beginning of a stage is part of it; what the stage settles to is its second half
    settled = samples[len(samples) // 2 :]
    rate = (settled[-1].committed - settled[0].committed) / (settled[-1].at - settled[0].at)
    lags = [sample.lag for sample in samples]
    say(f"{workers} worker{'s' if workers > 1 else ' '}: {rate:7,.0f} events/s, lag {lags[0]:8,} → {lags[-1]:8,}")


def say(message: str) -> None:
    """Says one thing on stdout."""
    sys.stdout.write(f"{message}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
