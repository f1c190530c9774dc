"""Search over findings, users, rules and events, as the command menu uses it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import insert

from mcm_shared.contracts.events import event_uid
from mcm_shared.db.engine import transaction
from mcm_shared.db.tables import RULES
from mcm_shared.testing.builders import NOON, an_event
from mcm_shared.testing.rows import Rows

RULE_ID = UUID("6f9619ff-8b86-4011-b42d-00c04fc964ff")


async def a_rule(rows: Rows, **values: Any) -> None:
    async with transaction(rows.engine) as connection:
        await connection.execute(
            insert(RULES).values(
                {
                    "rule_id": RULE_ID,
                    "version": "1",
                    "name": "login_failures",
                    "title": "Repeated failed logins",
                    "description": "{count} failed logins",
                    "level": "medium",
                    "status": "stable",
                    "family": "auth",
                    "pack": "built-in",
                    "active": True,
                    "tags": ["attack.t1110"],
                    "falsepositives": [],
                    "runbook": "",
                    "yaml": "",
                    "loaded_at": datetime(2026, 11, 20, tzinfo=UTC),
                    **values,
                }
            )
        )


async def found(client: httpx.AsyncClient, q: str) -> dict[str, Any]:
    answer = await client.get("/search", params={"q": q})
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


def counts(result: dict[str, Any]) -> dict[str, int]:
    return {kind: len(items) for kind, items in result.items() if items}


async def test_a_text_finds_findings_users_and_rules_in_any_case(client: httpx.AsyncClient, rows: Rows) -> None:
    await rows.counted(an_event(user="mona@example.com"), an_event(user="ada@example.com"))
    low = await rows.finding(user="mona@example.com", title="Mona's bucket", risk_score=10)
    high = await rows.finding(user=None, description="done by MONA", risk_score=90)
    await a_rule(rows, title="About Mona")
    await a_rule(rows, rule_id=uuid4(), name="other", description="where mona is")

    result = await found(client, " moNA ")

    assert [each["id"] for each in result["findings"]] == [high, low]
    assert [(each["user"], each["findings"]) for each in result["users"]] == [("mona@example.com", 1)]
    assert [each["rule_name"] for each in result["rules"]] == ["login_failures", "other"]
    assert result["events"] == []


async def test_a_rule_is_found_by_technique_and_once_for_all_its_versions(
    client: httpx.AsyncClient, rows: Rows
) -> None:
    await a_rule(rows, version="0", title="Old title", active=False)
    await a_rule(rows)

    assert [each["title"] for each in (await found(client, "T1110"))["rules"]] == ["Repeated failed logins"]
    assert [each["title"] for each in (await found(client, str(RULE_ID).upper()))["rules"]] == [
        "Repeated failed logins"
    ]


async def test_events_and_findings_are_found_by_each_of_their_ids(client: httpx.AsyncClient, rows: Rows) -> None:
    finding = await rows.finding()
    of_two = "0a1b/ü-77"
    events = [an_event(source=source, id=of_two, timestamp=NOON + timedelta(hours=n)) for n, source in enumerate("ab")]
    await rows.counted(*events)

    by_source_id = (await found(client, of_two))["events"]
    stored = [each["id"] for each in reversed(by_source_id)]
    by_uid = (await found(client, str(event_uid("a", of_two))))["events"]
    by_id = await found(client, str(stored[1]))

    assert [(each["source"], each["source_event_id"]) for each in by_source_id] == [("b", of_two), ("a", of_two)]
    assert [each["id"] for each in by_uid] == [stored[0]]
    assert [each["id"] for each in by_id["events"]] == [stored[1]]
    assert [each["id"] for each in (await found(client, str(finding)))["findings"]] == [finding]
    assert counts(await found(client, of_two.upper())) == {}, "ids are compared exactly"


async def test_a_text_of_any_kind_is_searched(client: httpx.AsyncClient, rows: Rows) -> None:
    await rows.finding()

    for q in ("x" * 512, "0", "9" * 19, "99999999999999999999", "%", "\\", "(", "٣", "é\u0301"):
        assert counts(await found(client, q)) == {}, q


async def test_a_search_without_text_is_refused(client: httpx.AsyncClient) -> None:
    for query in ("", "q=", "q=%20", f"q={'x' * 513}", "q=a&limit=21", "q=a&limit=0", "q=%00"):
        assert (await client.get(f"/search?{query}")).status_code == 422, query
