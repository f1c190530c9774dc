"""What users did, by what was counted of them."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from mcm_api.testing.serving import BASE_URL
from mcm_api.users.activity_cache import ActivityCache, DayActivity
from mcm_shared.testing.builders import NOON, an_event
from mcm_shared.testing.rows import Rows

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


async def some_users(rows: Rows) -> None:
    await rows.counted(
        an_event(user="ada@example.com", timestamp=NOON, source="github.audit"),
        an_event(user="ada@example.com", timestamp=NOON - 40 * DAY, source="okta.system"),
        an_event(user="mona@example.com", timestamp=NOON + HOUR),
        an_event(user="zoe/q@example.com", timestamp=NOON + 2 * HOUR),
        an_event(user="zoe/q@example.com", timestamp=NOON + 2 * HOUR),
        an_event(user="zoe/q@example.com", timestamp=NOON + 2 * HOUR),
        an_event(user=None, timestamp=NOON + 3 * HOUR),
    )
    await rows.finding(user="mona@example.com", severity="critical", risk_score=90)
    await rows.finding(user="ada@example.com", severity="low", risk_score=None)
    await rows.finding(user="ada@example.com", severity="medium", risk_score=30)
    await rows.finding(user="nobody@example.com", severity="high", risk_score=None)
    await rows.finding(user=None)


async def test_users_are_shown_with_what_they_did_and_what_was_found(client: httpx.AsyncClient, rows: Rows) -> None:
    await some_users(rows)

    page = (await client.get("/users")).json()

    assert page["next"] is None
    assert [item["user"] for item in page["items"]] == [
        "mona@example.com",
        "ada@example.com",
        "nobody@example.com",
        "zoe/q@example.com",
    ]
    assert page["items"][1] == {
        "user": "ada@example.com",
        "events": 2,
        "findings": 2,
        "severity": "medium",
        "risk_score": 30,
        "first_seen": "2026-10-11T12:00:00Z",
        "last_seen": "2026-11-20T12:00:00Z",
        "sources": ["github.audit", "okta.system"],
    }
    assert page["items"][2] == {
        "user": "nobody@example.com",
        "events": 0,
        "findings": 1,
        "severity": "high",
        "risk_score": None,
        "first_seen": None,
        "last_seen": None,
        "sources": [],
    }


@pytest.mark.parametrize(
    ("sort", "filters"),
    [
        ("risk_score", ["mona", "ada", "nobody", "zoe/q"]),
        ("events", ["zoe/q", "ada", "mona", "nobody"]),
        ("findings", ["ada", "mona", "nobody", "zoe/q"]),
        ("last_seen", ["zoe/q", "mona", "ada", "nobody"]),
    ],
)
async def test_users_come_in_the_order_asked_for_page_by_page(
    client: httpx.AsyncClient, rows: Rows, sort: str, filters: list[str]
) -> None:
    await some_users(rows)

    names: list[str] = []
    query = f"sort={sort}&limit=1"
    while True:
        page = (await client.get(f"/users?{query}")).json()
        names += [item["user"].removesuffix("@example.com") for item in page["items"]]
        if page["next"] is None:
            break
        query = f"sort={sort}&limit=1&before={page['next']}"

    assert names == filters


async def test_users_are_found_by_a_part_of_their_name(client: httpx.AsyncClient, rows: Rows) -> None:
    await some_users(rows)

    assert [item["user"] for item in (await client.get("/users?q=MONA")).json()["items"]] == ["mona@example.com"]
    assert (await client.get("/users?q=%25a%25")).json()["items"] == []


async def test_users_are_found_whatever_the_case_of_any_letter(client: httpx.AsyncClient, rows: Rows) -> None:
    await rows.counted(an_event(user="JOSÉ@example.com", timestamp=NOON))
    await rows.finding(user="zoë@example.com")
    for searched, user in (("josé", "JOSÉ@example.com"), ("ZOË", "zoë@example.com")):
        assert [item["user"] for item in (await client.get("/users", params={"q": searched})).json()["items"]] == [user]


async def test_a_user_is_shown_with_what_they_did_when(client: httpx.AsyncClient, rows: Rows) -> None:
    friday_night = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    await rows.counted(
        an_event(user="ada@example.com", timestamp=friday_night, event_type="login_failed", source="okta.system"),
        an_event(user="ada@example.com", timestamp=friday_night + HOUR, event_type="login_failed"),
        an_event(user="ada@example.com", timestamp=friday_night + 25 * HOUR, event_type="login_success"),
        an_event(user="ada@example.com", timestamp=friday_night - 29 * DAY),
        an_event(user="ada@example.com", timestamp=friday_night - 45 * DAY),
        an_event(user="mona@example.com", timestamp=friday_night),
    )
    await rows.finding(user="ada@example.com", severity="low", risk_score=12)
    await rows.finding(user="ada@example.com", severity="high", risk_score=70)

    user = (await client.get("/users/ada@example.com")).json()

    days = {day["date"]: day["count"] for day in user.pop("activity_by_day")}
    assert (min(days), max(days)) == ("2026-10-24", "2026-11-22")
    assert list(days) == sorted(days)
    assert len(days) == 30
    assert {day: count for day, count in days.items() if count} == {
        "2026-11-20": 1,
        "2026-11-21": 1,
        "2026-11-22": 1,
    }
    assert user == {
        "user": "ada@example.com",
        "events": 5,
        "findings": 2,
        "severity": "high",
        "risk_score": 70,
        "first_seen": "2026-10-06T23:30:00Z",
        "last_seen": "2026-11-22T00:30:00Z",
        "sources": [{"value": "test-app", "count": 4}, {"value": "okta.system", "count": 1}],
        "event_types": [{"value": "login_success", "count": 3}, {"value": "login_failed", "count": 2}],
        "findings_by_severity": {"low": 1, "medium": 0, "high": 1, "critical": 0},
        "activity_by_hour": [
            {"weekday": 1, "hour": 23, "count": 1},
            {"weekday": 3, "hour": 23, "count": 1},
            {"weekday": 4, "hour": 23, "count": 1},
            {"weekday": 5, "hour": 0, "count": 1},
            {"weekday": 6, "hour": 0, "count": 1},
        ],
    }


async def test_a_user_with_many_events_is_shown_with_all_of_them(client: httpx.AsyncClient, rows: Rows) -> None:
    many = [an_event(user="ada@example.com", timestamp=NOON - number * HOUR) for number in range(1200)]
    await rows.counted(*many)

    user = (await client.get("/users/ada@example.com")).json()

    assert user["events"] == 1200
    assert sum(one["count"] for one in user["event_types"]) == 1200
    assert sum(one["count"] for one in user["activity_by_hour"]) == 1200
    assert all(day["count"] == 24 for day in user["activity_by_day"][:-1])


async def test_events_that_come_late_are_counted_on_their_day(client: httpx.AsyncClient, rows: Rows) -> None:
    await rows.counted(an_event(user="ada@example.com", timestamp=NOON, event_type="login_failed"))
    await client.get("/users/ada@example.com")
    await rows.counted(an_event(user="ada@example.com", timestamp=NOON - 3 * DAY, event_type="late"))
    await rows.counted(an_event(user="ada@example.com", timestamp=NOON - HOUR, event_type="late"))

    user = (await client.get("/users/ada@example.com")).json()

    assert user["event_types"] == [{"value": "late", "count": 2}, {"value": "login_failed", "count": 1}]
    assert user["activity_by_hour"] == [
        {"weekday": 1, "hour": 12, "count": 1},
        {"weekday": 4, "hour": 11, "count": 1},
        {"weekday": 4, "hour": 12, "count": 1},
    ]
    assert user["first_seen"] == "2026-11-17T12:00:00Z"


def test_the_users_used_least_recently_leave_the_cache() -> None:
    cache = ActivityCache(max_days=3)
    days = {NOON.date() - number * DAY: DayActivity(1, {12: 1}, {"login": 1}) for number in range(2)}
    counts = dict.fromkeys(days, 1)

    cache.update("ada", counts, days)
    cache.update("mona", counts, days)

    assert cache.changed_days("mona", counts) == []
    assert cache.changed_days("ada", counts) == list(days)


async def test_a_user_may_have_any_name(client: httpx.AsyncClient, rows: Rows) -> None:
    for name in ("zoe/q@example.com", "ärger?#&", "a b", "..", "%2F", "a\nb"):
        await rows.counted(an_event(user=name))
        path = httpx.URL(f"{BASE_URL}/users/").copy_with(raw_path=b"/users/" + _quoted(name))
        assert (await client.get(path)).json()["user"] == name


async def test_a_user_known_by_findings_alone_is_shown(client: httpx.AsyncClient, rows: Rows) -> None:
    await rows.finding(user="nobody@example.com")

    user = (await client.get("/users/nobody@example.com")).json()

    assert (user["events"], user["findings"], user["activity_by_day"], user["first_seen"]) == (0, 1, [], None)


async def test_a_user_that_nothing_names_is_a_problem(client: httpx.AsyncClient) -> None:
    answer = await client.get("/users/nobody@example.com")

    assert answer.status_code == 404
    assert "nobody@example.com" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("sort=name", "sort should be 'risk_score'"),
        ("before=x", "is not a cursor"),
        ("before=WyJyaXNrX3Njb3JlIiwxLCJcdTAwMDAiXQ", "is not a cursor"),
        ("before=WyJldmVudHMiLDEsImEiXQ", "in another order"),
        ("limit=0", "limit should be greater"),
    ],
)
async def test_a_wrong_parameter_is_refused(client: httpx.AsyncClient, query: str, says: str) -> None:
    answer = await client.get(f"/users?{query}")

    assert answer.status_code == 422
    assert says in answer.json()["detail"]


def _quoted(name: str) -> bytes:
    return "".join(f"%{byte:02X}" for byte in name.encode()).encode()
