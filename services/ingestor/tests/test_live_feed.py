"""The live feed: paced by the clock it is given, never ahead of it, and not for long without a story."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from mcm_ingestor.generator.live import LiveFeed
from mcm_shared.contracts.events import RawEvent

STARTED = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def taken(feed: LiveFeed, seconds: int, limit: int = 10_000) -> list[tuple[datetime, list[RawEvent]]]:
    moments = [STARTED + timedelta(seconds=second) for second in range(1, seconds + 1)]
    return [(moment, feed.due(moment, limit)) for moment in moments]


def test_it_keeps_to_its_rate() -> None:
    feed = LiveFeed(2.5, seed=1, started=STARTED)

    counts = [len(events) for _, events in taken(feed, 100)]

    assert sum(counts) == 250
    assert max(counts) == 3


def test_what_could_not_be_taken_is_due_later() -> None:
    feed = LiveFeed(50, seed=1, started=STARTED)

    counts = [len(events) for _, events in taken(feed, 3, limit=40)]

    assert counts == [40, 40, 40]
    assert len(feed.due(STARTED + timedelta(seconds=3), 10_000)) == 30


def test_events_are_of_now_and_in_the_order_of_time() -> None:
    feed = LiveFeed(5, seed=1, started=STARTED)

    events = []
    for moment, due in taken(feed, 600):
        assert all(moment - timedelta(minutes=1) < event.timestamp <= moment for event in due)
        events += due

    assert len({event.id for event in events}) == len(events) == 3_000
    assert all(earlier.timestamp <= later.timestamp for earlier, later in pairwise(events))


def test_ids_of_two_starts_never_meet() -> None:
    first = LiveFeed(5, seed=1, started=STARTED)
    second = LiveFeed(5, seed=1, started=STARTED + timedelta(seconds=1))

    ids = [{event.id for _, due in taken(feed, 60) for event in due} for feed in (first, second)]

    assert not ids[0] & ids[1]


def test_the_same_seed_and_clock_make_the_same_feed() -> None:
    assert taken(LiveFeed(5, seed=3, started=STARTED), 300) == taken(LiveFeed(5, seed=3, started=STARTED), 300)


def test_an_hour_tells_every_small_story() -> None:
    events = [event for _, due in taken(LiveFeed(1, seed=2, started=STARTED), 3_600) for event in due]

    assert any(event.event_type == "api_token_created" and "admin:*" in event.raw_data["scopes"] for event in events)
    assert any(str(event.raw_data.get("visibility", "")).startswith("public") for event in events)
    assert any(event.event_type == "deployment_failed" for event in events)
    assert sum(event.event_type == "login_failed" for event in events) > 25


def test_a_flood_does_not_pile_up_what_is_still_to_come() -> None:
    feed = LiveFeed(5_000, seed=2, started=STARTED)

    counts = []
    for moment, due in taken(feed, 10, limit=100_000):
        assert max(event.timestamp for event in due) <= moment
        counts.append(len(due))

    assert counts == [5_000] * 10
    assert len(feed._waiting) <= 5_000


def test_after_a_long_sleep_it_goes_on_with_the_last_minute() -> None:
    feed = LiveFeed(5, seed=2, started=STARTED)
    hours_later = STARTED + timedelta(hours=8)

    assert len(feed.due(hours_later, 10_000)) == 300
    assert len(feed.due(hours_later, 10_000)) == 0
    assert len(feed.due(hours_later + timedelta(seconds=2), 10_000)) == 10
