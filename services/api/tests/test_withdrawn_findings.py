"""Withdrawn findings: left out unless asked for, counted apart, with the history of what decided."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import insert

from mcm_shared.contracts.findings import rule_series
from mcm_shared.db.engine import transaction
from mcm_shared.db.tables import FINDING_HISTORY, RULE_RESULTS, RULES
from mcm_shared.testing.builders import NOON
from mcm_shared.testing.rows import Rows

RULE = {
    "rule_id": uuid4(),
    "version": "1",
    "name": "left_open",
    "title": "Left open",
    "description": "",
    "level": "high",
    "status": "stable",
    "tags": [],
    "falsepositives": [],
    "runbook": "",
    "yaml": "correlation: {type: not_followed_by, rules: [opened, closed], timespan: 1h}",
    "active": True,
}


async def one_of_each(rows: Rows) -> None:
    await rows.finding(rule_name="stands", risk_score=50)
    await rows.finding(rule_name="withdrawn", risk_score=90, withdrawn=True)


async def names(client: httpx.AsyncClient, query: str) -> list[str]:
    return sorted(one["rule_name"] for one in (await client.get(f"/findings{query}")).json()["items"])


async def test_a_list_leaves_them_out_unless_it_is_asked_for_them(client: httpx.AsyncClient, rows: Rows) -> None:
    await one_of_each(rows)
    assert await names(client, "") == ["stands"]
    assert await names(client, "?state=withdrawn") == ["withdrawn"]
    assert await names(client, "?state=standing&state=withdrawn") == ["stands", "withdrawn"]


@pytest.mark.parametrize("query", ["", "?state=withdrawn", "?state=standing&state=withdrawn"])
async def test_standing_and_withdrawn_are_all(client: httpx.AsyncClient, rows: Rows, query: str) -> None:
    await one_of_each(rows)
    facets = (await client.get(f"/findings/facets{query}")).json()
    assert facets["state"] == [{"value": "standing", "count": 1}, {"value": "withdrawn", "count": 1}]


async def test_every_count_of_findings_leaves_them_out_and_the_summary_counts_them(
    client: httpx.AsyncClient, rows: Rows
) -> None:
    await one_of_each(rows)

    async def read(path: str) -> Any:
        return (await client.get(path)).json()

    summary, overview, timeline = (
        await read("/stats/summary"),
        await read("/stats/overview"),
        await read("/stats/timeline"),
    )
    assert (summary["total_findings"], summary["withdrawn_findings"]) == (1, 1)
    assert summary["findings_by_severity"]["high"] == 1
    assert [one["rule_name"] for one in overview["top_rules"]] == ["stands"]
    assert [one["findings"] for one in overview["top_users"]] == [1]
    assert sum(step["findings"] for step in timeline["steps"]) == 1
    (user,) = (await read("/users"))["items"]
    assert (user["findings"], user["risk_score"]) == (1, 50)
    assert (await read("/users/mona@example.com"))["findings"] == 1


async def test_the_history_names_the_events_that_decided(client: httpx.AsyncClient, rows: Rows) -> None:
    finding_uid, opened, closed = uuid4(), uuid4(), uuid4()
    number = await rows.finding(uid=finding_uid, withdrawn=True)
    event = await rows.event(event_uid=closed, event_type="closed")
    changes = (("standing", 1, opened), ("withdrawn", 2, closed))
    async with transaction(rows.engine) as connection:
        for state, version, uid in changes:
            values = {"state": state, "version": version, "event_uid": uid, "event_at": NOON}
            await connection.execute(insert(FINDING_HISTORY).values(finding_uid=finding_uid, **values))
    history = (await client.get(f"/findings/{number}/history")).json()
    assert [(one["state"], one["event_id"], one["event_type"]) for one in history] == [
        ("standing", None, None),
        ("withdrawn", event, "closed"),
    ]


async def test_a_finding_of_another_rule_has_no_history(client: httpx.AsyncClient, rows: Rows) -> None:
    number = await rows.finding()
    assert (await client.get(f"/findings/{number}/history")).json() == []
    assert (await client.get("/findings/999999/history")).status_code == 404


async def test_a_rule_says_how_many_results_wait(client: httpx.AsyncClient, rows: Rows) -> None:
    series = rule_series(str(RULE["rule_id"]), "1")
    async with transaction(rows.engine) as connection:
        await connection.execute(insert(RULES).values(RULE))
        for number, state in enumerate(("pending", "pending", "standing", "withdrawn")):
            uid, at = uuid4(), int((NOON + timedelta(hours=number)).timestamp() * 1e6)
            here = {"event_uid": uid, "at": at, "first_uid": uid, "first_at": at, "last_uid": uid, "last_at": at}
            row = {"series_id": series, "group_key": "{}", "state": state, "decided_by": uid, "decided_at": at, **here}
            await connection.execute(insert(RULE_RESULTS).values(row))
    rule = (await client.get("/rules/left_open")).json()
    assert rule["results"] == {"pending": 2, "standing": 1, "withdrawn": 1}
    assert rule["summary"] == [
        "It holds when opened is not followed by closed within 1 hour, once the source is known to be complete."
    ]
