"""Saved views: one's own, opened by everyone with the link, and refused where they are wrong."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI
from sqlalchemy import update

from mcm_api.findings.views.queries import MAX_VIEWS
from mcm_shared.db.engine import transaction
from mcm_shared.db.tables import SAVED_VIEWS
from mcm_shared.testing.rows import Rows

from .access_helpers import People, audited, closed_app
from .secret_sweep import running

URGENT: dict[str, Any] = {
    "name": "Urgent",
    "filter": {"view": "work", "last": "7d", "severity": ["critical", "high"], "suppressed": [True, False]},
    "columns": ["risk_score", "rule", "assignee"],
    "sort": "risk_score",
    "order": "asc",
}


async def save(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    response = await client.post("/views", json={**URGENT, **changes})
    assert response.status_code == 201, response.text
    view: dict[str, Any] = response.json()
    return view


async def test_a_view_is_saved_changed_and_deleted(client: httpx.AsyncClient, people: People) -> None:
    view = await save(client)
    assert (view["owner"], view["mine"], view["columns"], view["sort"], view["order"]) == (
        "local",
        True,
        ["risk_score", "rule", "assignee"],
        "risk_score",
        "asc",
    )
    assert {name: view["filter"][name] for name in URGENT["filter"]} == URGENT["filter"]
    await save(client, name="Later")

    changed = await client.put(f"/views/{view['id']}", json={"name": "All critical", "filter": {"severity": ["low"]}})

    assert (changed.status_code, changed.json()["created_at"]) == (200, view["created_at"])
    listed = (await client.get("/views")).json()
    assert [(each["name"], each["columns"], each["sort"]) for each in listed] == [
        ("All critical", None, "first_seen"),
        ("Later", ["risk_score", "rule", "assignee"], "risk_score"),
    ]
    assert (await client.get(f"/views/{view['id']}")).json() == listed[0]

    assert (await client.delete(f"/views/{view['id']}")).status_code == 204
    assert [each["name"] for each in (await client.get("/views")).json()] == ["Later"]
    assert (await client.get(f"/views/{view['id']}")).status_code == 404
    trail = [(entry["action"], entry["target"]) for entry in await audited(people.access.engine)]
    assert [entry for entry in trail if entry[1] == view["id"]] == [
        ("view.create", view["id"]),
        ("view.change", view["id"]),
        ("view.delete", view["id"]),
    ]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": " "}, "name"),
    ({"name": "x" * 81}, "name"),
    ({"name": "two\nlines"}, "line break"),
    ({"name": "a\u0000b"}, "control character"),
    ({"filter": {"severty": ["high"]}}, "severty"),
    ({"filter": {"severity": ["worst"]}}, "severity"),
    ({"filter": {"q": "a\u0000b"}}, "NUL"),
    ({"filter": {"last": "2w"}}, "last"),
    ({"filter": {"last": "7d", "from_timestamp": "2026-11-20T00:00:00Z"}}, "either last"),
    ({"filter": {"from_date": "2026-11-21", "to_date": "2026-11-20"}}, "lies after"),
    ({"columns": []}, "columns"),
    ({"columns": ["rule", "rule"]}, "twice"),
    ({"columns": ["raw_data"]}, "columns"),
    ({"sort": "title"}, "sort"),
    ({"order": "up"}, "order"),
    ({"owner": "mona@example.com"}, "owner"),
]


async def test_a_wrong_view_is_refused_and_nothing_is_saved(client: httpx.AsyncClient) -> None:
    view = await save(client)

    for changes, reason in WRONG:
        for response in (
            await client.post("/views", json={**URGENT, "name": "Wrong", **changes}),
            await client.put(f"/views/{view['id']}", json={**URGENT, **changes}),
        ):
            assert response.status_code == 422, changes
            assert reason in response.text, (changes, response.text)
    taken = await client.post("/views", json=URGENT)
    other = await save(client, name="Other")
    renamed = await client.put(f"/views/{other['id']}", json=URGENT)
    for refused in (taken, renamed):
        assert (refused.status_code, "'Urgent' already" in refused.json()["detail"]) == (409, True)
    for method in ("get", "delete"):
        assert (await client.request(method, f"/views/{uuid4()}")).status_code == 404

    assert (await client.get("/views")).json() == [other, view]
    for number in range(MAX_VIEWS - 2):
        await save(client, name=f"View {number}")
    assert (await client.post("/views", json={**URGENT, "name": "One more"})).status_code == 409


async def test_a_filter_that_this_version_does_not_know_selects_nothing_else(
    client: httpx.AsyncClient, rows: Rows
) -> None:
    view = await save(client)
    async with transaction(rows.engine) as connection:
        await connection.execute(update(SAVED_VIEWS).values(filter={"planet": "Mars"}, columns=["rule", "moon"]))

    stored = (await client.get(f"/views/{view['id']}")).json()

    assert (stored["filter"], stored["columns"]) == (None, ["rule"])


async def test_a_link_opens_the_view_of_another_user_who_alone_may_change_it(sqlite_url: str, tmp_path: Path) -> None:
    app: FastAPI = closed_app(sqlite_url, tmp_path)
    people = People(app)
    async with running(app) as client:
        mona = await people.session(await people.user("analyst", "mona@example.com"))
        # restricted, and a reader only: what the link opens selects within what they may read
        ada = await people.session(await people.user("viewer", "ada@example.com", sources=["a"]))
        pusher = await people.session(await people.user("ingest", "pusher@example.com"))
        made = (await client.post("/views", json=URGENT, headers=mona)).json()
        link = f"/views/{made['id']}"

        opened = await client.get(link, headers=ada)

        assert (opened.json()["owner"], opened.json()["mine"]) == ("mona@example.com", False)
        assert opened.json()["filter"] == made["filter"]
        assert (await client.get("/views", headers=ada)).json() == []
        assert (await client.put(link, json=URGENT, headers=ada)).status_code == 403
        assert (await client.delete(link, headers=ada)).status_code == 403
        # the same name is free for another user
        own = await client.post("/views", json=URGENT, headers=ada)
        assert (own.status_code, own.json()["mine"]) == (201, True)
        assert [(await client.get(link, headers=each)).status_code for each in (pusher, {})] == [403, 401]
        assert (await client.get(link, headers=mona)).json() == made
