"""Health of sources over HTTP: state, cadence, activity, and the rules that depend on each."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from mcm_api.sources.health import health_of, usual_of
from mcm_rules_engine.sigma.load import parse_rules
from mcm_rules_engine.store.rules import record_load
from mcm_rules_engine.testing.deliveries import handle
from mcm_rules_engine.testing.rulesets import builtin_rules
from mcm_shared.db.engine import transaction
from mcm_shared.db.source_tables import SOURCE_POSITIONS
from mcm_shared.testing.builders import an_event
from mcm_shared.testing.rows import Rows

HOUR = timedelta(hours=1)
NOW = datetime.now(UTC).replace(minute=30, second=0, microsecond=0)


async def a_connector(rows: Rows, name: str, **said: Any) -> None:
    """Stores the live position of a connector that has just read to the end."""
    values = {
        "source": name,
        "lane": "live",
        "connector": "okta.system",
        "feeds": ["okta.system"],
        "position": {},
        "interval_s": 60.0,
        "polled_at": NOW,
        "succeeded_at": datetime.now(UTC),
        "complete_until": NOW,
        "records": 7,
        **said,
    }
    async with transaction(rows.engine) as connection:
        await connection.execute(SOURCE_POSITIONS.insert().values(values))


async def hourly(rows: Rows, source: str, end: datetime, days: int = 4) -> None:
    """Stores an event an hour, up to a time."""
    events = [an_event(source=source, timestamp=end - number * HOUR) for number in range(days * 24)]
    await handle(rows.engine, builtin_rules(), events)


async def active_rules(rows: Rows) -> None:
    """Records the built-in rules as those that are active."""
    async with transaction(rows.engine) as connection:
        await record_load(connection, builtin_rules())


async def sources(client: httpx.AsyncClient) -> dict[str, Any]:
    """Lists the sources by name."""
    return {source["name"]: source for source in (await client.get("/sources")).json()}


async def test_without_sources_the_list_is_empty(client: httpx.AsyncClient) -> None:
    assert (await client.get("/sources")).json() == []
    assert (await client.get("/sources/okta")).status_code == 404


async def test_a_source_with_a_connector_shows_its_polls_and_its_events(client: httpx.AsyncClient, rows: Rows) -> None:
    await active_rules(rows)
    await hourly(rows, "okta.system", NOW)
    await a_connector(rows, "okta")
    await a_connector(rows, "okta", lane="backfill", done=True, records=5, complete_from=NOW - 24 * HOUR)

    (okta,) = (await sources(client)).values()

    assert (okta["state"], okta["reason"], okta["connector"]) == ("ok", None, "okta.system")
    assert datetime.fromisoformat(okta["last_event_at"]) == NOW
    assert okta["records"] == 12
    assert okta["backfill"]["done"] is True
    # the longest pause was an hour
    assert okta["silent_after_s"] == 2 * 3600
    assert sum(day["count"] for day in okta["events_per_day"]) == 96
    assert okta["usual_per_day"] == 24


async def test_a_source_that_stops_is_silent_while_others_go_on(client: httpx.AsyncClient, rows: Rows) -> None:
    await active_rules(rows)
    await hourly(rows, "my-app", NOW)
    await hourly(rows, "okta.system", NOW - 3 * HOUR)
    await a_connector(rows, "okta")

    found = await sources(client)

    assert found["my-app"]["state"] == "ok"
    assert found["okta"]["state"] == "silent"
    assert found["okta"]["reason"].startswith("no event for more than 2 h, twice its longest pause")


@pytest.mark.parametrize(
    ("said", "state", "reason"),
    [
        (
            {"error_kind": "unauthorised", "error": "HTTP 401"},
            "unauthorised",
            "HTTP 401; renew the credential or its permissions; mcm-ingestor check names what is missing",
        ),
        ({"error_kind": "failing", "error": "HTTP 500"}, "failing", "HTTP 500; it is retried"),
        ({"succeeded_at": None}, "never_connected", "it was never read to the end; start mcm-ingestor run"),
        (
            {"succeeded_at": NOW - 5 * HOUR},
            "late",
            "it was not polled for a while; check that mcm-ingestor run is up",
        ),
    ],
)
async def test_a_source_that_is_not_well_says_why(
    client: httpx.AsyncClient, rows: Rows, said: dict[str, Any], state: str, reason: str
) -> None:
    await a_connector(rows, "okta", **said)
    okta = (await sources(client))["okta"]
    assert (okta["state"], okta["reason"]) == (state, reason)


async def test_a_source_whose_older_events_cannot_be_read_is_not_well(client: httpx.AsyncClient, rows: Rows) -> None:
    await a_connector(rows, "trail")
    await a_connector(rows, "trail", lane="backfill", succeeded_at=None, error_kind="refused", error="AccessDenied")
    trail = (await sources(client))["trail"]
    assert trail["state"] == "failing"
    assert trail["reason"] == "older events cannot be read: AccessDenied; check its settings in sources.yml"


async def test_the_rules_that_depend_on_a_source_alone_are_its_blast_radius(
    client: httpx.AsyncClient, rows: Rows
) -> None:
    await active_rules(rows)
    await a_connector(rows, "cloudtrail", connector="aws.cloudtrail.s3", feeds=["aws.cloudtrail"])
    details = (await client.get("/sources/cloudtrail")).json()
    assert [rule["rule_name"] for rule in details["rules"]] == ["activity_burst", "user_activity_burst"]
    await a_connector(rows, "cloudtrail-2", connector="aws.cloudtrail.lookup", feeds=["aws.cloudtrail"])
    assert (await client.get("/sources/cloudtrail")).json()["rules"] == []


async def test_a_rule_shows_the_sources_that_feed_it_and_is_blind_when_they_stop(
    client: httpx.AsyncClient, rows: Rows
) -> None:
    await active_rules(rows)
    await hourly(rows, "okta.system", NOW - 3 * HOUR)
    await a_connector(rows, "okta")

    fed = (await client.get("/rules/login_after_failures/sources")).json()
    assert [(source["name"], source["state"]) for source in fed["sources"]] == [("okta", "ok")]
    assert fed["blind"] is None
    assert (await client.get("/sources/okta")).json()["dependent_rules"] > 1

    # another source shows that time has passed: its events are no logins, and feed other rules
    await handle(rows.engine, builtin_rules(), [an_event(source="my-app", event_type="page_viewed", timestamp=NOW)])

    blind = {rule["rule_name"]: rule["reason"] for rule in (await client.get("/blind-rules")).json()}
    assert blind["login_after_failures"] == "the source okta is silent"
    assert "activity_burst" not in blind
    assert (await client.get("/rules/login_after_failures/sources")).json()["blind"] == "the source okta is silent"


def a_rule(number: int, name: str, reads: str, log_source: str = "category: activity") -> str:
    """Writes a rule on events with these fields."""
    return f"""
