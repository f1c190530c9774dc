"""Reading findings."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from mcm_shared.testing.builders import NOON
from mcm_shared.testing.rows import Rows

HOUR = timedelta(hours=1)


async def test_findings_come_newest_first_with_how_many_there_are(client: httpx.AsyncClient, rows: Rows) -> None:
    older = await rows.finding(first_seen=NOON)
    newer = await rows.finding(first_seen=NOON + HOUR)
    same_instant = await rows.finding(first_seen=NOON + HOUR)

    page = (await client.get("/findings")).json()

    assert [item["id"] for item in page["items"]] == [same_instant, newer, older]
    assert (page["total"], page["page"], page["page_size"]) == (3, 1, 20)


async def test_a_finding_is_shown_whole(client: httpx.AsyncClient, rows: Rows) -> None:
    event_id = await rows.event()
    finding_id = await rows.finding(
        severity="critical",
        group={"user": "mona@example.com", "resource": "org:acme"},
        event_id=event_id,
        last_seen=NOON + HOUR,
        detection_count=2**40,
        risk_score=91,
        ai_explanation="Somebody became an owner.",
        ai_source="heuristic",
        ai_version=1,
        ai_data={"factors": [{"name": "severity", "points": 80}]},
        ai_enriched_at=NOON + 2 * HOUR,
        created_at=NOON + 2 * HOUR,
    )

    finding = (await client.get(f"/findings/{finding_id}")).json()

    assert (
        finding.items()
        >= {
            "id": finding_id,
            "rule_name": "role_escalated_to_admin",
            "description": "mona@example.com was made admin",
            "severity": "critical",
            "user": "mona@example.com",
            "created_at": "2026-11-20T14:00:00Z",
            "event_id": event_id,
            "risk_score": 91,
            "ai_explanation": "Somebody became an owner.",
            "extra_data": {"rule_version": "1", "group": {"user": "mona@example.com", "resource": "org:acme"}},
            "title": "Role escalated to admin",
            "version": 1,
            "group": {"user": "mona@example.com", "resource": "org:acme"},
            "first_seen": "2026-11-20T12:00:00Z",
            "last_seen": "2026-11-20T13:00:00Z",
            "detection_count": 2**40,
            "tags": ["soc2.cc6.3"],
            "status": "open",
            "ai_source": "heuristic",
            "ai_data": {"factors": [{"name": "severity", "points": 80}]},
            "ai_enriched_at": "2026-11-20T14:00:00Z",
        }.items()
    )
    assert (await client.get("/findings")).json()["items"] == [finding]


async def test_pages_follow_each_other_without_gap_or_repeat(client: httpx.AsyncClient, rows: Rows) -> None:
    for number in range(7):
        await rows.finding(first_seen=NOON + (number // 2) * HOUR)

    pages = [(await client.get(f"/findings?page={number}&page_size=3")).json() for number in (1, 2, 3, 4)]
    one_page = (await client.get("/findings?page_size=100")).json()

    assert [len(page["items"]) for page in pages] == [3, 3, 1, 0]
    assert [item["id"] for page in pages for item in page["items"]] == [item["id"] for item in one_page["items"]]
    assert [page["total"] for page in pages] == [7, 7, 7, 7]


async def test_a_page_far_beyond_the_end_is_empty(client: httpx.AsyncClient, rows: Rows) -> None:
    await rows.finding()

    page = (await client.get("/findings?page=2147483648&page_size=100")).json()

    assert page == {
        "items": [],
        "total": 1,
        "page": 2**31,
        "page_size": 100,
        "next": None,
        "position": None,
    }


@pytest.mark.parametrize(
    ("query", "severities"),
    [
        ("severity=high", ["high"]),
        ("severity=critical&severity=low", ["critical", "low"]),
        ("", ["critical", "high", "medium", "low"]),
    ],
)
async def test_severity_may_be_given_once_or_for_each_wanted(
    client: httpx.AsyncClient, rows: Rows, query: str, severities: list[str]
) -> None:
    for number, severity in enumerate(("low", "medium", "high", "critical")):
        await rows.finding(severity=severity, first_seen=NOON + number * HOUR)

    page = (await client.get(f"/findings?{query}")).json()

    assert [item["severity"] for item in page["items"]] == severities
    assert page["total"] == len(severities)


async def test_the_user_filter_is_exact(client: httpx.AsyncClient, rows: Rows) -> None:
    filters = await rows.finding(user="ada@example.com")
    await rows.finding(user="ada@example.com.invalid")
    await rows.finding(user=None)

    assert await ids_of(client, "user=ada@example.com") == [filters]


async def test_dates_are_whole_utc_days_of_first_seen(client: httpx.AsyncClient, rows: Rows) -> None:
    moments = [
        datetime(2026, 11, 18, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 11, 19, 0, 0, tzinfo=UTC),
        datetime(2026, 11, 20, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 11, 21, 0, 0, tzinfo=UTC),
    ]
    stored = [await rows.finding(first_seen=at, last_seen=at + 48 * HOUR) for at in moments]

    assert await ids_of(client, "from_date=2026-11-19&to_date=2026-11-20") == [stored[2], stored[1]]
    assert await ids_of(client, "from_date=2026-11-21") == [stored[3]]
    assert await ids_of(client, "to_date=2026-11-18") == [stored[0]]
    assert await ids_of(client, "from_date=0001-01-01&to_date=9999-12-31") == stored[::-1]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("page=0", "page should be greater than or equal to 1"),
        ("page_size=101", "page_size should be less than or equal to 100"),
        ("severity=urgent", "'low', 'medium', 'high' or 'critical'"),
        ("severity=high&severity=urgent", "'low', 'medium', 'high' or 'critical'"),
        ("from_date=20-11-2026", "must be a date like 2026-11-20"),
        ("to_date=2026-02-30", "must be a date like 2026-11-20"),
        ("to_date=2026-11-20T00:00:00Z", "must be a date like 2026-11-20"),
        ("from_date=2026-11-21&to_date=2026-11-20", "from_date lies after to_date"),
        ("sort=risk", "sort should be 'first_seen', 'last_seen'"),
    ],
)
async def test_a_wrong_parameter_is_refused_with_what_to_change(
    client: httpx.AsyncClient, query: str, says: str
) -> None:
    answer = await client.get(f"/findings?{query}")

    assert answer.status_code == 422
    assert says in answer.json()["detail"]


async def test_a_finding_that_is_not_there_is_a_problem(client: httpx.AsyncClient) -> None:
    answer = await client.get("/findings/17")

    assert answer.status_code == 404
    assert answer.json()["detail"] == "There is no finding with id 17."


@pytest.mark.parametrize("finding_id", ["0", "-1", "abc", "1.5", str(2**63), "9" * 5000])
async def test_an_id_that_no_finding_can_have_is_refused(client: httpx.AsyncClient, finding_id: str) -> None:
    assert (await client.get(f"/findings/{finding_id}")).status_code == 422


async def ids_of(client: httpx.AsyncClient, query: str) -> list[int]:
    answer = await client.get(f"/findings?{query}")
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]
