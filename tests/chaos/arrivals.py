"""The events of a run and the order they arrive in: late, shuffled and repeated, all of it said by the seed."""

import random
from collections.abc import Sequence
from datetime import timedelta

from mcm_ingestor.generator import generate_fake_events_batch
from mcm_shared.contracts.events import SourceEvent, from_raw_event
from mcm_shared.testing.builders import NOON, an_event


def events_of(seed: int, count: int) -> list[SourceEvent]:
    """Makes a company's week, and people whose failures and successes cross every threshold of the built-in rules."""
    draw = random.Random(seed)
    week = generate_fake_events_batch(count, seed=seed, now=NOON, days=7)
    events = [from_raw_event(raw, fallback_id="") for raw in week]
    for number in range(count // 8):
        kind = draw.choice(("login_failed", "login_failed", "login_success", "mfa_failed", "mfa_success"))
        events.append(
            an_event(
                id=f"chaos-{seed}-{number}",
                event_type=kind,
                user=f"user-{draw.randrange(4)}@example.com",
                ip=f"192.0.2.{draw.randrange(3)}",
                # whole seconds within a few hours: many stand at the same time
                timestamp=NOON - timedelta(seconds=draw.randrange(4 * 3600)),
            )
        )
    return events


def arrivals(events: Sequence[SourceEvent], seed: int) -> list[SourceEvent]:
    """Shuffles events as badly as can be and sends every tenth of them twice."""
    draw = random.Random(seed)
    arriving = [*events, *draw.sample(list(events), len(events) // 10)]
    draw.shuffle(arriving)
    return arriving
