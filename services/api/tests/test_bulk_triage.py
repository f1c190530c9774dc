"""Actions on many findings: counted first, then taken on what was counted."""

from typing import Any

import httpx
import pytest

from mcm_shared.testing.builders import NOON
from mcm_shared.testing.rows import Rows

from .triage_helpers import ADA, CLOSE, HOUR, act, detect, ids_of


async def test_actions_in_bulk_are_counted_first_then_taken(client: httpx.AsyncClient, rows: Rows) -> None:
    noisy = [await rows.finding(rule_name="noisy") for _ in range(3)]
    other = await rows.finding(rule_name="other")
    await act(client, noisy[0], CLOSE)
    bulk = {**CLOSE, "filter": {"rule": ["noisy"]}}

    dry = (await client.post("/findings/actions", json={**bulk, "dry_run": True})).json()
    untouched = (await client.get("/findings?status=open")).json()["total"]
    real = (await client.post("/findings/actions", json=bulk)).json()

    seen = {"until": noisy[-1], "seen_until": NOON.isoformat().replace("+00:00", "Z")}
    assert dry == {"matched": 3, "changed": 2, "unchanged": 1, "next": None, **seen, "dry_run": True}
    assert untouched == 3
    assert real == {**dry, "until": None, "seen_until": None, "dry_run": False}
    assert await ids_of(client, "status=open") == [other]
    by_ids = {"kind": "assign", "value": ADA, "ids": [other, noisy[0], 10**9]}
    assert (await client.post("/findings/actions", json=by_ids)).json()["changed"] == 2
    assert sorted(await ids_of(client, f"assignee={ADA}")) == sorted([other, noisy[0]])
    assert sorted(await ids_of(client, "assignee=unassigned")) == sorted(noisy[1:])


async def test_bulk_goes_on_after_the_last_finding(
    client: httpx.AsyncClient, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mcm_api.findings.triage.act.MAX_AT_ONCE", 2)
    stored = [await rows.finding() for _ in range(5)]
    bulk: dict[str, Any] = {"kind": "label", "value": "audited", "filter": {}}

    answers: list[dict[str, Any]] = []
    after = None
    while not answers or after is not None:
        answers.append((await client.post("/findings/actions", json={**bulk, "after": after})).json())
        after = answers[-1]["next"]

    assert [(answer["matched"], answer["changed"]) for answer in answers] == [(5, 2), (3, 2), (1, 1)]
    assert sorted(await ids_of(client, "label=audited")) == sorted(stored)


async def test_what_comes_between_the_dry_run_and_the_closing_stays_open(client: httpx.AsyncClient, rows: Rows) -> None:
    closed, detected_again = [await rows.finding(rule_name="noisy", last_seen=NOON) for _ in range(2)]
    bulk: dict[str, Any] = {**CLOSE, "filter": {"rule": ["noisy"]}}
    dry = (await client.post("/findings/actions", json={**bulk, "dry_run": True})).json()
    later = await rows.finding(rule_name="noisy", last_seen=NOON)
    await detect(rows, detected_again, last_seen=NOON + HOUR)

    seen = {name: dry[name] for name in ("until", "seen_until")}
    real = (await client.post("/findings/actions", json={**bulk, **seen})).json()

    assert (real["matched"], real["changed"]) == (2, 2)
    assert await ids_of(client, "status=resolved") == [closed]
    assert await ids_of(client, "status=reopened") == [detected_again]
    assert await ids_of(client, "status=open") == [later]


async def test_a_wrong_selection_changes_nothing(client: httpx.AsyncClient, rows: Rows) -> None:
    await rows.finding()
    neither: dict[str, Any] = {}
    others: list[dict[str, Any]] = [
        {"ids": [1], "filter": {}},
        {"filter": {"rul": ["x"]}},
        {"ids": []},
        {"filter": {"q": "a\x00b"}},
        {"ids": list(range(1, 1002))},
    ]

    for selection in (neither, *others):
        response = await client.post("/findings/actions", json={**CLOSE, **selection})
        assert response.status_code == 422, selection
    assert (await client.get("/findings?status=open")).json()["total"] == 1
