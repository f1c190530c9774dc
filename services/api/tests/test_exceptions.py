"""Exceptions: what they hide and for how long, who may make them, and what is recorded of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from mcm_api.database import DatabaseReader
from mcm_api.exceptions.measure_exceptions import measure_once
from mcm_api.http.state import part_of
from mcm_api.resources.clock import Clock
from mcm_shared.testing.builders import NOON
from mcm_shared.testing.rows import Rows

from .access_helpers import audited
from .exception_helpers import FROM_MONA, MONA, exception, requested

DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)


@dataclass
class SetClock:
    """The API's time, which tests set."""

    now: datetime


@pytest.fixture
def clock(app: FastAPI) -> SetClock:
    """Stops the API's clock at noon."""
    clock = SetClock(NOON)
    part_of(app, Clock).now = lambda: clock.now
    return clock


async def make(client: httpx.AsyncClient, matcher: Any = FROM_MONA, **changes: Any) -> dict[str, Any]:
    response = await client.post("/exceptions", json=requested(matcher, **changes))
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


async def listed(client: httpx.AsyncClient, **query: Any) -> list[int]:
    return sorted(finding["id"] for finding in (await client.get("/findings", params=query)).json()["items"])


async def test_a_covered_finding_is_hidden_and_returns_at_the_expiry(
    client: httpx.AsyncClient, rows: Rows, clock: SetClock
) -> None:
    covered, other = await rows.finding(), await rows.finding(user="ada@example.com")
    assert await listed(client) == [covered, other]

    made = await make(client)

    assert (made["name"], made["state"], made["hides"]) == ("EX-1", "active", 1)
    assert [(entry["kind"], entry["actor"]) for entry in made["history"]] == [
        ("request", "local"),
        ("approve", "local"),
    ]
    assert await listed(client) == [other]
    assert await listed(client, suppressed="true") == [covered]
    assert await listed(client, suppressed=["true", "false"]) == [covered, other]
    assert (await client.get(f"/findings/{covered}")).json()["suppressed_by"] == made["id"]
    assert (await client.get(f"/findings/{other}")).json()["suppressed_by"] is None

    clock.now = NOON + 30 * DAY - MICROSECOND
    assert await listed(client) == [other]
    clock.now = NOON + 30 * DAY
    assert await listed(client) == [covered, other]
    assert (await client.get(f"/findings/{covered}")).json()["suppressed_by"] is None
    expired = (await client.get("/exceptions/1")).json()
    assert (expired["state"], expired["hides"]) == ("expired", 0)
    assert [entry["kind"] for entry in expired["history"]] == ["request", "approve", "expire"]


async def test_every_count_leaves_out_what_is_suppressed(
    client: httpx.AsyncClient, rows: Rows, clock: SetClock
) -> None:
    await rows.finding()
    await rows.finding(user="ada@example.com")
    await make(client)

    summary = (await client.get("/stats/summary")).json()
    assert (summary["total_findings"], summary["suppressed_findings"], summary["withdrawn_findings"]) == (1, 1, 0)
    assert summary["findings_by_severity"]["high"] == 1
    facets = (await client.get("/findings/facets")).json()
    assert facets["suppressed"] == [{"value": "false", "count": 1}, {"value": "true", "count": 1}]
    assert facets["user"] == [{"value": "ada@example.com", "count": 1}]
    timeline = (await client.get("/stats/timeline")).json()
    assert sum(step["findings"] for step in timeline["steps"]) == 1
    overview = (await client.get("/stats/overview")).json()
    assert [one["user"] for one in overview["top_users"]] == ["ada@example.com"]
    assert overview["unenriched"] == 1
    triage = (await client.get("/stats/triage")).json()
    assert sum(one["open"] for one in triage["by_severity"]) == 1
    users = (await client.get("/users")).json()["items"]
    assert [one["user"] for one in users] == ["ada@example.com"]
    file = (await client.get("/findings", params={"format": "ndjson"})).text
    assert len(file.splitlines()) == 1
    action = {"kind": "status", "value": "resolved", "reason": "Done", "filter": {}, "dry_run": True}
    assert (await client.post("/findings/actions", json=action)).json()["matched"] == 1


