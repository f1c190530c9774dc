"""Choosing findings: filters, orders, cursors, facets, and files of them."""

import csv
import io
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest

from mcm_rules_engine import apply_rules_to_event
from mcm_shared.contracts.triage import Status
from mcm_shared.testing.builders import NOON, a_public_bucket
from mcm_shared.testing.rows import Rows

HOUR = timedelta(hours=1)


async def ids_of(client: httpx.AsyncClient, query: str) -> list[int]:
    answer = await client.get(f"/findings?{query}")
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def some_findings(rows: Rows) -> dict[str, int]:
    """Findings that differ in everything one may ask for."""
    return {
        "merge": await rows.finding(
            rule_name="large_merge",
            title="Large merge",
            description="12 files",
            source="github.audit",
            severity="low",
            risk_score=20,
            user="ada@example.com",
        ),
        "bucket": await rows.finding(
            rule_name="bucket_made_public",
            title="Bucket made public",
            description="100% open",
            source="aws.cloudtrail",
            severity="critical",
            risk_score=95,
            user="mona@example.com",
            first_seen=NOON + HOUR,
            last_seen=NOON + 9 * HOUR,
            detection_count=4,
        ),
        "login": await rows.finding(
            rule_name="login_failures",
            title="Repeated failed logins",
            description="5 failed logins by ZOË",
            source="okta.system",
            severity="medium",
            user=None,
            first_seen=NOON + 2 * HOUR,
            last_seen=NOON + 3 * HOUR,
            detection_count=9,
        ),
    }


@pytest.mark.parametrize(
    ("query", "requested"),
    [
        ("rule=large_merge", ["merge"]),
        ("rule=large_merge&rule=login_failures", ["login", "merge"]),
        ("rule=nothing", []),
        ("source=aws.cloudtrail", ["bucket"]),
        ("source=aws.cloudtrail&source=okta.system", ["login", "bucket"]),
        ("risk_min=20", ["bucket", "merge"]),
        ("risk_min=21", ["bucket"]),
        ("risk_min=0", ["bucket", "merge"]),
        ("enriched=true", ["bucket", "merge"]),
        ("enriched=false", ["login"]),
        ("q=MERGE", ["merge"]),
        ("q=mona@", ["bucket"]),
        ("q=by zoë", ["login"]),
        ("q=failed logins", ["login"]),
        ("q=100%25", ["bucket"]),
        ("q=1%25", []),
        ("q=_", ["login", "bucket", "merge"]),
        ("from_timestamp=2026-11-20T13:00:00Z", ["login", "bucket"]),
        ("to_timestamp=2026-11-20T13:00:00Z", ["merge"]),
        ("from_timestamp=2026-11-20T13:00:00Z&to_timestamp=2026-11-20T14:00:00Z", ["bucket"]),
        ("severity=low&severity=critical&risk_min=50", ["bucket"]),
        ("q=merge&rule=login_failures", []),
    ],
)
async def test_a_filter_lets_through_what_it_says(
    client: httpx.AsyncClient, rows: Rows, query: str, requested: list[str]
) -> None:
    stored = await some_findings(rows)

    page = (await client.get(f"/findings?{query}")).json()

    assert [item["id"] for item in page["items"]] == [stored[name] for name in requested]
    assert page["total"] == len(requested)


@pytest.mark.parametrize(
    ("sort", "requested"),
    [
        ("first_seen", ["login", "bucket", "merge"]),
        ("last_seen", ["bucket", "login", "merge"]),
        ("risk_score", ["bucket", "merge", "login"]),
        ("severity", ["bucket", "login", "merge"]),
        ("detection_count", ["login", "bucket", "merge"]),
    ],
)
async def test_findings_come_in_the_order_asked_for(
    client: httpx.AsyncClient, rows: Rows, sort: str, requested: list[str]
) -> None:
    stored = await some_findings(rows)

    assert await ids_of(client, f"sort={sort}") == [stored[name] for name in requested]
    assert await ids_of(client, f"sort={sort}&order=asc") == [stored[name] for name in reversed(requested)]


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", ["first_seen", "last_seen", "risk_score", "severity", "detection_count"])
async def test_following_next_gives_each_finding_once(
    client: httpx.AsyncClient, rows: Rows, sort: str, order: str
) -> None:
    for number in range(11):
        await rows.finding(
            first_seen=NOON + (number % 3) * HOUR,
            last_seen=NOON + (5 + number % 2) * HOUR,
            risk_score=[None, 10, 10, 90][number % 4],
            severity=["low", "high", "high"][number % 3],
            detection_count=1 + number % 2,
        )
    asked = f"sort={sort}&order={order}&page_size=4"

    pages = [(await client.get(f"/findings?{asked}")).json()]
    while pages[-1]["next"]:
        pages.append((await client.get(f"/findings?{asked}&before={pages[-1]['next']}")).json())

    by_page = [(await client.get(f"/findings?{asked}&page={number}")).json()["items"] for number in (1, 2, 3)]
    assert [page["items"] for page in pages] == by_page
    assert [page["total"] for page in pages] == [11, 11, 11]
    assert len({item["id"] for page in pages for item in page["items"]}) == 11


