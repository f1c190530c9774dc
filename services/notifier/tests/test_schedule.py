"""When a route sends: at once, by the quarter of an hour, daily, not in quiet hours, and in a storm."""

from datetime import UTC, datetime, timedelta

import pytest

from mcm_notifier.notifications import MessageKind, RouteState
from mcm_notifier.schedule import Backlog, is_quiet, next_message
from mcm_notifier.testing.delivering import a_route

MINUTE = timedelta(minutes=1)
NIGHT = {"from": "22:00", "to": "07:00", "zone": "Europe/Berlin"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("when", "oldest", "now", "sends"),
    [
        ({"when": "every 15 minutes"}, "20T12:01", "20T12:14", False),
        ({"when": "every 15 minutes"}, "20T12:01", "20T12:15", True),
        ({"when": "every 15 minutes"}, "20T12:15", "20T12:16", False),
        ({"when": "daily"}, "20T07:59", "20T08:00", True),
        ({"when": "daily"}, "20T08:00", "20T23:59", False),
        ({"when": "daily", "at": "09:00", "zone": "Europe/Berlin"}, "20T07:59", "20T08:00", True),
        ({"when": "daily", "at": "09:00", "zone": "America/New_York"}, "20T07:59", "20T13:59", False),
        ({"when": "daily", "at": "09:00", "zone": "America/New_York"}, "20T07:59", "20T14:00", True),
        ({"quiet": NIGHT}, "20T20:59", "20T20:59", True),
        ({"quiet": NIGHT}, "20T21:00", "20T21:00", False),
        ({"quiet": NIGHT}, "20T21:00", "21T05:59", False),
        ({"quiet": NIGHT}, "20T21:00", "21T06:00", True),
        ({"quiet": NIGHT, "when": "daily", "at": "03:00"}, "20T21:00", "21T03:30", False),
        ({"quiet": NIGHT, "when": "daily", "at": "03:00"}, "20T21:00", "21T06:00", True),
    ],
)
def test_a_message_is_due_when_the_route_says_so(when: dict[str, object], oldest: str, now: str, sends: bool) -> None:
    kind, _ = next_message(a_route(**when), RouteState(), Backlog(at(oldest), 1), at(now))

    assert (kind is not None) is sends


def test_quiet_hours_follow_the_clocks_of_their_zone() -> None:
    quiet = a_route(quiet={"from": "02:30", "to": "03:30", "zone": "Europe/Berlin"}).quiet
    assert quiet is not None

    # on 29 March the hour after 2 is skipped, on 25 October it comes twice
    assert is_quiet(quiet, datetime(2026, 3, 29, 1, 15, tzinfo=UTC))
    assert not is_quiet(quiet, datetime(2026, 3, 29, 1, 45, tzinfo=UTC))
    assert is_quiet(quiet, datetime(2026, 10, 25, 0, 45, tzinfo=UTC))
    assert is_quiet(quiet, datetime(2026, 10, 25, 1, 45, tzinfo=UTC))
    assert not is_quiet(quiet, datetime(2026, 10, 25, 2, 45, tzinfo=UTC))


def test_a_daily_digest_comes_once_on_the_days_when_clocks_change() -> None:
    route = a_route(when="daily", at="02:30", zone="Europe/Berlin")

    for day, due in ((29, datetime(2026, 3, 29, 1, 30, tzinfo=UTC)), (25, datetime(2026, 10, 25, 0, 30, tzinfo=UTC))):
        midnight = due.replace(day=day, hour=0, minute=0)
        minutes = [midnight + timedelta(minutes=minute) for minute in range(6 * 60)]
        # a finding a minute before: there is always something to send
        sent = [now for now in minutes if next_message(route, RouteState(), Backlog(now - MINUTE, 1), now)[0]]
        assert sent == [due]


def test_a_storm_is_a_notice_and_digests_until_it_is_over() -> None:
    route, start = a_route(max_per_hour=5), at("20T12:00")
    backlog = Backlog(start, 6)

    notice, state = next_message(route, RouteState(), backlog, start)
    held, same = next_message(route, state, backlog, start + timedelta(minutes=14))
    digest, during = next_message(route, state, backlog, start + timedelta(minutes=15))
    second, _ = next_message(route, during, backlog, start + timedelta(minutes=29))
    after = start + timedelta(minutes=90)
    over, calm = next_message(route, during, Backlog(after, 1), after)

    assert (notice, held, digest, second) == (MessageKind.STORM, None, MessageKind.DIGEST, None)
    assert same == state
    assert (over, calm) == (MessageKind.FINDINGS, RouteState(sent_at=after))


def test_many_findings_of_quiet_hours_are_a_digest_without_a_notice() -> None:
    route = a_route(max_per_hour=5, quiet=NIGHT)

    kind, _ = next_message(route, RouteState(), Backlog(at("20T23:00"), 100), at("21T06:00"))

    assert kind is MessageKind.DIGEST


def test_what_comes_up_within_a_minute_is_one_message() -> None:
    route, start = a_route(), at("20T12:00")

    _, state = next_message(route, RouteState(), Backlog(start, 1), start)
    early, _ = next_message(route, state, Backlog(start, 2), start + timedelta(seconds=59))
    due, _ = next_message(route, state, Backlog(start, 2), start + timedelta(seconds=60))

    assert (early, due) == (None, MessageKind.FINDINGS)
