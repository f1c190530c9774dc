"""Restriction of accounts and tokens to sources and a period: lists, counts, facets, caches, pages, files."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from mcm_api.access.limits import RateLimiter, RateLimits
from mcm_api.access.pushing import PushAllowance
from mcm_api.http.problems import ProblemError
from mcm_api.identity.identity import Identity
from mcm_api.identity.restriction import Restriction
from mcm_api.identity.scopes import ALL_SCOPES, OVER_ALL_SOURCES
from mcm_api.live.frames import FrameFilter, finding_frame
from mcm_api.restricted_queries import CLOSED, OPEN, RESTRICTED
from mcm_shared.contracts.triage import TriagedFinding
from mcm_shared.db.metadata import METADATA
from mcm_shared.testing.builders import a_finding, an_event
from mcm_shared.testing.rows import Rows

from .access_helpers import People, closed_app

DAY = datetime(2026, 11, 20, tzinfo=UTC)
LISTS = [
    "/events",
    "/events?source=b",
    "/events/histogram",
    "/events/histogram?interval=hour",
    "/events/histogram?interval=day&user=mona@example.com",
    "/events/facets",
    "/findings",
    "/findings?source=b",
    "/findings?q=b-only",
    "/findings/facets",
    "/stats/summary",
    "/stats/summary?interval=hour",
    "/stats/timeline",
    "/stats/overview",
    "/stats/ai",
    "/users",
    "/users/mona@example.com",
    "/profiles/mona@example.com",
    "/pipeline",
    "/rules",
    "/search?q=b-only",
    "/search?q=mona",
    "/findings?format=csv",
    "/findings?format=ndjson",
]


@pytest.fixture
def app(stored_in: str, tmp_path: Path) -> FastAPI:
    return closed_app(stored_in, tmp_path)


async def fill(rows: Rows) -> dict[str, int]:
    """Stores events and findings of the sources a and b; returns ids."""
    for source, user, count in (("a", "mona@example.com", 2), ("b", "mona@example.com", 3), ("b", "b-only", 4)):
        await rows.counted(
            *(
                an_event(source=source, user=user, event_type=f"type_{source}", timestamp=DAY + timedelta(hours=n))
                for n in range(count)
            )
        )
    return {
        "event_a": await rows.event(source="a", event_type="type_a", timestamp=DAY),
        "event_b": await rows.event(source="b", event_type="type_b", timestamp=DAY),
        "finding_a": await rows.finding(source="a", user="mona@example.com", first_seen=DAY, risk_score=20),
        "finding_b": await rows.finding(source="b", user="b-only", title="b-only", first_seen=DAY, risk_score=90),
    }


async def test_a_restricted_account_sees_what_it_would_see_without_the_rest(
    app: FastAPI, client: httpx.AsyncClient, rows: Rows
) -> None:
    people = People(app)
    await fill(rows)
    everything = await people.session(await people.user("engineer", "all@example.com"))
    session = await people.session(await people.user("engineer", sources=["a"]))
    # caches are filled by those who see everything, and by those who see a part
    for headers in (everything, session, everything):
        for path in LISTS:
            await client.get(path, headers=headers)

    answers = {path: await client.get(path, headers=session) for path in LISTS}
    full = {path: await client.get(path, headers=everything) for path in LISTS}

    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(LISTS, 200)
    leaking = [path for path, answer in answers.items() if "b-only" in answer.text or '"b"' in answer.text]
    assert leaking == []
    assert [one["source"] for one in answers["/events"].json()] == ["a"] * 3
    assert answers["/findings"].json()["total"] == 1
    assert answers["/findings?source=b"].json()["total"] == 0
    assert full["/findings"].json()["total"] == 2
    assert answers["/stats/summary"].json()["total_events"] == 2
    assert full["/stats/summary"].json()["total_events"] == 9
    assert answers["/stats/summary"].json()["total_findings"] == 1
    facets: dict[str, Any] = answers["/events/facets"].json()
    assert facets["source"] == [{"value": "a", "count": 2}]
    assert [user["user"] for user in answers["/users"].json()["items"]] == ["mona@example.com"]
    mona = answers["/users/mona@example.com"].json()
    assert (mona["events"], mona["sources"]) == (2, [{"value": "a", "count": 2}])
    assert [source["source"] for source in answers["/pipeline"].json()["sources"]] == ["a"]


async def test_a_search_finds_what_the_identity_may_read(app: FastAPI, client: httpx.AsyncClient, rows: Rows) -> None:
    people = People(app)
    await rows.counted(*(an_event(source=source, id="same-id", timestamp=DAY) for source in ("a", "b")))
    for source in ("a", "b"):
        await rows.finding(source=source, first_seen=DAY)
    restricted = await people.session(await people.user("viewer", sources=["a"]))
    # a period within a day: the roll-up by day does not say which part of the day it covers
    auditor = await people.user("auditor", period_from=DAY, period_to=DAY + timedelta(hours=1))
    audited = await people.session(auditor)
    narrow = await people.token(auditor, scopes=["findings:read"])

    async def counts(q: str, headers: dict[str, str]) -> dict[str, int]:
        answer = await client.get("/search", params={"q": q}, headers=headers)
        assert answer.status_code == 200, answer.text
        return {kind: len(items) for kind, items in answer.json().items() if items}

    assert await counts("same-id", restricted) == {"events": 1}
    assert await counts("mona", restricted) == {"findings": 1, "users": 1}
    assert await counts("same-id", audited) == {"events": 2}
    assert await counts("mona", audited) == {"findings": 2}, "auditors may not read the activity of users"
    assert await counts("same-id", narrow) == {}
    assert await counts("mona", narrow) == {"findings": 2}


async def test_what_lies_outside_does_not_exist(app: FastAPI, client: httpx.AsyncClient, rows: Rows) -> None:
    people = People(app)
    ids = await fill(rows)
    session = await people.session(await people.user("engineer", sources=["a"]))
    token = await people.token(await people.user("engineer", "all@example.com"), sources=["a"])

    def paths(kind: str) -> list[tuple[str, str]]:
        finding = ids[f"finding_{kind}"]
        return [
            ("GET", f"/events/{ids[f'event_{kind}']}"),
            ("GET", f"/findings/{finding}"),
            ("GET", f"/findings/{finding}/events"),
            ("GET", f"/findings/{finding}/conditions"),
            ("POST", f"/findings/{finding}/enrich_with_ai"),
        ]

    for headers in (session, token):
        inside = [(await client.request(*one, headers=headers)).status_code for one in paths("a")]
        outside = [(await client.request(*one, headers=headers)).status_code for one in paths("b")]
        assert (inside, outside) == ([200] * 5, [404] * 5)
        assert (await client.get("/users/b-only", headers=headers)).status_code == 404
    feedback = {"verdict": "wrong"}
    refused = await client.put(f"/findings/{ids['finding_b']}/feedback", json=feedback, headers=session)
    assert refused.status_code == 404


async def test_operations_over_all_sources_are_closed_to_restricted_accounts(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    people = People(app)
    by_source = await people.session(await people.user("admin", sources=["a"]))
    by_period = await people.session(await people.user("admin", "period@example.com", period_from=DAY))
    by_token = await people.token(await people.user("admin", "all@example.com"), sources=["a"])
    closed = [
        ("GET", "/dead-letters"),
        ("POST", "/enrichments"),
        ("POST", "/findings/enrich_all_missing"),
        ("GET", "/access/users"),
        ("GET", "/sources"),
        ("GET", "/exceptions"),
        ("GET", "/metrics"),
        ("GET", "/audit"),
    ]

    for credential in (by_source, by_period, by_token):
        answers = {path: await client.request(method, path, headers=credential) for method, path in closed}
        audit = answers.pop("/audit")
        assert audit.status_code == (200 if credential is by_period else 403)
        assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(answers, 403)
        problems = [answer.json() for answer in answers.values()]
        # a role with more scopes would not help, so none is named
        assert all("missing_scope" not in one and "is restricted" in one["detail"] for one in problems), problems
    account = (await client.get("/account", headers=by_source)).json()
    assert not {"access:manage", "audit:read", "dead_letters:read", "sources:read"} & set(account["scopes"])
    assert {"findings:read", "findings:enrich", "events:read"} <= set(account["scopes"])
    assert "audit:read" in (await client.get("/account", headers=by_period)).json()["scopes"]


def test_restricted_accounts_hold_no_scope_that_opens_nothing_to_them(app: FastAPI) -> None:
    operations = [one for methods in app.openapi()["paths"].values() for one in methods.values()]
    opens = {one["x-scope"] for one in operations if "x-unrestricted" not in one}
    closed = {one["x-scope"] for one in operations} - opens

    assert closed <= OVER_ALL_SOURCES
    assert not opens & OVER_ALL_SOURCES


async def test_a_period_bounds_what_is_seen_and_counted(app: FastAPI, client: httpx.AsyncClient, rows: Rows) -> None:
    people = People(app)
    for day in range(3):
        await rows.counted(*(an_event(source="a", timestamp=DAY + timedelta(days=day, hours=n)) for n in range(2)))
        await rows.finding(source="a", first_seen=DAY + timedelta(days=day))
    start, end = DAY + timedelta(days=1), DAY + timedelta(days=2)
    session = await people.session(await people.user("engineer", period_from=start, period_to=end))

    events = (await client.get("/events", headers=session)).json()
    findings = (await client.get("/findings", headers=session)).json()
    summary = (await client.get("/stats/summary", headers=session)).json()

    assert [one["timestamp"][:10] for one in events] == ["2026-11-21"] * 2
    assert findings["total"] == 1
    assert (summary["total_events"], summary["total_findings"]) == (2, 1)


async def test_raw_data_needs_its_scope_also_to_search_in_it(
    app: FastAPI, client: httpx.AsyncClient, rows: Rows
) -> None:
    people = People(app)
    event_id = await rows.event(raw_data={"bucket": "customer-exports"})
    viewer = await people.session(await people.user("viewer"))
    analyst = await people.session(await people.user("analyst"))

    hidden = [await client.get(path, headers=viewer) for path in ("/events", f"/events/{event_id}")]
    shown = await client.get(f"/events/{event_id}", headers=analyst)
    searches = [
        (await client.get(f"{path}?fact=bucket:customer-exports", headers=viewer)).status_code
        for path in ("/events", "/events/histogram", "/events/facets")
    ]

    assert all("customer-exports" not in answer.text and answer.status_code == 200 for answer in hidden)
    assert hidden[1].json()["raw_data"] is None
    assert shown.json()["raw_data"] == {"bucket": "customer-exports"}
    assert searches == [403] * 3


def test_every_table_says_what_a_restricted_account_sees_of_it() -> None:
    classified = {table.name for table in (*RESTRICTED, *OPEN, *CLOSED)}

    assert classified == set(METADATA.tables), (
        "classify the table in mcm_api/restricted_queries.py: RESTRICTED with the rows of some sources, or OPEN"
    )


def triaged(**said: Any) -> TriagedFinding:
    return TriagedFinding(**a_finding(**said).model_dump())


def test_frames_of_other_sources_are_not_for_restricted_subscribers() -> None:
    frames = {
        source: finding_frame(triaged(source=source, first_seen=DAY, last_seen=DAY), ("findings", 0), 1)
        for source in ("a", "b")
    }
    filters = FrameFilter(restriction=Restriction(frozenset({"a"})))
    later = FrameFilter(restriction=Restriction(start=DAY + timedelta(seconds=1)))

    assert [source for source, frame in frames.items() if filters.takes(frame)] == ["a"]
    assert not filters.takes_all
    assert not any(later.takes(frame) for frame in frames.values())


@pytest.mark.parametrize(
    ("push_sources", "sources", "pushed", "allowed"),
    [
        (frozenset({"a"}), None, {"a"}, True),
        (frozenset({"a"}), None, {"a", "b"}, False),
        (frozenset(), None, {"a"}, False),
        (None, frozenset({"a"}), {"a"}, True),
        (None, frozenset({"a"}), {"b"}, False),
        (frozenset({"a", "b"}), frozenset({"a"}), {"b"}, False),
        (None, None, {"anything"}, True),
    ],
)
def test_only_the_own_sources_are_pushed(
    push_sources: frozenset[str] | None, sources: frozenset[str] | None, pushed: set[str], *, allowed: bool
) -> None:
    identity = Identity(
        name="ci", via="token", role="ingest", scopes=ALL_SCOPES, restriction=Restriction(sources),
        push_sources=push_sources,
    )  # fmt: skip
    allowance = PushAllowance(identity, RateLimiter(RateLimits()))

    if allowed:
        allowance.require(pushed)
    else:
        with pytest.raises(ProblemError) as refused:
            allowance.require(pushed)
        assert refused.value.status == 403