async def test_a_cursor_stands_where_its_finding_stood(client: httpx.AsyncClient, rows: Rows) -> None:
    first, second, third = [await rows.finding(risk_score=score) for score in (90, 50, 10)]
    page = (await client.get("/findings?sort=risk_score&page_size=2")).json()
    assert [item["id"] for item in page["items"]] == [first, second]
    newcomer = await rows.finding(risk_score=40)

    assert await ids_of(client, f"sort=risk_score&before={page['next']}") == [newcomer, third]


async def test_what_was_read_before_a_change_is_not_given_after_it(client: httpx.AsyncClient, rows: Rows) -> None:
    async def everything() -> list[Any]:
        paths = ("/findings", "/findings?page=1&sort=severity", "/findings/facets", "/stats/summary", "/stats/overview")
        return [(await client.get(path)).json() for path in paths]

    await rows.finding(severity="low", rule_name="one")
    assert await everything() == await everything()
    await rows.finding(severity="high", rule_name="two")
    newest, by_severity, facets, summary, overview = await everything()

    assert newest["total"] == by_severity["total"] == 2
    assert by_severity["items"][0]["severity"] == "high"
    assert {one["value"]: one["count"] for one in facets["rule"]} == {"one": 1, "two": 1}
    assert summary["total_findings"] == 2
    assert len(overview["top_rules"]) == 2


async def test_facets_count_by_every_filter_but_their_own(client: httpx.AsyncClient, rows: Rows) -> None:
    await some_findings(rows)

    everything = (await client.get("/findings/facets")).json()
    critical = (await client.get("/findings/facets?severity=critical")).json()

    assert everything == {
        "severity": [
            {"value": "critical", "count": 1},
            {"value": "high", "count": 0},
            {"value": "medium", "count": 1},
            {"value": "low", "count": 1},
        ],
        "rule": [
            {"value": "bucket_made_public", "count": 1, "title": "Bucket made public"},
            {"value": "large_merge", "count": 1, "title": "Large merge"},
            {"value": "login_failures", "count": 1, "title": "Repeated failed logins"},
        ],
        "source": [
            {"value": "aws.cloudtrail", "count": 1},
            {"value": "github.audit", "count": 1},
            {"value": "okta.system", "count": 1},
        ],
        "user": [{"value": "ada@example.com", "count": 1}, {"value": "mona@example.com", "count": 1}],
        "state": [{"value": "standing", "count": 3}, {"value": "withdrawn", "count": 0}],
        "status": [{"value": status, "count": 3 if status is Status.OPEN else 0} for status in Status],
        "assignee": [{"value": "unassigned", "count": 3}],
        "label": [],
        "suppressed": [{"value": "false", "count": 3}, {"value": "true", "count": 0}],
        "enriched": [{"value": "true", "count": 2}, {"value": "false", "count": 1}],
    }
    assert critical["severity"] == everything["severity"]
    assert critical["rule"] == [everything["rule"][0]]
    assert critical["enriched"] == [{"value": "true", "count": 1}, {"value": "false", "count": 0}]


async def test_the_most_frequent_come_first_among_facets_and_users_are_the_first_twenty(
    client: httpx.AsyncClient, rows: Rows
) -> None:
    for number in range(25):
        for _ in range(1 + (number == 24)):
            await rows.finding(user=f"user-{number:02}@example.com")

    users = (await client.get("/findings/facets")).json()["user"]

    assert users[0] == {"value": "user-24@example.com", "count": 2}
    assert [one["value"] for one in users[1:]] == [f"user-{number:02}@example.com" for number in range(19)]


