"""One event whole, the events of a finding, and events counted by time and kind."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from mcm_api.events.schemas import ConditionPart
from mcm_rules_engine.sigma.load import load_rules
from mcm_rules_engine.store.rules import record_load
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.db.engine import transaction
from mcm_shared.testing.builders import NOON, a_public_bucket, an_event
from mcm_shared.testing.rows import Rows

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def evidence(event: SourceEvent, *completed_by: SourceEvent) -> dict[str, Any]:
    return {"event_uid": str(event.uid), "completed_by": [{"event_uid": str(one.uid)} for one in completed_by]}


async def newest(client: httpx.AsyncClient) -> dict[str, Any]:
    event: dict[str, Any] = (await client.get("/events?limit=1")).json()[0]
    return event


async def test_an_event_is_shown_with_the_rules_it_matches_and_its_findings(
    client: httpx.AsyncClient, rows: Rows
) -> None:
    event = a_public_bucket(timestamp=NOON)
    await rows.counted(event)
    async with transaction(rows.engine) as connection:
        await record_load(connection, load_rules())
    named = await rows.finding(first_seen=NOON, extra_data={"earliest": evidence(event), "latest": evidence(event)})
    await rows.finding(first_seen=NOON, extra_data={"earliest": evidence(an_event()), "latest": {}})
    listed = await newest(client)

    shown = (await client.get(f"/events/{listed['id']}")).json()

    assert {name: shown[name] for name in listed} == listed
    assert shown["ingested_at"].endswith("Z")
    assert [finding["id"] for finding in shown["findings"]] == [named]
    matched = {rule["rule_name"]: rule for rule in shown["matched_rules"]}
    assert matched["bucket_made_public"]["level"] == "critical"
    assert matched["bucket_made_public"]["title"]
    assert UUID(matched["bucket_made_public"]["rule_id"])


async def test_an_event_in_the_midst_of_a_correlation_knows_its_finding(client: httpx.AsyncClient, rows: Rows) -> None:
    first, second, last = (an_event(timestamp=NOON + number * MINUTE) for number in range(3))
    await rows.counted(first, second, last)
    named = await rows.finding(
        first_seen=NOON + 2 * MINUTE,
        extra_data={"earliest": evidence(last, first, second, last), "latest": evidence(last, first, second, last)},
    )

    for number in (1, 2, 3):
        shown = (await client.get(f"/events/{number}")).json()
        assert [finding["id"] for finding in shown["findings"]] == [named], shown["timestamp"]


async def test_an_event_that_is_not_there_is_a_problem(client: httpx.AsyncClient) -> None:
    assert (await client.get("/events/17")).status_code == 404
    assert (await client.get("/events/x")).status_code == 422


async def test_the_events_of_a_finding_come_oldest_first(client: httpx.AsyncClient, rows: Rows) -> None:
    events = [an_event(timestamp=NOON + number * MINUTE) for number in range(5)]
    await rows.counted(*reversed(events), an_event(timestamp=NOON))
    finding = await rows.finding(
        extra_data={"earliest": evidence(events[2], *events[:3]), "latest": evidence(events[4], *events[2:])}
    )

    page = (await client.get(f"/findings/{finding}/events")).json()
    some = (await client.get(f"/findings/{finding}/events?limit=2")).json()

    assert [item["event_uid"] for item in page["items"]] == [str(event.uid) for event in events]
    assert page["total"] == some["total"] == 5
    assert some["items"] == page["items"][:2]
    assert (await client.get("/findings/99/events")).status_code == 404


async def test_a_finding_is_explained_by_the_condition_of_its_rule(client: httpx.AsyncClient, rows: Rows) -> None:
    event = a_public_bucket(timestamp=NOON)
    await rows.counted(event)
    rules = load_rules()
    async with transaction(rows.engine) as connection:
        await record_load(connection, rules)
    (rule,) = (each for each in rules.rules if each.name == "bucket_made_public")
    both = {"earliest": evidence(event), "latest": evidence(event)}
    finding = await rows.finding(rule_id=UUID(rule.id), extra_data=both)
    gone = await rows.finding(rule_id=UUID(rule.id), extra_data={"latest": evidence(an_event())})
    other = await rows.finding(extra_data=both)

    (explained,) = (await client.get(f"/findings/{finding}/conditions")).json()

    assert explained["rule_name"] == "bucket_made_public"
    assert explained["condition"]["holds"] is True
    assert "storage_bucket_permission_changed" in str(explained)
    hidden = ConditionPart.model_validate(explained["condition"]).without_values().model_dump_json()
    assert '"actual":null' in hidden
    assert '"actual":[' not in hidden
    for each in (gone, other):
        assert (await client.get(f"/findings/{each}/conditions")).json() == []
    assert (await client.get("/findings/99/conditions")).status_code == 404


async def test_events_are_filtered_by_source_and_by_several_types(client: httpx.AsyncClient, rows: Rows) -> None:
    for event_type, source in (("a", "one"), ("b", "two"), ("c", "one")):
        await rows.event(event_type=event_type, source=source)

    async def types(query: str) -> set[str]:
        return {event["event_type"] for event in (await client.get(f"/events?{query}")).json()}

    assert await types("source=one") == {"a", "c"}
    assert await types("event_type=a&event_type=b") == {"a", "b"}
    assert await types("event_type=a&event_type=b&source=two") == {"b"}


async def some_events(rows: Rows) -> None:
    await rows.counted(
        an_event(timestamp=NOON, event_type="login_failed", source="okta.system", user="ada@example.com"),
        an_event(timestamp=NOON + 30 * MINUTE, event_type="login_failed", user="mona@example.com"),
        an_event(timestamp=NOON + 2 * HOUR, event_type="login_success", user="ada@example.com"),
        an_event(timestamp=NOON + 5 * DAY, event_type="login_success", user=None),
    )


@pytest.mark.parametrize(
    ("query", "interval", "counts"),
    [
        ("", "day", {"2026-11-20T00:00:00Z": 3, "2026-11-25T00:00:00Z": 1}),
        ("user=ada@example.com&interval=day", "day", {"2026-11-20T00:00:00Z": 2}),
        ("event_type=login_success&interval=day", "day", {"2026-11-20T00:00:00Z": 1, "2026-11-25T00:00:00Z": 1}),
        ("source=okta.system&interval=day", "day", {"2026-11-20T00:00:00Z": 1}),
        ("user=ada@example.com&event_type=login_failed&interval=day", "day", {"2026-11-20T00:00:00Z": 1}),
        ("to_timestamp=2026-11-21T00:00:00Z", "hour", {"2026-11-20T12:00:00Z": 2, "2026-11-20T14:00:00Z": 1}),
        ("to_timestamp=2026-11-21T00:00:00Z&source=okta.system", "hour", {"2026-11-20T12:00:00Z": 1}),
        ("user=ada@example.com&interval=hour", "hour", {"2026-11-20T12:00:00Z": 1, "2026-11-20T14:00:00Z": 1}),
        ("event_type=login_failed&interval=hour", "hour", {"2026-11-20T12:00:00Z": 2}),
        ("event_type=login_failed", "minute", {"2026-11-20T12:00:00Z": 1, "2026-11-20T12:30:00Z": 1}),
        (
            "from_timestamp=2026-11-20T12:30:30Z&to_timestamp=2026-11-20T14:00:01Z",
            "minute",
            {"2026-11-20T12:30:00Z": 1, "2026-11-20T14:00:00Z": 1},
        ),
    ],
)
async def test_events_are_counted_by_time(
    client: httpx.AsyncClient, rows: Rows, query: str, interval: str, counts: dict[str, int]
) -> None:
    await some_events(rows)

    histogram = (await client.get(f"/events/histogram?{query}")).json()

    starts = [bucket["start"] for bucket in histogram["buckets"]]
    assert histogram["interval"] == interval
    assert {bucket["start"]: bucket["count"] for bucket in histogram["buckets"] if bucket["count"]} == counts
    assert starts == sorted(set(starts))
    assert starts[0] == histogram["from"]
    assert histogram["to"] > starts[-1]


async def test_a_time_without_events_is_shown_as_such(client: httpx.AsyncClient, rows: Rows) -> None:
    assert (await client.get("/events/histogram")).json() == {
        "interval": "day",
        "from": None,
        "to": None,
        "buckets": [],
        "counted_from": None,
    }
    await some_events(rows)
    query = "from_timestamp=2026-12-01T00:00:00Z&to_timestamp=2026-12-01T02:00:00Z&interval=hour"
    assert [bucket["count"] for bucket in (await client.get(f"/events/histogram?{query}")).json()["buckets"]] == [0, 0]


@pytest.mark.parametrize(
    ("year", "interval", "starts"),
    [(1990, "month", ("1990-02-01", "1990-03-01")), (1970, "month", ("1970-02-01", "1970-03-01"))],
)
async def test_long_times_are_counted_in_longer_steps(
    client: httpx.AsyncClient, rows: Rows, year: int, interval: str, starts: tuple[str, str]
) -> None:
    await some_events(rows)
    await rows.counted(an_event(timestamp=datetime(year, 2, 28, 12, tzinfo=UTC)))

    histogram = (await client.get("/events/histogram")).json()

    assert histogram["interval"] == interval
    assert tuple(bucket["start"][:10] for bucket in histogram["buckets"][:2]) == starts
    assert [bucket["count"] for bucket in histogram["buckets"] if bucket["count"]] == [1, 4]


async def test_all_times_that_events_may_have_are_counted_in_years(client: httpx.AsyncClient, rows: Rows) -> None:
    await some_events(rows)
    query = "from_timestamp=0001-01-01T00:00:00Z&to_timestamp=9999-12-31T00:00:00Z"

    histogram = (await client.get(f"/events/histogram?{query}")).json()

    assert (histogram["interval"], len(histogram["buckets"])) == ("year", 1030)
    assert histogram["buckets"][2026 - 1970] == {"start": "2026-01-01T00:00:00Z", "count": 4}


async def test_no_time_is_too_early_to_count_facets(client: httpx.AsyncClient) -> None:
    assert (await client.get("/events/facets?to_timestamp=0001-01-01T00:00:00Z")).json() == {
        "event_type": [],
        "source": [],
        "counted_from": None,
    }


async def test_too_many_steps_are_refused(client: httpx.AsyncClient) -> None:
    query = "from_timestamp=2026-11-01T00:00:00Z&to_timestamp=2026-12-01T00:00:00Z&interval=minute"

    answer = await client.get(f"/events/histogram?{query}")

    assert answer.status_code == 422
    assert "43,200 steps" in answer.json()["detail"]


async def test_events_are_counted_by_type_and_source(client: httpx.AsyncClient, rows: Rows) -> None:
    await some_events(rows)

    everything = (await client.get("/events/facets")).json()
    one_day = (await client.get("/events/facets?to_timestamp=2026-11-21T00:00:00Z")).json()

    assert everything == {
        "event_type": [{"value": "login_failed", "count": 2}, {"value": "login_success", "count": 2}],
        "source": [{"value": "test-app", "count": 3}, {"value": "okta.system", "count": 1}],
        "counted_from": None,
    }
    assert one_day["event_type"] == [{"value": "login_failed", "count": 2}, {"value": "login_success", "count": 1}]
