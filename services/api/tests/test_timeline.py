"""Events and findings over time, exact within the period."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from mcm_shared.testing.builders import NOON
from mcm_shared.testing.rows import Rows


async def timeline(client: httpx.AsyncClient, **query: str) -> Any:
    return (await client.get("/stats/timeline", params=query)).raise_for_status().json()


def counts(found: Any, name: str) -> dict[str, int]:
    return {step["start"]: step[name] for step in found["steps"] if step[name]}


async def stored(rows: Rows, *times: datetime) -> None:
    """Events with their counts in the roll-ups, as the engine stores them."""
    for at in times:
        await rows.event(timestamp=at)
    for hour in {at.replace(minute=0, second=0, microsecond=0) for at in times}:
        await rows.rollup(hour, sum(at.replace(minute=0, second=0, microsecond=0) == hour for at in times))


async def test_without_data_there_are_no_steps(client: httpx.AsyncClient) -> None:
    assert await timeline(client) == {"interval": "day", "from": None, "to": None, "steps": []}


async def test_an_hour_is_counted_by_the_minute_and_only_within_its_bounds(
    client: httpx.AsyncClient, rows: Rows
) -> None:
    start = NOON.replace(minute=30)
    inside = [start, start + timedelta(seconds=59), start + timedelta(minutes=59)]
    await stored(rows, start - timedelta(microseconds=1), *inside, start + timedelta(hours=1))
    await rows.finding(first_seen=start + timedelta(minutes=5))
    await rows.finding(first_seen=start - timedelta(minutes=1))

    found = await timeline(client, **{"from": start.isoformat(), "to": (start + timedelta(hours=1)).isoformat()})

    assert (found["interval"], len(found["steps"])) == ("minute", 60)
    assert counts(found, "events") == {"2026-11-20T12:30:00Z": 2, "2026-11-20T13:29:00Z": 1}
    assert counts(found, "findings") == {"2026-11-20T12:35:00Z": 1}


async def test_hours_and_days_are_exact_at_both_ends(client: httpx.AsyncClient, rows: Rows) -> None:
    first = NOON.replace(hour=10, minute=15)
    end = first + timedelta(days=2, minutes=30)
    outside = [first - timedelta(minutes=1), end, end + timedelta(hours=1)]
    await stored(rows, *outside, first, NOON.replace(hour=10, minute=50), NOON, end - timedelta(minutes=1))
    period = {"from": first.isoformat(), "to": end.isoformat()}

    hours = await timeline(client, **period, interval="hour")
    days = await timeline(client, **period, interval="day")

    assert counts(hours, "events") == {
        "2026-11-20T10:00:00Z": 2,
        "2026-11-20T12:00:00Z": 1,
        "2026-11-22T10:00:00Z": 1,
    }
    assert counts(days, "events") == {"2026-11-20T00:00:00Z": 3, "2026-11-22T00:00:00Z": 1}


async def test_a_period_within_one_hour_or_day_is_exact(client: httpx.AsyncClient, rows: Rows) -> None:
    await stored(rows, NOON, NOON.replace(minute=20), NOON.replace(minute=40))
    period = {"from": NOON.replace(minute=10).isoformat(), "to": NOON.replace(minute=30).isoformat()}

    for interval in ("minute", "hour", "day"):
        found = await timeline(client, **period, interval=interval)
        assert sum(counts(found, "events").values()) == 1, interval


async def test_all_time_is_counted_in_whole_days(client: httpx.AsyncClient, rows: Rows) -> None:
    await rows.rollup(datetime(2026, 11, 18, 23, tzinfo=UTC), 2)
    await rows.finding(first_seen=datetime(2026, 11, 20, 1, tzinfo=UTC))

    found = await timeline(client, interval="day")

    assert (found["from"], found["to"]) == ("2026-11-18T00:00:00Z", "2026-11-21T00:00:00Z")
    assert [(step["events"], step["findings"]) for step in found["steps"]] == [(2, 0), (0, 0), (0, 1)]


async def test_too_many_steps_are_refused_and_too_many_days_are_the_latest(
    client: httpx.AsyncClient, rows: Rows
) -> None:
    await rows.rollup(datetime(1, 1, 1, tzinfo=UTC), 5)
    await rows.rollup(NOON, 1)
    refused = await client.get("/stats/timeline", params={"from": "2020-01-01T00:00:00Z", "interval": "minute"})

    found = await timeline(client)

    assert (refused.status_code, refused.json()["errors"][0]["parameter"]) == (422, "interval")
    assert len(found["steps"]) == 3660
    assert found["steps"][-1] == {"start": "2026-11-20T00:00:00Z", "events": 1, "findings": 0}
