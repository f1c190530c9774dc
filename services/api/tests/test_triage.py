"""People's actions on findings: what they change, who may take them, and what is recorded of them."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from mcm_shared.db.engine import transaction
from mcm_shared.db.tables import FINDING_ACTIONS
from mcm_shared.testing.builders import NOON
from mcm_shared.testing.rows import Rows

from .access_helpers import People, audited, closed_app
from .secret_sweep import running
from .triage_helpers import ADA, CLOSE, HOUR, act, detect


async def test_actions_change_the_finding_and_make_its_timeline(client: httpx.AsyncClient, rows: Rows) -> None:
    finding_id = await rows.finding(created_at=NOON)
    actions = [
        {"kind": "assign", "value": ADA},
        {"kind": "status", "value": "investigating"},
        {"kind": "label", "value": "storage"},
        {"kind": "label", "value": "customer-data"},
        {"kind": "label", "value": "-storage"},
        {"kind": "note", "value": "Asked **Mona**."},
        CLOSE,
    ]

    responses = [await act(client, finding_id, action) for action in actions]

    assert [response.status_code for response in responses] == [200] * len(actions)
    finding = (await client.get(f"/findings/{finding_id}")).json()
    assert finding == responses[-1].json()
    expected = {
        "status": "resolved",
        "status_reason": "The bucket is private again",
        "assignee": ADA,
        "labels": ["customer-data"],
        "notes": "Asked **Mona**.",
        "triage_version": 7,
        "late_detections": 0,
        "version": 1,
    }
    assert finding.items() >= expected.items()
    timeline = (await client.get(f"/findings/{finding_id}/actions")).json()
    assert [(entry["by"], entry["kind"], entry["value"]) for entry in timeline["items"]] == [
        ("engine", "raised", "high"),
        *(("person", action["kind"], action["value"]) for action in actions),
    ]
    assert {entry["actor"] for entry in timeline["items"][1:]} == {"local"}
    assert timeline["items"][-1]["reason"] == "The bucket is private again"
    assert (timeline["triage_version"], timeline["total_actions"]) == (7, 7)


async def test_every_step_can_be_reverted(client: httpx.AsyncClient, rows: Rows) -> None:
    finding_id = await rows.finding()
    actions: list[dict[str, Any]] = [
        CLOSE,
        {"kind": "assign", "value": ADA},
        {"kind": "label", "value": "storage"},
        {"kind": "status", "value": "open"},
        {"kind": "assign", "value": None},
        {"kind": "label", "value": "-storage"},
    ]
    for action in actions:
        await act(client, finding_id, action)

    finding = (await client.get(f"/findings/{finding_id}")).json()

    assert (finding["status"], finding["status_reason"], finding["assignee"], finding["labels"]) == (
        "open",
        None,
        None,
        [],
    )


async def test_a_later_detection_reopens_and_a_late_one_does_not(client: httpx.AsyncClient, rows: Rows) -> None:
    finding_id = await rows.finding(last_seen=NOON + HOUR, detection_count=2)
    await act(client, finding_id, CLOSE)

    await detect(rows, finding_id, first_seen=NOON - HOUR, detection_count=5)
    late = (await client.get(f"/findings/{finding_id}")).json()
    await detect(rows, finding_id, last_seen=NOON + HOUR + timedelta(microseconds=1), detection_count=6)
    reopened = (await client.get(f"/findings/{finding_id}")).json()

    assert (late["status"], late["late_detections"]) == ("resolved", 3)
    assert (reopened["status"], reopened["late_detections"]) == ("reopened", 0)
    assert [entry["kind"] for entry in await timeline_of(client, finding_id)][-1] == "reopened"
    assert (await client.get("/findings?status=reopened")).json()["total"] == 1
    assert (await client.get("/findings?status=resolved")).json()["total"] == 0
    # who closes it again has seen what reopened it
    assert (await act(client, finding_id, CLOSE)).json()["status"] == "resolved"


async def test_a_detection_between_reading_and_closing_reopens(client: httpx.AsyncClient, rows: Rows) -> None:
    finding_id = await rows.finding(last_seen=NOON)
    await detect(rows, finding_id, last_seen=NOON + HOUR)

    seen_before = await act(client, finding_id, {**CLOSE, "seen_until": NOON.isoformat()})
    of_the_future = await act(client, finding_id, {**CLOSE, "seen_until": "2030-01-01T00:00:00Z"})
    await detect(rows, finding_id, last_seen=NOON + 2 * HOUR)

    assert seen_before.json()["status"] == "reopened"
    assert of_the_future.json()["status"] == "resolved"
    assert (await client.get(f"/findings/{finding_id}")).json()["status"] == "reopened"


WRONG_ACTIONS: list[tuple[dict[str, Any], str]] = [
    ({"kind": "status", "value": "reopened"}, "reopened is never chosen"),
    ({"kind": "status", "value": "done"}, "a status is one of open, acknowledged"),
    ({"kind": "status", "value": "resolved"}, "closing a finding as resolved needs a reason"),
    ({"kind": "status", "value": "accepted_risk", "reason": "  "}, "reason"),
    ({"kind": "note"}, "a note needs a text"),
    ({"kind": "note", "value": "a\x00b"}, "NUL"),
    ({"kind": "label", "value": 'a"b'}, "a label has up to 50"),
    ({"kind": "label", "value": "-"}, "a label has up to 50"),
    ({"kind": "assign", "value": "unassigned"}, "null unassigns"),
    ({"kind": "close", "value": "x"}, "kind"),
    ({"kind": "note", "value": "x", "actor": "mona"}, "actor"),
]


async def test_a_wrong_action_is_refused_with_what_to_change(client: httpx.AsyncClient, rows: Rows) -> None:
    finding_id = await rows.finding()

    responses = [(await act(client, finding_id, action), says) for action, says in WRONG_ACTIONS]

    assert [response.status_code for response, _ in responses] == [422] * len(WRONG_ACTIONS)
    assert [says for response, says in responses if says not in response.json()["detail"]] == []
    assert (await client.get(f"/findings/{finding_id}")).json()["triage_version"] == 0


async def test_of_two_who_close_at_once_one_learns_who_was_first(client: httpx.AsyncClient, rows: Rows) -> None:
    finding_id = await rows.finding()
    etag = (await client.get(f"/findings/{finding_id}")).headers["ETag"]
    closings = [{"kind": "status", "value": value, "reason": "Checked"} for value in ("resolved", "false_positive")]

    responses = await asyncio.gather(*(act(client, finding_id, each, **{"If-Match": etag}) for each in closings))

    assert sorted(response.status_code for response in responses) == [200, 412]
    (won,) = (response.json() for response in responses if response.status_code == 200)
    (lost,) = (response.json() for response in responses if response.status_code == 412)
    assert lost["changed_by"] == "local"
    assert "T" in lost["changed_at"]
    assert f"local changed this finding at {lost['changed_at'][:19]}" in lost["detail"]
    assert won["status"] in lost["detail"]
    wrong = await act(client, finding_id, CLOSE, **{"If-Match": "abc"})
    assert (wrong.status_code, wrong.json()["errors"][0]["parameter"]) == (422, "If-Match")


async def test_a_label_too_many_is_refused(client: httpx.AsyncClient, rows: Rows) -> None:
    finding_id = await rows.finding(labels=[f"label-{number}" for number in range(20)])

    assert (await act(client, finding_id, {"kind": "label", "value": "label-7"})).status_code == 200
    assert (await act(client, finding_id, {"kind": "label", "value": "one-more"})).status_code == 409


async def test_who_acts_is_recorded_and_who_may_not_see_cannot_act(stored_in: str, tmp_path: Path, rows: Rows) -> None:
    app: FastAPI = closed_app(stored_in, tmp_path)
    people = People(app)
    async with running(app) as client:
        ada = await people.session(await people.user("analyst", ADA))
        bob = await people.session(await people.user("analyst", "bob@example.com", sources=["a"]))
        viewer = await people.session(await people.user("viewer"))
        visible, hidden = await rows.finding(source="a"), await rows.finding(source="b")

        mine = await act(client, hidden, CLOSE, **ada)
        refused = [
            (await act(client, hidden, CLOSE, **bob)).status_code,
            (await client.get(f"/findings/{hidden}/actions", headers=bob)).status_code,
            (await act(client, visible, CLOSE, **viewer)).status_code,
            (await act(client, visible, {"kind": "assign", "value": "unknown@example.com"}, **ada)).status_code,
        ]
        bulk = {"kind": "label", "value": "seen", "filter": {}}
        in_bulk = (await client.post("/findings/actions", json=bulk, headers=bob)).json()
        by_id = await client.post("/findings/actions", json={**bulk, "filter": None, "ids": [hidden]}, headers=bob)
        assigned = await act(client, visible, {"kind": "assign", "value": ADA}, **bob)

    assert mine.json()["status"] == "resolved"
    assert refused == [404, 404, 403, 422]
    assert (in_bulk["matched"], in_bulk["changed"]) == (1, 1)
    assert by_id.json()["matched"] == 0
    assert assigned.json()["assignee"] == ADA
    entries = [entry for entry in await audited(rows.engine) if "triage" in entry["action"]]
    assert [(entry["actor"], entry["action"], entry["target"]) for entry in entries] == [
        (ADA, "finding.triage", str(hidden)),
        ("bob@example.com", "findings.triage", ""),
        ("bob@example.com", "finding.triage", str(visible)),
    ]
    assert '"resolved"' in entries[0]["after"]
    assert '"open"' in entries[0]["before"]


async def test_an_action_whose_record_fails_is_not_taken(
    client: httpx.AsyncClient, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding_id = await rows.finding()

    async def fail(*_: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr("mcm_api.findings.triage.act.append_entries", fail)
    response = await act(client, finding_id, CLOSE)

    assert response.status_code == 500
    assert (await client.get(f"/findings/{finding_id}")).json()["status"] == "open"
    async with transaction(rows.engine) as connection:
        assert (await connection.execute(select(func.count()).select_from(FINDING_ACTIONS))).scalar_one() == 0


async def timeline_of(client: httpx.AsyncClient, finding_id: int) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await client.get(f"/findings/{finding_id}/actions")).json()["items"]
    return items
