"""Synthetic events of a fictional company of 50 people: routine activity, and a few planted incidents a month."""

import random
from datetime import UTC, datetime

from mcm_ingestor.generator.month import one_event, stream_events
from mcm_ingestor.store.events import save_events_to_db
from mcm_shared.contracts.events import RawEvent, to_utc

__all__ = ["generate_fake_event", "generate_fake_events_batch", "save_events_to_db", "seed_and_end"]


def generate_fake_event(*, seed: int | None = None, now: datetime | None = None) -> RawEvent:
    """Generates one routine event within the 30 days before ``now``; equal arguments give equal events.

    Without ``now``, the last midnight in UTC is used with a seed, otherwise the current time.
    """
    chosen, end = seed_and_end(seed, now)
    return one_event(seed=chosen, now=end)


def generate_fake_events_batch(
    n: int, *, seed: int | None = None, now: datetime | None = None, days: int = 30
) -> list[RawEvent]:
    """Generates ``n`` events of the ``days`` before ``now``, oldest first; equal arguments give equal events.

    All planted incidents are included from 2,000 events a month on, some from 40 on. ``now`` as in
    ``generate_fake_event``.
    """
    chosen, end = seed_and_end(seed, now)
    return list(stream_events(n, seed=chosen, now=end, days=days))


def seed_and_end(seed: int | None, now: datetime | None) -> tuple[int, datetime]:
    """Fills in missing arguments: a fresh seed, and the end of the period."""
    if now is None:
        now = datetime.now(UTC)
        # a seed alone should determine the output, at least for the rest of the day
        now = now if seed is None else now.replace(hour=0, minute=0, second=0, microsecond=0)
    return random.SystemRandom().getrandbits(31) if seed is None else seed, to_utc(now)
