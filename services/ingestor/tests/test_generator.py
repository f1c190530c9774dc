"""A month of the company: always the same for a seed, plausible by day, and with its stories in it."""

import ipaddress
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from mcm_ingestor.generator import generate_fake_event, generate_fake_events_batch
from mcm_ingestor.generator.company import fictional_company
from mcm_shared.contracts.events import EVENT_TYPES, RawEvent

NOW = datetime(2026, 11, 20, 12, 34, 56, tzinfo=UTC)

_DOCUMENTATION = [
    ipaddress.ip_network(network) for network in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]

_SHOW_BATCH = """
from datetime import datetime, UTC
from mcm_ingestor.generator import generate_fake_events_batch
print(generate_fake_events_batch(600, seed=9, now=datetime(2026, 11, 20, tzinfo=UTC)))
"""


def a_month(count: int = 5_000, seed: int = 1) -> list[RawEvent]:
    return generate_fake_events_batch(count, seed=seed, now=NOW)


def test_the_same_seed_makes_the_same_events_in_every_process() -> None:
    shown = {
        subprocess.run(
            [sys.executable, "-c", _SHOW_BATCH],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            check=True,
            capture_output=True,
        ).stdout
        for hash_seed in ("1", "2")
    }

    assert len(shown) == 1
    assert b"gen-9-" in shown.pop()


def test_a_seed_without_a_time_says_what_comes_out() -> None:
    assert generate_fake_events_batch(30, seed=5) == generate_fake_events_batch(30, seed=5)
    assert generate_fake_event(seed=5) == generate_fake_event(seed=5)


def test_without_a_seed_every_batch_is_another() -> None:
    assert generate_fake_events_batch(30, now=NOW) != generate_fake_events_batch(30, now=NOW)
    assert generate_fake_event(now=NOW) != generate_fake_event(now=NOW)


@pytest.mark.parametrize(
    "other",
    [
        lambda: generate_fake_events_batch(500, seed=2, now=NOW),
        lambda: generate_fake_events_batch(500, seed=1, now=NOW + timedelta(days=1)),
        lambda: generate_fake_events_batch(501, seed=1, now=NOW),
        lambda: generate_fake_events_batch(500, seed=1, now=NOW, days=29),
    ],
    ids=["seed", "now", "count", "days"],
)
def test_batches_that_differ_share_no_id(other: Callable[[], list[RawEvent]]) -> None:
    assert not {event.id for event in a_month(500)} & {event.id for event in other()}


@pytest.mark.parametrize("count", [0, 1, 2, 7, 39, 40, 137, 1_999, 2_000, 5_000])
def test_a_batch_holds_as_many_events_as_asked_for_in_the_order_of_time(count: int) -> None:
    events = a_month(count)

    assert len({event.id for event in events}) == len(events) == count
    assert all(earlier.timestamp <= later.timestamp for earlier, later in pairwise(events))


def test_the_events_of_small_batches_lie_all_over_the_month() -> None:
    days = {generate_fake_events_batch(1, seed=seed, now=NOW)[0].timestamp.date() for seed in range(60)}

    assert len(days) > 12


@pytest.mark.parametrize("days", [1, 2, 9, 30, 100])
def test_events_lie_within_the_days_before_now(days: int) -> None:
    events = generate_fake_events_batch(3_000, seed=4, now=NOW, days=days)

    assert len(events) == 3_000
    assert events[0].timestamp >= NOW - timedelta(days=days)
    assert events[-1].timestamp < NOW
    assert {event.event_type for event in events} == EVENT_TYPES


@pytest.mark.parametrize("seed", range(5))
def test_all_event_types_appear_in_a_few_hundred_events(seed: int) -> None:
    assert {event.event_type for event in a_month(800, seed)} == EVENT_TYPES


def test_single_events_are_of_every_type_too() -> None:
    assert {generate_fake_event(seed=seed, now=NOW).event_type for seed in range(4_000)} == EVENT_TYPES


def test_events_are_valid_and_plainly_made_up() -> None:
    for event in a_month():
        assert RawEvent.model_validate(event.model_dump()) == event
        assert event.user is not None
        assert event.user.endswith("@example.com")
        address = ipaddress.ip_address(event.raw_data["ip"])
        assert any(address in network for network in _DOCUMENTATION)
        assert event.raw_data["location"] == {"city": event.raw_data["city"], "country": event.raw_data["country"]}


def test_the_company_is_fifty_people_with_addresses_of_their_own() -> None:
    people = fictional_company().people

    assert len({person.user for person in people}) == len({person.home_ip for person in people}) == 50


def test_people_work_in_the_daytime_of_their_own_city_and_bots_at_any_hour() -> None:
    zones = {person.user: person.city.zone for person in fictional_company().people}
    bots = {bot.user for bot in fictional_company().service_accounts}
    events = a_month(20_000)
    local = [event.timestamp.astimezone(zones[event.user]) for event in events if event.user in zones]

    in_hours = sum(1 for time in local if time.weekday() < 5 and 7 <= time.hour < 20)
    at_night = Counter(2 <= event.timestamp.hour < 5 for event in events if event.user in bots)

    assert in_hours / len(local) > 0.9
    assert at_night[True] / at_night.total() > 0.06


