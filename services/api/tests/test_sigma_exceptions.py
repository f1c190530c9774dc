"""Exceptions with a Sigma filter: what it covers, when it is evaluated anew, and what becomes of an invalid one."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import insert, select, update

from mcm_api.database import DatabaseReader, DatabaseWriter
from mcm_api.exceptions.evaluate import evaluate_all
from mcm_api.exclusions import exclusion_of
from mcm_api.http.state import part_of
from mcm_api.resources.clock import Clock
from mcm_rules_engine import Exclusion
from mcm_shared.db.engine import transaction
from mcm_shared.db.exception_filters import CompiledFilter, read_filters
from mcm_shared.db.exceptions import read_unexpired
from mcm_shared.db.finding_changes import note_change
from mcm_shared.db.suppression import ActiveExceptions
from mcm_shared.db.tables import DETECTIONS, EXCEPTIONS, FINDINGS
from mcm_shared.event_time import to_micros
from mcm_shared.testing.builders import NOON
from mcm_shared.testing.rows import Rows

from .exception_helpers import requested

MINUTE = timedelta(minutes=1)
OFFICE = """
title: The office
logsource: {category: activity}
filter:
  rules: any
  office:
    ip|cidr: 192.0.2.0/24
  condition: not office
"""
INSIDE, OUTSIDE = {"ip": "192.0.2.7"}, {"ip": "198.51.100.7"}


@pytest.fixture(autouse=True)
def stopped_clock(app: FastAPI) -> None:
    """Stops the API's clock at noon."""
    part_of(app, Clock).now = lambda: NOON


@dataclass
class Case:
    """A finding by the raw data of its events: those that it names, and its detections between them."""

    named: list[dict[str, Any] | None]
    between: list[dict[str, Any]] = field(default_factory=list)
    covered: bool = False

    async def store(self, rows: Rows) -> int:
        series = uuid4()
        uids = [await stored_event(rows, raw) for raw in self.named]
        ends = {name: {"event_uid": str(uid)} for name, uid in zip(("earliest", "latest"), uids, strict=False)}
        finding = await rows.finding(series_id=series, group={"user": "m"}, extra_data={"group": {}, **ends})
        for number, raw in enumerate(self.between):
            await detect(rows, series, await stored_event(rows, raw), NOON + number * MINUTE)
        return finding


async def stored_event(rows: Rows, raw: dict[str, Any] | None) -> UUID:
    uid = uuid4()
    if raw is not None:
        await rows.event(event_uid=uid, raw_data=raw)
    return uid


async def detect(rows: Rows, series: UUID, uid: UUID, at: datetime) -> None:
    row = {"series_id": series, "group_key": '{"user":"m"}', "at": to_micros(at), "event_uid": uid}
    async with transaction(rows.engine) as connection:
        await connection.execute(insert(DETECTIONS).values(row))


async def evaluate_now(app: FastAPI) -> None:
    await evaluate_all(part_of(app, DatabaseReader), part_of(app, DatabaseWriter), part_of(app, Clock))