title: {name.title()}
id: 00000000-0000-4000-8000-00000000000{number}
name: {name}
level: low
logsource: {{{log_source}}}
detection: {{one: {{{reads}}}, condition: one}}
"""


async def test_a_rule_that_no_source_feeds_says_what_is_missing(client: httpx.AsyncClient, rows: Rows) -> None:
    rules = (
        a_rule(1, "buckets", "event_type: storage_bucket_create"),
        a_rule(2, "trail", "eventName: StopLogging", "product: aws, service: cloudtrail"),
        a_rule(3, "exports", "event_type: storage_bucket_created, regoin: eu"),
        a_rule(4, "merges", "event_type: storage_bucket_permission_changed"),
        a_rule(5, "reused", "event_type: event_id_reused"),
    )
    async with transaction(rows.engine) as connection:
        await record_load(connection, parse_rules("---".join(rules)))
    await rows.counted(
        an_event(source="my-app", event_type="storage_bucket_created", timestamp=NOW, raw_data={"region": "eu"})
    )

    async def blind(rule: str) -> str:
        return str((await client.get(f"/rules/{rule}/sources")).json()["blind"])

    known = ", did you mean 'storage_bucket_created'?"
    assert await blind("buckets") == f"no source has sent an event of the type storage_bucket_create in 30 days{known}"
    # the name of a known type is no misspelling
    assert (await blind("merges")).endswith("of the type storage_bucket_permission_changed in 30 days")
    # and what the engine itself raises needs no source
    assert await blind("reused") == "None"
    assert await blind("trail") == "no source sends aws.cloudtrail; connect one"
    assert await blind("exports") == ("exports reads the field regoin, which no recent event has, did you mean region?")
    assert (await client.get("/rules/unknown/sources")).status_code == 404
    assert {rule["rule_name"] for rule in (await client.get("/blind-rules")).json()} == {"buckets", "merges", "trail"}


async def test_the_lag_of_a_source_is_that_of_its_newest_events(client: httpx.AsyncClient, rows: Rows) -> None:
    await rows.counted(an_event(source="my-app", timestamp=NOW))
    lag = (await client.get("/sources/my-app")).json()["lag"]
    assert lag["p50_s"] == lag["p95_s"]
    assert -3600 < lag["p50_s"] < 7200


def test_a_source_is_silent_where_the_engine_finds_it_so() -> None:
    assert health_of(None, None, NOW, None, NOW + 99 * HOUR).state == "ok"
    assert health_of(None, None, NOW, 2 * HOUR, NOW).state == "silent"


@pytest.mark.parametrize(("counts", "usual"), [([0, 0, 4, 6, 9], 5), ([5], None), ([0, 0], None)])
def test_the_usual_number_leaves_out_the_last_day(counts: list[int], usual: int | None) -> None:
    assert usual_of(counts) == usual
