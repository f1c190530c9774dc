"""The figures of the overview."""

from datetime import UTC, datetime, timedelta

import httpx

from mcm_shared.testing.builders import NOON
from mcm_shared.testing.rows import Rows

EMPTY = {
    "total_events": 0,
    "total_findings": 0,
    "withdrawn_findings": 0,
    "suppressed_findings": 0,
    "findings_by_severity": {"low": 0, "medium": 0, "high": 0, "critical": 0},
    "events_over_time": [],
}


async def test_nothing_stored_gives_zeros(client: httpx.AsyncClient) -> None:
    assert (await client.get("/stats/summary")).json() == EMPTY


async def test_findings_are_counted_by_severity_with_every_severity_present(
    client: httpx.AsyncClient, rows: Rows
) -> None:
    for severity in ("high", "high", "critical"):
        await rows.finding(severity=severity)

    summary = (await client.get("/stats/summary")).json()

    assert summary["total_findings"] == 3
    assert summary["findings_by_severity"] == {"low": 0, "medium": 0, "high": 2, "critical": 1}


async def test_events_are_counted_by_utc_day_over_sources_and_shards_with_empty_days_as_zero(
    client: httpx.AsyncClient, rows: Rows
) -> None:
    await rows.rollup(datetime(2026, 11, 18, 0, tzinfo=UTC), 1)
    await rows.rollup(datetime(2026, 11, 18, 23, tzinfo=UTC), 2, shard=3)
    await rows.rollup(datetime(2026, 11, 18, 23, tzinfo=UTC), 4, source="other-app")
    await rows.rollup(datetime(2026, 11, 21, 0, tzinfo=UTC), 8)

    summary = (await client.get("/stats/summary")).json()

    assert summary["total_events"] == 15
    assert summary["events_over_time"] == [
        {"date": "2026-11-18", "count": 7},
        {"date": "2026-11-19", "count": 0},
        {"date": "2026-11-20", "count": 0},
        {"date": "2026-11-21", "count": 8},
    ]


async def test_an_event_of_long_ago_counts_but_does_not_stretch_the_days_without_end(
    client: httpx.AsyncClient, rows: Rows
) -> None:
    await rows.rollup(datetime(1, 1, 1, tzinfo=UTC), 5)
    await rows.rollup(NOON.replace(hour=0) - timedelta(days=3659), 2)
    await rows.rollup(NOON, 1)

    summary = (await client.get("/stats/summary")).json()

    days = summary["events_over_time"]
    assert summary["total_events"] == 8
    assert len(days) == 3660
    assert (days[0]["count"], days[-1]) == (2, {"date": "2026-11-20", "count": 1})


async def test_only_events_of_the_first_days_of_the_calendar(client: httpx.AsyncClient, rows: Rows) -> None:
    await rows.rollup(datetime(1, 1, 2, tzinfo=UTC), 5)

    assert (await client.get("/stats/summary")).json()["events_over_time"] == [{"date": "0001-01-02", "count": 5}]