async def make(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    response = await client.post("/exceptions", json=requested({"sigma": OFFICE, **changes}))
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


def previewed(request: dict[str, Any]) -> dict[str, Any]:
    return {name: request[name] for name in ("matcher", "starts_at", "expires_at")}


async def listed(client: httpx.AsyncClient, **query: Any) -> set[int]:
    return {finding["id"] for finding in (await client.get("/findings", params=query)).json()["items"]}


CASES = [
    Case([INSIDE, INSIDE], covered=True),
    Case([INSIDE, INSIDE], [INSIDE, INSIDE], covered=True),
    Case([INSIDE, OUTSIDE]),
    Case([INSIDE, INSIDE], [INSIDE, OUTSIDE]),
    # an event without the field, one that is not stored any more, and no event at all
    Case([INSIDE, {}]),
    Case([INSIDE, None]),
    Case([]),
]


async def test_a_finding_is_covered_when_all_its_events_are_excluded(
    app: FastAPI, client: httpx.AsyncClient, rows: Rows
) -> None:
    stored = {await case.store(rows): case.covered for case in CASES}
    covered = {number for number, is_covered in stored.items() if is_covered}
    shown = await client.post("/exceptions/preview", json=previewed(requested({"sigma": OFFICE})))
    assert (shown.json()["findings"], shown.json()["hides_now"], shown.json()["complete"]) == (2, 2, True), shown.text

    made = await make(client)

    assert (made["state"], made["hides"]) == ("active", 2)
    assert await listed(client) == stored.keys() - covered
    assert await listed(client, suppressed="true") == covered

    # what comes later is evaluated in the background
    late = await Case([INSIDE]).store(rows)
    await evaluate_now(app)
    assert await listed(client, suppressed="true") == {*covered, late}
    # a finding that changes is visible again at once when a detection is outside
    latest = {"group": {}, "earliest": {"event_uid": str(await stored_event(rows, OUTSIDE))}}
    async with transaction(rows.engine) as connection:
        await connection.execute(
            update(FINDINGS).where(FINDINGS.c.id == late).values(version=2, detection_count=2, extra_data=latest)
        )
        await note_change(connection, 0)
    assert late in await listed(client)
    await evaluate_now(app)
    assert late in await listed(client)
    # the other conditions are required too
    await client.post(f"/exceptions/{made['id']}/actions", json={"kind": "revoke", "reason": "Tried"})
    assert (await make(client, user=["ada@example.com"]))["hides"] == 0


WRONG = [
    ("title: x", "`filter` is missing"),
    ("- a", "map of keys"),
    ("a: [", "not valid YAML"),
    (OFFICE + "---" + OFFICE, "one YAML document, not 2"),
    (OFFICE.replace("condition: not office", "condition: not offices"), "offices"),
    (OFFICE.replace("cidr", "cdir"), "cdir"),
    (OFFICE.replace("192.0.2.0/24", "192.0.2.0/64"), "192.0.2.0/64"),
    (OFFICE.replace("rules: any", "rules: [no_such_rule]"), "there is no rule 'no_such_rule'"),
    (OFFICE.replace("  rules: any\n", ""), "filter.rules"),
    (OFFICE.replace("category: activity", "product: nothing"), "not a source"),
    ("#" * 16_385, "at most 16384 characters"),
]


async def test_a_wrong_filter_is_refused_with_its_reason(client: httpx.AsyncClient) -> None:
    for text, reason in WRONG:
        body = requested({"sigma": text})
        for path, request in (("/exceptions", body), ("/exceptions/preview", previewed(body))):
            response = await client.post(path, json=request)
            assert (response.status_code, reason in response.text) == (422, True), (text, response.text)
            assert response.json()["errors"][0]["parameter"] == "matcher.sigma"
    assert (await client.get("/exceptions")).json()["items"] == []


async def test_an_invalid_filter_hides_nothing_and_reports_itself(
    app: FastAPI, client: httpx.AsyncClient, rows: Rows
) -> None:
    covered = await CASES[0].store(rows)
    await make(client)
    assert await listed(client) == set()
    async with transaction(rows.engine, read_only=True) as connection:
        assert await read_filters(connection) == {1: CompiledFilter()}

    # as when a later version no longer reads it
    async with transaction(rows.engine) as connection:
        await connection.execute(update(EXCEPTIONS).values(matcher={"sigma": OFFICE.replace("|cidr", "|gone")}))
        await note_change(connection, 0)

    assert await listed(client) == {covered}
    shown = (await client.get("/exceptions/1")).json()
    assert (shown["state"], shown["hides"], shown["matcher"]) == ("invalid", 0, None)
    assert "gone" in shown["problem"]
    await evaluate_now(app)
    async with transaction(rows.engine, read_only=True) as connection:
        # what other services compute, which do not compile filters
        active = ActiveExceptions.at(NOON, await read_unexpired(connection, NOON))
        assert (await connection.execute(select(FINDINGS.c.id).where(active.visible))).scalars().all() == [covered]
        assert "gone" in ((await read_filters(connection))[1].problem or "")


def test_few_long_filters_stay_compiled() -> None:
    def compiled(number: int) -> Exclusion:
        long = "x" * 10_000
        return exclusion_of(
            f"title: Filter {number}\nlogsource: {{category: activity}}\nfilter:\n  rules: any\n"
            f"  selection:\n    user: {long}\n  condition: selection\n"
        )

    first = compiled(0)
    again = compiled(0)
    for number in range(1, 40):
        compiled(number)

    assert again is first
    assert compiled(0) is not first
