"""Made-up events of a made-up company of 50 people: normal life, and a handful of planted stories a month."""

import random
from datetime import UTC, datetime

from mcm_ingestor.generator.month import one_event, stream_events
from mcm_ingestor.store import save_events_to_db
from mcm_shared.contracts.events import RawEvent, to_utc

__all__ = ["generate_fake_event", "generate_fake_events_batch", "save_events_to_db", "seed_and_end"]


def generate_fake_event(*, seed: int | None = None, now: datetime | None = None) -> RawEvent:
    """Makes up one event of normal life within the 30 days before ``now``; equal arguments make equal events.

    Without ``now`` the last midnight in UTC is taken where there is a seed, else the current time.
    """
    chosen, end = seed_and_end(seed, now)
    return one_event(seed=chosen, now=end)


def generate_fake_events_batch(
    n: int, *, seed: int | None = None, now: datetime | None = None, days: int = 30
) -> list[RawEvent]:
    """Makes up ``n`` events of the ``days`` before ``now``, oldest first; equal arguments make equal events.

    From 2,000 events a month on all planted stories are among them, from 40 on some. ``now`` as in
    ``generate_fake_event``.
    """
    chosen, end = seed_and_end(seed, now)
    return list(stream_events(n, seed=chosen, now=end, days=days))


def seed_and_end(seed: int | None, now: datetime | None) -> tuple[int, datetime]:
    """Fills in what is not given: a fresh seed, and the time to generate up to."""
    if now is None:
        now = datetime.now(UTC)
        # a seed alone should say what comes out, at least for the rest of the day
        now = now if seed is None else now.replace(hour=0, minute=0, second=0, microsecond=0)
    return random.SystemRandom().getrandbits(31) if seed is None else seed, to_utc(now)
