"""Reading events."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import httpx
import pytest

from mcm_shared.testing.builders import NOON
from mcm_shared.testing.rows import Rows

MINUTE = timedelta(minutes=1)


async def test_events_come_newest_first_and_those_of_one_instant_by_id(client: httpx.AsyncClient, rows: Rows) -> None:
    middle = await rows.event(timestamp=NOON)
    same_instant = await rows.event(timestamp=NOON)
    oldest = await rows.event(timestamp=NOON - MINUTE)
    newest = await rows.event(timestamp=NOON + MINUTE)

    assert await ids_of(client, "/events") == [newest, same_instant, middle, oldest]


async def test_a_page_of_large_payloads_is_shorter_and_the_next_one_continues(
    client: httpx.AsyncClient, rows: Rows
) -> None:
    larger_than_a_page, large = {"text": "ä" * 3_000_000}, {"text": "x" * 900_000}
    payloads = [large, large, {}, large, large, larger_than_a_page, large]
    ids = [await rows.event(timestamp=NOON - n * MINUTE, raw_data=payload) for n, payload in enumerate(payloads)]

    pages = []
    url = "/events?limit=6"
    while url:
        response = await client.get(url)
        pages.append([event["id"] for event in response.json()])
        url = response.links.get("next", {}).get("url", "")

    assert pages == [ids[0:4], ids[4:6], ids[6:7]]


async def test_an_event_is_shown_as_it_was_stored(client: httpx.AsyncClient, rows: Rows) -> None:
    payload = {"ip": "192.0.2.7", "deep": [{"größe": 2**63 - 1, "ratio": 0.1}], "none": None}
    event_id = await rows.event(
        source="my-app",
        source_event_id="evt-1",
        event_type="login_failed",
        timestamp=datetime(2026, 11, 20, 12, 0, 0, 250_000, tzinfo=UTC),
        raw_data=payload,
        attributes={"ip": "192.0.2.7"},
        processed=True,
    )

    (event,) = (await client.get("/events")).json()

    assert event.pop("event_uid")
    assert event == {
        "id": event_id,
        "source": "my-app",
        "source_event_id": "evt-1",
        "event_type": "login_failed",
        "user": "mona@example.com",
        "timestamp": "2026-11-20T12:00:00.250000Z",
        "raw_data": payload,
        "attributes": {"ip": "192.0.2.7"},
        "processed": True,
    }


async def test_events_without_a_user_or_facts_are_shown_with_null(client: httpx.AsyncClient, rows: Rows) -> None:
    await rows.event(user=None)

    (event,) = (await client.get("/events")).json()

    assert event["user"] is None
    assert event["attributes"] is None
    assert event["raw_data"] == {}
    assert event["processed"] is False


async def test_filters_narrow_down_together(client: httpx.AsyncClient, rows: Rows) -> None:
    requested = await rows.event(user="ada@example.com", event_type="login_failed", timestamp=NOON)
    await rows.event(user="ada@example.com", event_type="login_success", timestamp=NOON)
    await rows.event(user="bob@example.com", event_type="login_failed", timestamp=NOON)
    await rows.event(user="ada@example.com", event_type="login_failed", timestamp=NOON + 2 * MINUTE)

    query = {"user": "ada@example.com", "event_type": "login_failed", "to_timestamp": "2026-11-20T12:01:00Z"}
    assert await ids_of(client, "/events", **query) == [requested]


async def test_both_ends_of_the_time_range_are_included(client: httpx.AsyncClient, rows: Rows) -> None:
    at = [await rows.event(timestamp=NOON + number * MINUTE) for number in range(4)]

    query = {"from_timestamp": "2026-11-20T12:01:00Z", "to_timestamp": "2026-11-20T12:02:00Z"}
    assert await ids_of(client, "/events", **query) == [at[2], at[1]]


@pytest.mark.parametrize(
    "written", ["2026-11-20T12:00:00Z", "2026-11-20T13:00:00%2B01:00", "2026-11-20T13:00:00+01:00", "20261120T120000Z"]
)
async def test_a_time_may_be_written_with_any_offset_also_with_an_unescaped_plus(
    client: httpx.AsyncClient, rows: Rows, written: str
) -> None:
    event_id = await rows.event(timestamp=NOON)

    answer = await client.get(f"/events?from_timestamp={written}&to_timestamp={written}")

    assert [event["id"] for event in answer.json()] == [event_id]


async def test_fifty_events_are_given_unless_another_limit_is_asked_for(client: httpx.AsyncClient, rows: Rows) -> None:
    for number in range(52):
        await rows.event(timestamp=NOON + number * MINUTE)

    everything = await ids_of(client, "/events", limit=500)

    assert len(everything) == 52
    assert await ids_of(client, "/events") == everything[:50]
    assert await ids_of(client, "/events", limit=2, offset=3) == everything[3:5]
    assert await ids_of(client, "/events", offset=100) == []


@pytest.mark.parametrize("filters", [{}, {"user": "mona@example.com"}, {"event_type": "login_success"}])
async def test_following_the_links_shows_every_event_once_while_new_ones_arrive(
    client: httpx.AsyncClient, rows: Rows, filters: dict[str, str]
) -> None:
    stored = {await rows.event(timestamp=NOON + (number // 3) * MINUTE) for number in range(11)}
    if filters:
        for number in range(4):
            await rows.event(timestamp=NOON + number * MINUTE, user="bob@example.com", event_type="other")
    seen: list[int] = []
    where: str | None = f"/events?{urlencode({'limit': 4, **filters})}"
    while where is not None:
        answer = await client.get(where)
        seen += [event["id"] for event in answer.json()]
        where = next_page(answer)
        await rows.event(timestamp=NOON + timedelta(days=1))

    assert sorted(seen) == sorted(stored)


async def test_the_last_page_has_no_link(client: httpx.AsyncClient, rows: Rows) -> None:
    for number in range(4):
        await rows.event(timestamp=NOON + number * MINUTE)

    assert next_page(await client.get("/events?limit=4")) is None
    assert next_page(await client.get("/events?limit=3")) is not None


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("limit=0", "limit should be greater than or equal to 1"),
        ("limit=501", "limit should be less than or equal to 500"),
        ("offset=-1", "offset should be greater than or equal to 0"),
        ("offset=10001", "follow the Link header"),
        ("to_timestamp=2026-11-20", "must be a time"),
        ("to_timestamp=1795176000", "ISO 8601"),
        ("from_timestamp=0001-01-01T00:00:00%2B14:00", "years 1 to 9999"),
        ("from_timestamp=2026-11-21T00:00:00Z&to_timestamp=2026-11-20T00:00:00Z", "lies after"),
        ("before=nonsense", "not a cursor"),
        ("before=%C3%A4", "not a cursor"),
        ("before=OTk5OTk5OTk5OTk5OTk5OTk5LjE", "not a cursor"),
        ("before=WzE3OTUxNzYwMDAwMDAwMDAsMV0&offset=5", "either offset or before"),
        ("user=", "at least 1 character"),
        ("user=a%00b", "NUL"),
    ],
)
async def test_a_wrong_parameter_is_refused_with_what_to_change(
    client: httpx.AsyncClient, query: str, says: str
) -> None:
    answer = await client.get(f"/events?{query}")

    assert answer.status_code == 422
    assert says in answer.json()["detail"]


async def ids_of(client: httpx.AsyncClient, path: str, **query: object) -> list[int]:
    answer = await client.get(path, params={name: str(value) for name, value in query.items()})
    assert answer.status_code == 200, answer.text
    return [event["id"] for event in answer.json()]


def next_page(answer: httpx.Response) -> str | None:
    link = answer.links.get("next")
    return link["url"] if link else None