def test_changes_are_as_big_as_changes_are() -> None:
    lines = sorted(
        event.raw_data["lines_changed"] for event in a_month(20_000) if event.event_type == "pull_request_merged"
    )

    assert lines[len(lines) // 2] < 60
    assert lines[int(len(lines) * 0.95)] < 150
    assert 1_900 < lines[-1] < 2_400


def test_nobody_approves_their_own_change_or_raises_their_own_role() -> None:
    events = a_month(20_000)

    assert not [e for e in events if e.raw_data.get("author", "") in e.raw_data.get("approved_by", ())]
    assert not [e for e in events if e.event_type == "permission_changed" and e.raw_data["target"] == e.user]


@pytest.mark.parametrize(
    ("begins", "ends"),
    [("api_token_created", "api_token_revoked"), ("pull_request_opened", "pull_request_merged")],
)
def test_what_ends_mostly_began_in_the_same_month_and_always_before(begins: str, ends: str) -> None:
    events = a_month(20_000)
    began = {named(event): event.timestamp for event in reversed(events) if event.event_type == begins}
    ended = [event for event in events if event.event_type == ends]
    known = [event for event in ended if named(event) in began]

    assert len(known) / len(ended) > 0.8
    assert all(began[named(event)] < event.timestamp for event in known)


def named(event: RawEvent) -> tuple[object, ...]:
    return tuple(event.raw_data.get(part) for part in ("token_id", "repository", "number"))


def most_in_ten_minutes(events: Iterable[RawEvent], event_type: str) -> dict[str | None, int]:
    times: dict[str | None, list[datetime]] = defaultdict(list)
    for event in events:
        if event.event_type == event_type:
            times[event.user].append(event.timestamp)
    return {
        user: max(sum(1 for other in of_user if time - timedelta(minutes=10) < other <= time) for time in of_user)
        for user, of_user in times.items()
    }


@pytest.mark.parametrize("count", [5_000, 100_000])
def test_nobody_fails_to_log_in_often_but_in_the_stories(count: int) -> None:
    events = a_month(count)

    passwords = sorted(most_in_ten_minutes(events, "login_failed").values())
    codes = sorted(most_in_ten_minutes(events, "mfa_failed").values())

    assert passwords[-1] >= 20
    assert passwords[-2] < 5
    assert codes[-1] >= 8
    assert codes[-2] < 3


@pytest.mark.parametrize("count", [2_000, 20_000, 100_000])
def test_what_deserves_a_finding_is_rare_however_many_events_there_are(count: int) -> None:
    noticeable = [event for event in a_month(count) if any(deserves(event) for deserves in STORIES.values())]

    assert len(noticeable) <= 60
    assert max(Counter(event.timestamp.date() for event in noticeable).values()) <= 8


def test_nobody_is_as_busy_in_an_hour_as_the_script_gone_wild() -> None:
    by_hour = Counter(
        (event.user, event.timestamp.replace(minute=0, second=0, microsecond=0)) for event in a_month(20_000)
    )
    (busiest, most), *others = by_hour.most_common(4)

    assert most > 300
    assert all(count < 60 for (user, _), count in others if user != busiest[0])


def is_public(event: RawEvent) -> bool:
    return str(event.raw_data.get("visibility", "")).startswith("public")


STORIES: dict[str, Callable[[RawEvent], bool]] = {
    "an admin is made": lambda e: (
        e.event_type == "permission_changed"
        and e.raw_data["new_role"] == "admin"
        and "production" not in e.raw_data["resource"]
    ),
    "an admin of production is made": lambda e: (
        e.event_type == "permission_changed"
        and e.raw_data["new_role"] == "admin"
        and "production" in e.raw_data["resource"]
    ),
    "a viewer becomes a developer": lambda e: (
        e.event_type == "permission_changed"
        and (e.raw_data["old_role"], e.raw_data["new_role"]) == ("viewer", "developer")
    ),
    "a token may do everything": lambda e: e.event_type == "api_token_created" and "admin:*" in e.raw_data["scopes"],
    "a token never ends": lambda e: e.event_type == "api_token_created" and e.raw_data["expires_at"] is None,
    "2,000 unreviewed lines": lambda e: (
        e.event_type == "pull_request_merged" and e.raw_data["lines_changed"] >= 2_000 and e.raw_data["approvals"] == 0
    ),
    "a merge of 150 to 400 lines": lambda e: (
        e.event_type == "pull_request_merged" and 150 <= e.raw_data["lines_changed"] <= 400
    ),
    "production fails": lambda e: e.event_type == "deployment_failed" and e.raw_data["environment"] == "production",
    "staging fails": lambda e: e.event_type == "deployment_failed" and e.raw_data["environment"] == "staging",
    "a bucket is born public": lambda e: e.event_type == "storage_bucket_created" and is_public(e),
    "a bucket is made public": lambda e: e.event_type == "storage_bucket_permission_changed" and is_public(e),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("story", STORIES)
def test_a_month_of_2000_events_holds_every_story(story: str, seed: int) -> None:
    assert any(STORIES[story](event) for event in a_month(2_000, seed))


@pytest.mark.parametrize("seed", range(3))
def test_a_month_of_2000_events_holds_the_stories_of_many_events(seed: int) -> None:
    events = a_month(2_000, seed)
    tried: dict[str, set[str | None]] = defaultdict(set)
    for event in events:
        if event.event_type == "login_failed":
            tried[event.raw_data["ip"]].add(event.user)
    guessed = max(most_in_ten_minutes(events, "login_failed").items(), key=lambda of_user: of_user[1])[0]
    pestered = max(most_in_ten_minutes(events, "mfa_failed").items(), key=lambda of_user: of_user[1])[0]
    intruded = {(e.user, e.raw_data["ip"][:9]) for e in events if e.event_type == "login_success"}

    assert max(len(users) for users in tried.values()) >= 20
    assert {(guessed, "203.0.113"), (pestered, "203.0.113")} <= intruded


@pytest.mark.parametrize("seed", range(3))
def test_a_small_batch_holds_some_stories_but_is_mostly_normal_life(seed: int) -> None:
    events = a_month(400, seed)
    noticeable = sum(1 for event in events if any(deserves(event) for deserves in STORIES.values()))

    assert 5 <= noticeable <= 40