MATCHERS: list[tuple[dict[str, Any], bool]] = [
    ({"rule": ["role_escalated_to_admin"]}, True),
    ({"rule": ["other"]}, False),
    ({"source": ["test-app"]}, True),
    ({"tag": ["soc2.cc6.3"]}, True),
    ({"tag": ["soc2.cc6"]}, False),
    ({"group": {"user": MONA}}, True),
    ({"group": {"user": MONA, "bucket": None}}, True),
    ({"group": {"user": "ona@example.com"}}, False),
    ({"group": {"ser": MONA}}, False),
    ({"group": {"user": MONA.upper()}}, False),
    ({"text": "ROLE escalated"}, True),
    ({"text": "%ole"}, False),
    ({"user": [MONA], "rule": ["other"]}, False),
    ({"user": ["ada@example.com", MONA]}, True),
]


async def test_a_matcher_covers_what_meets_every_condition(
    client: httpx.AsyncClient, rows: Rows, clock: SetClock
) -> None:
    await rows.finding(group={"bucket": None, "user": MONA})
    await rows.finding(user=None, rule_name="another_rule", source=None, group={}, tags=[], title="t", description="d")

    for matcher, covers in MATCHERS:
        made = await make(client, matcher)
        assert (made["hides"], len(await listed(client))) == (int(covers), 2 - covers), matcher
        await client.post(f"/exceptions/{made['id']}/actions", json={"kind": "revoke", "reason": "Tried"})


async def test_detections_outside_the_period_are_visible(
    client: httpx.AsyncClient, rows: Rows, clock: SetClock
) -> None:
    start, end = NOON - DAY, NOON + DAY
    inside = [
        await rows.finding(first_seen=start, last_seen=start),
        await rows.finding(first_seen=start, last_seen=end - MICROSECOND),
    ]
    outside = [
        await rows.finding(first_seen=start - MICROSECOND, last_seen=NOON),
        await rows.finding(first_seen=NOON, last_seen=end),
    ]
    await exception(rows, FROM_MONA, start, end)

    assert await listed(client) == outside
    assert await listed(client, suppressed="true") == inside


async def test_only_an_approved_exception_that_has_begun_hides(
    client: httpx.AsyncClient, rows: Rows, clock: SetClock
) -> None:
    finding_id = await rows.finding(first_seen=NOON + DAY)
    await exception(rows, FROM_MONA, NOON - DAY, NOON + 9 * DAY, approved=False)
    await exception(rows, FROM_MONA, NOON + DAY, NOON + 9 * DAY)

    states = [one["state"] for one in (await client.get("/exceptions")).json()["items"]]
    assert states == ["scheduled", "requested"]
    assert await listed(client) == [finding_id]
    clock.now = NOON + DAY
    assert await listed(client) == []
    assert (await client.get(f"/findings/{finding_id}")).json()["suppressed_by"] == 2


async def test_a_revoked_exception_hides_nothing_and_stays_in_the_list(
    client: httpx.AsyncClient, rows: Rows, clock: SetClock
) -> None:
    finding_id = await rows.finding()
    await make(client)
    action = {"kind": "revoke", "reason": "The job was moved"}

    revoked = await client.post("/exceptions/1/actions", json=action)

    assert revoked.json()["state"] == "revoked"
    assert await listed(client) == [finding_id]
    assert (await client.post("/exceptions/1/actions", json=action)).status_code == 409
    assert (await client.post("/exceptions/1/actions", json={"kind": "approve"})).status_code == 409
    assert (await client.post("/exceptions/2/actions", json=action)).status_code == 404
    assert (await client.post("/exceptions/1/actions", json={"kind": "revoke"})).status_code == 422
    trail = [(row["action"], row["target"]) for row in await audited(rows.engine)]
    assert trail == [("exception.request", "EX-1"), ("exception.approve", "EX-1"), ("exception.revoke", "EX-1")]