async def test_a_file_has_all_that_match_in_the_order_asked_for(client: httpx.AsyncClient, rows: Rows) -> None:
    stored = [await rows.finding(risk_score=number % 100, severity="high") for number in range(1203)]
    await rows.finding(severity="low")

    answer = await client.get("/findings?format=ndjson&severity=high&sort=risk_score&order=asc")
    lines = [orjson.loads(line) for line in answer.text.splitlines()]

    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["content-disposition"] == 'attachment; filename="findings.ndjson"'
    assert sorted(line["id"] for line in lines) == stored
    assert [line["risk_score"] for line in lines] == sorted(line["risk_score"] for line in lines)
    assert lines[0] == (await client.get(f"/findings/{lines[0]['id']}")).json()


async def test_a_csv_file_does_nothing_in_a_spreadsheet(client: httpx.AsyncClient, rows: Rows) -> None:
    signs = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
    nasty = [*(f"{sign}SUM(1)" for sign in signs), 'quo"te, and\nline', "harmless"]
    for text in nasty:
        await rows.finding(description=text, title=text, user=text, notes=text)

    answer = await client.get("/findings?format=csv&order=asc")
    found = list(csv.DictReader(io.StringIO(answer.text, newline="")))

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    for name in ("description", "title", "user", "notes"):
        assert [row[name] for row in found] == [f"'{text}" for text in nasty[:-2]] + nasty[-2:]
    assert answer.text.startswith('"id","uid",')
    assert found[0]["severity"] == "high"
    assert found[0]["first_seen"] == "2026-11-20T12:00:00Z"
    assert found[0]["tags"] == "soc2.cc6.3"


async def test_a_file_of_nothing_is_empty(client: httpx.AsyncClient) -> None:
    assert (await client.get("/findings?format=ndjson")).text == ""
    assert (await client.get("/findings?format=csv")).text.startswith('"id","uid","severity",')


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("risk_min=101", "risk_min should be less than or equal to 100"),
        ("enriched=maybe", "enriched should be a valid boolean"),
        ("order=up", "order should be 'asc' or 'desc'"),
        ("format=xls", "format should be 'json', 'csv' or 'ndjson'"),
        ("q=", "q String should have at least 1 character"),
        ("q=%00", "NUL"),
        ("before=rubbish", "is not a cursor of this API"),
        ("before=WyJyaXNrX3Njb3JlIiwiZGVzYyIsMSwyXQ", "in another order"),
        ("before=WyJmaXJzdF9zZWVuIiwiZGVzYyIsMSwyXQ&page=2", "either page or before"),
        ("from_timestamp=2026-11-21T00:00:00Z&to_timestamp=2026-11-20T00:00:00Z", "from_timestamp lies after"),
        ("rule=" + "x" * 101, "at most 100 characters"),
    ],
)
async def test_a_wrong_parameter_is_refused(client: httpx.AsyncClient, query: str, says: str) -> None:
    answer = await client.get(f"/findings?{query}")

    assert answer.status_code == 422
    assert says in answer.json()["detail"]


async def test_what_the_engine_and_the_enricher_write_is_seen_at_once(client: httpx.AsyncClient, rows: Rows) -> None:
    async def shown() -> list[tuple[str, int]]:
        items = (await client.get("/findings?enriched=false&rule=bucket_made_public")).json()["items"]
        return [(item["severity"], item["detection_count"]) for item in items]

    bucket = {"bucket": "exports", "timestamp": NOON}
    assert await shown() == []
    await apply_rules_to_event(a_public_bucket(**bucket), rows.engine)
    assert await shown() == [("critical", 1)]
    await apply_rules_to_event(a_public_bucket(**bucket), rows.engine)
    assert await shown() == [("critical", 2)]

    finding = (await client.get("/findings")).json()["items"][0]
    await client.post(f"/findings/{finding['id']}/enrich_with_ai")

    assert await shown() == []
    assert (await client.get("/findings/facets")).json()["enriched"][0] == {"value": "true", "count": 1}
