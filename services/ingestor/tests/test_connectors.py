"""Connectors lose nothing: against servers that speak their APIs, through faults, late events and kills."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mcm_ingestor.connectors.registry import connector_types
from mcm_ingestor.connectors.sources_file import ConfiguredSource
from mcm_ingestor.store.positions import BACKFILL
from mcm_ingestor.testing.loopback import Reply, Request, serving
from mcm_ingestor.testing.reading import Reading, stop
from mcm_ingestor.testing.source_apis import GithubAuditApi, GraphApi, OktaApi, SourceApi, events_of_last_day
from mcm_shared.contracts.sources import SOURCE_POLLED
from mcm_shared.kafka.producer import connect_producer

SETTINGS: dict[str, dict[str, Any]] = {
    "okta.system": {"url": "URL", "token": "t"},
    "github.audit": {"api_url": "URL", "token": "t", "organization": "example", "query_interval_s": 0},
    "azure.signin": {"tenant": "t", "client_id": "c", "client_secret": "s", "graph_url": "URL", "login_url": "URL"},
    "azure.audit": {"tenant": "t", "client_id": "c", "client_secret": "s", "graph_url": "URL", "login_url": "URL"},
}
NOON = "2026-11-20T12:00:00Z"
APIS: dict[str, tuple[type[SourceApi], str]] = {
    "okta.system": (OktaApi, "published"),
    "github.audit": (GithubAuditApi, "@timestamp"),
    "azure.signin": (GraphApi, "createdDateTime"),
    "azure.audit": (GraphApi, "activityDateTime"),
}


@contextlib.contextmanager
def a_source(kind: str, count: int = 42, *, with_faults: bool = True) -> Iterator[tuple[SourceApi, ConfiguredSource]]:
    """Serves the API of a source on loopback, and configures the source that reads it."""
    api_type, time_field = APIS[kind]
    api = api_type(events_of_last_day(count, time_field), time_field, with_faults=with_faults)
    with serving(api.respond) as url:
        api.url = url
        yield api, configured(kind, url)


def configured(kind: str, url: str, **said: Any) -> ConfiguredSource:
    """Configures a source that is polled without a pause."""
    settings = {key: url if value == "URL" else value for key, value in SETTINGS[kind].items()}
    connector = connector_types()[kind]
    model = connector.settings.model_validate({"connector": kind, "interval_s": 0.05, **settings, **said})
    return ConfiguredSource(f"my-{kind}", connector, model)


@pytest.mark.parametrize("kind", APIS)
async def test_every_event_arrives_through_faults_of_all_kinds(kind: str, reading: Reading) -> None:
    with a_source(kind) as (api, source):
        async with connect_producer(reading.kafka) as producer:
            task = reading.start(source, producer)
            await reading.until(lambda: reading.backfilled(source), task)
            # what happens while the source is read
            field = APIS[kind][1]
            new = {"id": "new", field: datetime.now(UTC).isoformat().replace("+00:00", "Z")}
            api.events.append(new)

            async def new_one_arrived() -> bool:
                return "new" in await reading.ids(kind)

            await reading.until(new_one_arrived, task)
            await stop(task)
    assert await reading.ids(kind) == {each["id"] for each in api.events}


@pytest.mark.parametrize(("kind", "ahead"), [*((kind, -45) for kind in APIS), ("github.audit", 45)])
async def test_a_clock_that_is_wrong_leaves_nothing_out(kind: str, ahead: int, reading: Reading) -> None:
    with a_source(kind, 9, with_faults=False) as (api, source):
        api.ahead = timedelta(minutes=ahead)
        async with connect_producer(reading.kafka) as producer:
            task = reading.start(source, producer)
            await reading.until(lambda: reading.backfilled(source), task)
            begun = len(api.requests)

            async def polled_again() -> bool:
                # the first start's own position counts no more
                return len(api.requests) >= begun + 3

            await reading.until(polled_again, task)
            api.events.append({"id": "new", APIS[kind][1]: api.now().isoformat().replace("+00:00", "Z")})

            async def new_one_arrived() -> bool:
                return "new" in await reading.ids(kind)

            await reading.until(new_one_arrived, task)
            await stop(task)
        live = await reading.row(source)
        happened = {each["id"] for each in api.events if datetime.fromisoformat(each[APIS[kind][1]]) <= api.now()}
        assert await reading.ids(kind) == happened
        # nor is the source called complete up to a time that it has not reached
        assert live.complete_until < api.now()


async def test_events_that_graph_shows_late_arrive(reading: Reading) -> None:
    with a_source("azure.signin", 12, with_faults=False) as (api, source):
        late = {
            "id": "late",
            "createdDateTime": (datetime.now(UTC) - timedelta(minutes=20)).isoformat().replace("+00:00", "Z"),
        }
        api.events.append(late)
        api.visible_from["late"] = 10**6
        async with connect_producer(reading.kafka) as producer:
            task = reading.start(source, producer)
            await reading.until(lambda: reading.backfilled(source), task)
            assert "late" not in await reading.ids("azure.signin")
            api.visible_from.clear()

            async def late_one_arrived() -> bool:
                return "late" in await reading.ids("azure.signin")

            await reading.until(late_one_arrived, task)
            await stop(task)


@pytest.mark.parametrize("circle", [1, 2])
async def test_pages_that_repeat_are_reported_and_double_nothing(circle: int, reading: Reading) -> None:
    entries = [[{"id": f"e-{page}-{number}", "published": NOON} for number in range(3)] for page in range(circle)]
    served: list[str] = []

    def respond(request: Request) -> Reply:
        served.append(request.path)
        cursor = f"<http://{request.headers['host']}/api/v1/logs?after={len(served)}>"
        return Reply(entries[len(served) % circle], headers={"link": f'{cursor}; rel="next"'})

    with serving(respond) as url:
        source = configured("okta.system", url)
        async with connect_producer(reading.kafka) as producer:
            task = reading.start(source, producer)

            async def stuck() -> bool:
                row = await reading.row(source)
                return row is not None and row.error_kind == "stuck"

            await reading.until(stuck, task)
            await stop(task)
    records = await reading.records("okta.system")
    assert len(records) == 3 * circle


async def test_a_refused_credential_is_named_and_harms_no_other_source(reading: Reading) -> None:
    def refuse(_request: Request) -> Reply:
        return Reply({"errorSummary": "Invalid token provided"}, status=401)

    with serving(refuse) as url, a_source("github.audit", 7) as (_api, healthy):
        source = configured("okta.system", url)
        async with connect_producer(reading.kafka) as producer:
            tasks = [reading.start(each, producer) for each in (source, healthy)]

            async def refused_and_healthy() -> bool:
                row = await reading.row(source)
                return row is not None and row.error_kind == "unauthorised" and await reading.backfilled(healthy)

            await reading.until(refused_and_healthy)
            for task in tasks:
                await stop(task)
    row = await reading.row(source)
    assert row.error == (
        "the source refuses the credential: HTTP 401: Invalid token provided; check it and its permissions"
    )
    assert len(await reading.ids("github.audit")) == 7


async def test_one_ingestor_reads_a_source_at_a_time_and_another_takes_over(reading: Reading) -> None:
    with a_source("okta.system", 3, with_faults=False) as (_api, source):
        async with connect_producer(reading.kafka) as producer:
            first = reading.start(source, producer)
            await reading.until(lambda: reading.backfilled(source), first)
            owner = (await reading.row(source)).leased_by
            second = reading.start(source, producer)
            await asyncio.sleep(0)
            assert (await reading.row(source)).leased_by == owner
            await stop(first)

            async def taken_over() -> bool:
                return (await reading.row(source)).leased_by not in (owner, None)

            await reading.until(taken_over, second)
            await stop(second)


async def test_a_poll_says_up_to_when_the_source_is_complete(reading: Reading) -> None:
    before = datetime.now(UTC)
    with a_source("okta.system", 3, with_faults=False) as (_api, source):
        async with connect_producer(reading.kafka) as producer:
            task = reading.start(source, producer)
            await reading.until(lambda: reading.backfilled(source), task)
            await asyncio.sleep(0)
            await stop(task)
    own = [json.loads(each.value or b"") for each in await reading.records(None)]
    # however often the source is polled, at most once a minute
    assert [(each["source"], each["event_type"]) for each in own] == [("mcm.ingestor", SOURCE_POLLED)]
    facts = own[0]["raw_data"]
    assert (facts["source"], facts["feeds"]) == ("my-okta.system", ["okta.system"])
    complete_until = datetime.fromisoformat(facts["complete_until"])
    assert before - timedelta(minutes=2) < complete_until < datetime.now(UTC)


async def test_backfill_waits_for_live_polling(reading: Reading) -> None:
    order: list[str] = []
    asked_for_older = threading.Event()

    def respond(request: Request) -> Reply:
        if "until" in request.query:
            order.append("backfill")
            asked_for_older.set()
        elif not order:
            # backfill that does not wait asks within this time
            asked_for_older.wait(0.5)
            order.append("live")
        return Reply([])

    with serving(respond) as url:
        source = configured("okta.system", url)
        async with connect_producer(reading.kafka) as producer:
            task = reading.start(source, producer)
            await reading.until(lambda: reading.backfilled(source), task)
            await stop(task)
    assert order == ["live", "backfill"]


async def test_a_record_that_kafka_refuses_costs_only_itself(reading: Reading) -> None:
    big = {"id": "big", "published": "2026-11-20T12:00:00Z", "text": "x" * 9_000_000}
    entries = [{"id": "e-1", "published": "2026-11-20T12:00:00Z"}, big, None, 5]
    with serving(lambda request: Reply(entries if "until" in request.query else [])) as url:
        source = configured("okta.system", url)
        async with connect_producer(reading.kafka) as producer:
            task = reading.start(source, producer)
            await reading.until(lambda: reading.backfilled(source), task)
            await stop(task)
    values = await reading.records("okta.system")
    assert len(values) == 3
    assert (await reading.row(source, BACKFILL)).refused == 1
