"""Open and overdue findings, and the time to acknowledge and to resolve them, against targets."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY
from pydantic import ValidationError
from sqlalchemy import select, update

from mcm_api.database import DatabaseReader
from mcm_api.http.state import part_of
from mcm_api.resources.clock import Clock
from mcm_api.resources.triage_targets import TriageTargets
from mcm_api.settings import ApiSettings
from mcm_api.stats.measure_triage import set_metrics
from mcm_api.stats.queries.triage import read_triage_figures
from mcm_shared.contracts.findings import Severity
from mcm_shared.db.engine import transaction
from mcm_shared.db.finding_changes import note_change
from mcm_shared.db.tables import FINDING_ACTIONS, FINDINGS
from mcm_shared.testing.builders import NOON
from mcm_shared.testing.rows import Rows

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def noon(app: FastAPI) -> datetime:
    """The API's time, which stands still."""
    part_of(app, Clock).now = lambda: NOON
    return NOON


async def triage(client: httpx.AsyncClient, severity: str) -> dict[str, Any]:
    figures = (await client.get("/stats/triage")).json()
    assert [one["severity"] for one in figures["by_severity"]] == ["critical", "high", "medium", "low"]
    found: dict[str, Any] = next(one for one in figures["by_severity"] if one["severity"] == severity)
    return found


async def close(client: httpx.AsyncClient, finding_id: int, status: str = "resolved") -> None:
    action = {"kind": "status", "value": status, "reason": "Fixed"}
    (await client.post(f"/findings/{finding_id}/actions", json=action)).raise_for_status()


async def acted_at(rows: Rows, finding_id: int, at: datetime) -> None:
    """Moves the newest action on a finding to a time."""
    uid = select(FINDINGS.c.uid).where(FINDINGS.c.id == finding_id).scalar_subquery()
    newest = select(FINDING_ACTIONS.c.id).where(FINDING_ACTIONS.c.finding_uid == uid)
    async with transaction(rows.engine) as connection:
        of = max((await connection.execute(newest)).scalars())
        await connection.execute(update(FINDING_ACTIONS).where(FINDING_ACTIONS.c.id == of).values(at=at))
        await note_change(connection, 0)


async def test_a_finding_is_overdue_after_its_target_and_until_it_is_closed(
    client: httpx.AsyncClient, rows: Rows, noon: datetime
) -> None:
    on_time = await rows.finding(severity="critical", created_at=noon - DAY)
    late = await rows.finding(severity="critical", created_at=noon - DAY - MINUTE)
    await rows.finding(severity="critical", created_at=noon - 9 * DAY, withdrawn=True)
    await rows.finding(severity="low", created_at=noon - 89 * DAY)
    assert on_time != late

    figures = await triage(client, "critical")
    assert (figures["target_s"], figures["open"], figures["overdue"]) == (86_400, 2, 1)
    assert (await triage(client, "low"))["overdue"] == 0

    await close(client, late)
    figures = await triage(client, "critical")
    assert (figures["open"], figures["overdue"], figures["resolved"]) == (1, 0, 1)


async def test_a_reopened_finding_counts_from_the_detection_that_reopened_it(
    client: httpx.AsyncClient, rows: Rows, noon: datetime
) -> None:
    finding_id = await rows.finding(severity="critical", created_at=noon - 5 * DAY, last_seen=noon - 5 * DAY)
    await close(client, finding_id)
    async with transaction(rows.engine) as connection:
        seen_again = update(FINDINGS).where(FINDINGS.c.id == finding_id).values(last_seen=noon - DAY / 2)
        await connection.execute(seen_again)
        await note_change(connection, 0)

    figures = await triage(client, "critical")

    assert (figures["open"], figures["overdue"], figures["resolved"]) == (1, 0, 0)


async def test_times_are_medians_to_the_first_status_and_to_the_last_closing(
    client: httpx.AsyncClient, rows: Rows, noon: datetime
) -> None:
    raised = noon - 10 * DAY
    for hours in (1, 3, 20):
        finding_id = await rows.finding(severity="high", created_at=raised)
        await client.post(f"/findings/{finding_id}/actions", json={"kind": "status", "value": "acknowledged"})
        await acted_at(rows, finding_id, raised + timedelta(hours=hours))
        await close(client, finding_id)
        await acted_at(rows, finding_id, raised + timedelta(hours=2 * hours))
    long_ago = await rows.finding(severity="high", created_at=raised - 100 * DAY)
    await close(client, long_ago)
    await acted_at(rows, long_ago, noon - 91 * DAY)

    figures = await triage(client, "high")

    hour = 3600
    assert (figures["acknowledged"], figures["time_to_acknowledge_s"]) == (3, 3 * hour)
    assert (figures["resolved"], figures["time_to_resolve_s"]) == (3, 6 * hour)


async def test_the_figures_are_metrics_too(client: httpx.AsyncClient, app: FastAPI, rows: Rows, noon: datetime) -> None:
    await rows.finding(severity="medium", created_at=noon - 31 * DAY)
    assert (await triage(client, "medium"))["overdue"] == 1

    set_metrics(await read_triage_figures(part_of(app, DatabaseReader), part_of(app, TriageTargets), noon))

    for name in ("mcm_findings_open", "mcm_findings_overdue"):
        assert REGISTRY.get_sample_value(name, {"severity": "medium"}) == 1


def test_targets_are_set_by_severity_and_checked_at_the_start() -> None:
    targets = TriageTargets.parse("critical=12h, low=365d").within
    assert targets[Severity.CRITICAL] == DAY / 2
    assert targets[Severity.HIGH] == 7 * DAY
    assert targets[Severity.LOW] == 365 * DAY

    for wrong in ("critical", "critical=0d", "urgent=1d", "high=1w", "high=1d,high=2d", "high=-1d"):
        with pytest.raises(ValidationError, match=r"severity=number|two targets"):
            ApiSettings(MCM_TRIAGE_TARGETS=wrong)