async def test_an_invalid_matcher_hides_nothing_and_reports_itself(
    client: httpx.AsyncClient, app: FastAPI, rows: Rows, clock: SetClock
) -> None:
    finding_id = await rows.finding()
    wrong: list[Any] = [{}, {"colour": ["red"]}, {"user": "mona"}, [], {"rule": []}, None]
    for matcher in wrong:
        await exception(rows, matcher, NOON - DAY, NOON + DAY)

    with capture_logs() as logged:
        assert await listed(client) == [finding_id]

    numbers = range(1, len(wrong) + 1)
    assert [entry["exception"] for entry in logged if "invalid" in entry["event"]] == [f"EX-{n}" for n in numbers]
    shown = (await client.get("/exceptions")).json()["items"]
    assert [(one["state"], one["matcher"], one["hides"]) for one in shown] == [("invalid", None, 0)] * len(wrong)
    assert all(one["problem"] for one in shown)
    await measure_once(part_of(app, DatabaseReader), part_of(app, Clock), {})
    assert REGISTRY.get_sample_value("mcm_exceptions", {"state": "invalid"}) == len(wrong)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"reason": "too short"}, "20 characters"),
    ({"reason": " " * 30}, "20 characters"),
    ({"expires_at": (NOON - DAY + 180 * DAY + MICROSECOND).isoformat()}, "180 days"),
    ({"expires_at": NOON.isoformat()}, "in the past"),
    ({"starts_at": (NOON + 40 * DAY).isoformat()}, "before the start"),
    ({"expires_at": None}, "expires_at"),
    ({"matcher": {}}, "at least one condition"),
    ({"matcher": {"colour": ["red"]}}, "matcher.colour is not a known field"),
    ({"matcher": {"group": {'a"b': "c"}}}, "field of a group"),
    ({"owner": ""}, "owner"),
    ({"approved": True}, "approved"),
]


async def test_a_wrong_request_is_refused_with_its_reason(client: httpx.AsyncClient, clock: SetClock) -> None:
    for changes, reason in WRONG:
        response = await client.post("/exceptions", json=requested(**changes))
        assert (response.status_code, reason in response.text) == (422, True), (changes, response.text)
    assert (await client.get("/exceptions")).json()["items"] == []


async def test_a_preview_says_what_would_have_been_hidden_and_changes_nothing(
    client: httpx.AsyncClient, rows: Rows, clock: SetClock
) -> None:
    rule = "role_escalated_to_admin"
    for user, days in ((MONA, 29), (MONA, 2), ("ada@example.com", 1), (MONA, 31)):
        await rows.finding(user=user, first_seen=NOON - days * DAY)
    true = await rows.finding(first_seen=NOON - DAY / 2, chosen_status="resolved", seen_until=NOON, seen_detections=1)
    await rows.finding(chosen_status="false_positive", seen_until=NOON, seen_detections=1)
    await rows.finding(withdrawn=True)
    body = {"matcher": {"rule": [rule]}, "starts_at": (NOON - DAY).isoformat(), "expires_at": (NOON + DAY).isoformat()}

    shown = (await client.post("/exceptions/preview", json=body)).json()

    assert (shown["findings"], shown["total_users"], shown["confirmed"], shown["hides_now"]) == (5, 2, 1, 3)
    assert shown["users"] == [{"value": MONA, "count": 4}, {"value": "ada@example.com", "count": 1}]
    assert [one["id"] for one in shown["confirmed_findings"]] == [true]
    assert (await client.get("/exceptions")).json() == {"items": [], "next": None}


async def test_reminders_begin_30_7_and_1_days_before_the_expiry(
    client: httpx.AsyncClient, app: FastAPI, clock: SetClock
) -> None:
    await make(client, expires_at=(NOON + 40 * DAY).isoformat())
    reminded: dict[int, int] = {}
    seen = []
    for days in (40, 30, 29, 7, 1, 0):
        clock.now = NOON + (40 - days) * DAY
        with capture_logs() as logged:
            reminded = await measure_once(part_of(app, DatabaseReader), part_of(app, Clock), reminded)
        (shown,) = (await client.get("/exceptions")).json()["items"]
        seen.append((days, shown["reminder"], [entry["within_days"] for entry in logged]))

    assert seen == [(40, None, []), (30, 30, [30]), (29, 30, []), (7, 7, [7]), (1, 1, [1]), (0, None, [])]
    assert REGISTRY.get_sample_value("mcm_exceptions_expiring", {"within_days": "30"}) == 0


async def test_the_list_is_read_in_pages(client: httpx.AsyncClient, rows: Rows, clock: SetClock) -> None:
    for _ in range(101):
        await exception(rows, FROM_MONA, NOON - DAY, NOON + DAY)

    first = (await client.get("/exceptions")).json()
    rest = (await client.get("/exceptions", params={"before": first["next"]})).json()

    assert [one["id"] for one in first["items"] + rest["items"]] == list(range(101, 0, -1))
    assert rest["next"] is None
