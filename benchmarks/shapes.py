"""That no shape of the stream is a cliff: floods, a back-fill into a live stream, events far apart."""

import asyncio
import os
import random
import statistics
from collections.abc import Callable
from datetime import timedelta
from functools import cache

from benchmarks._in_process import batches_of, running_engine, said
from benchmarks._stack import running_stack
from mcm_ingestor.generator import generate_fake_events_batch
from mcm_rules_engine.sigma.load import load_rules
from mcm_shared.contracts.events import RawEvent

ROUNDS = int(os.environ.get("MCM_BENCH_ROUNDS", "5"))
BATCH = 1_000
BATCHES = 10
TARGET = 2
"""How many times the normal cost an event may cost."""

_FLOODED = "flood@example.com"


def main() -> None:
    """Prints µs for each event of every shape, and what it is times the normal cost."""
    with running_stack() as stack:
        costs: dict[str, list[float]] = {name: [] for name in _SHAPES}
        for _ in range(ROUNDS):
            # round by round, so that a slow minute of the machine hits every shape
            for name, shape in _SHAPES.items():
                costs[name].append(asyncio.run(_cost(stack.new_database(), shape(_a_month()))))
    normal = statistics.median(costs["as they come"])
    for name, found in costs.items():
        print(said(name, statistics.median(found), normal, TARGET))


async def _cost(database_url: str, events: list[RawEvent]) -> float:
    async with running_engine(database_url, load_rules()) as running:
        # the first batch warms caches and plans; the mean, since a back-fill is dear where it begins
        return statistics.mean((await running.costs(batches_of(events, BATCH)))[1:])


@cache
def _a_month() -> list[RawEvent]:
    return generate_fake_events_batch(BATCH * (BATCHES + 1), seed=1, days=30)


def _as_they_come(events: list[RawEvent]) -> list[RawEvent]:
    return events


def _one_user(events: list[RawEvent]) -> list[RawEvent]:
    return [_said(event, user=_FLOODED) if number % 10 else event for number, event in enumerate(events)]


def _one_guesser(events: list[RawEvent]) -> list[RawEvent]:
    """Makes nine of ten events failed logins of one user from one address, a second apart: every one is a detection."""
    facts = {"ip": "192.0.2.66", "reason": "bad_password", "method": "password"}
    start = events[0].timestamp
    return [
        _said(
            event, user=_FLOODED, event_type="login_failed", timestamp=start + timedelta(seconds=number), raw_data=facts
        )
        if number % 10
        else event
        for number, event in enumerate(events)
    ]


def _back_filled(events: list[RawEvent]) -> list[RawEvent]:
    """Puts a month-old event between any two live ones: the live ones' past, in order."""
    live, old = events[: len(events) // 2], events[len(events) // 2 :]
    shifted = [_said(event, timestamp=event.timestamp - timedelta(days=30)) for event in old]
    return [event for pair in zip(live, shifted, strict=True) for event in pair]


def _shuffled_month(events: list[RawEvent]) -> list[RawEvent]:
    """Puts the whole month into any order: the events of a batch lie days apart, and late in every window."""
    order = events[:]
    random.Random(7).shuffle(order)  # noqa: S311
    return order


def _far_apart(events: list[RawEvent]) -> list[RawEvent]:
    """Makes each event of a batch the only one of its day."""
    start = events[0].timestamp - timedelta(days=2 * BATCH)
    return [_said(event, timestamp=start + timedelta(days=number % BATCH)) for number, event in enumerate(events)]


def _said(event: RawEvent, **said: object) -> RawEvent:
    return event.model_copy(update=said)


_SHAPES: dict[str, Callable[[list[RawEvent]], list[RawEvent]]] = {
    "as they come": _as_they_come,
    "nine of ten by one user": _one_user,
    "nine of ten a failed login of one user": _one_guesser,
    "every other one a month old": _back_filled,
    "a month in any order": _shuffled_month,
    "every one on a day of its own": _far_apart,
}

if __name__ == "__main__":
    main()
