"""The profile of a user: what the engine counted and scored, and the risk over time."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from mcm_api.http.state import part_of
from mcm_api.resources.clock import Clock
from mcm_api.users.profile.risk import MEMORY, Added, remaining, risk_until
from mcm_rules_engine.pipeline.behaviour import BehaviourScorer
from mcm_rules_engine.sigma.load import load_rules, parse_rules
from mcm_rules_engine.store.rules import record_load
from mcm_rules_engine.testing.deliveries import handle
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.findings import Severity
from mcm_shared.db.engine import transaction
from mcm_shared.testing.builders import NOON, an_event
from mcm_shared.testing.rows import Rows

from .access_helpers import People, closed_app
from .secret_sweep import running

RULESET = parse_rules("\n---\n".join(one.yaml for one in load_rules().correlations if one.score is not None))
MONA, INES = "mona@example.com", "ines@example.com"
TODAY = NOON.date()


def day_of(user: str, before: int, country: str = "DE", **facts: Any) -> list[SourceEvent]:
    """Makes three logins of a day so many days before today."""
    at = NOON - timedelta(days=before)
    facts |= {"country": country, "ip": f"192.0.2.{ord(country[0])}", "user_agent": "curl/8"}
    return [
        an_event(id=f"{user} {before} {n}", user=user, timestamp=at + timedelta(minutes=n), raw_data=facts)
        for n in range(3)
    ]


async def store(rows: Rows, events: Sequence[SourceEvent]) -> None:
    await handle(rows.engine, RULESET, list(events))
    await BehaviourScorer(RULESET, 0).score(rows.engine)


async def a_month(rows: Rows) -> None:
    """Stores twenty usual days of mona, one from elsewhere, and three days of ines."""
    usual = [event for before in range(2, 22) for event in day_of(MONA if before % 2 else "Mona@Example.com", before)]
    new = [event for before in range(3) for event in day_of(INES, before, country="NL")]
    await store(rows, [*usual, *new, *day_of(MONA, 0, country="NL", bucket="exports")])


@pytest.fixture
def app(app: FastAPI) -> FastAPI:
    part_of(app, Clock).now = lambda: NOON
    return app


async def test_a_profile_shows_what_is_usual_what_is_new_and_why_a_day_is_unusual(
    client: httpx.AsyncClient, rows: Rows
) -> None:
    await a_month(rows)

    profile = (await client.get(f"/profiles/{MONA}")).json()

    assert (profile["state"], profile["active_days"], profile["events"]) == ("known", 21, 63)
    assert (profile["since"], profile["until"]) == (str(TODAY - timedelta(days=59)), str(TODAY))
    weekdays = Counter((TODAY - timedelta(days=before)).weekday() for before in (0, *range(2, 22)))
    assert profile["hours"] == [{"weekday": day, "hour": 12, "days": count} for day, count in sorted(weekdays.items())]
    values = {one["feature"]: one["values"] for one in profile["features"]}
    assert [(one["value"], one["days"], one["new"]) for one in values["country"]] == [
        ("NL", 1, True),
        ("DE", 20, False),
    ]
    assert [(one["value"], one["new"]) for one in values["resource"]] == [("bucket exports", True)]
    assert [(one["value"], one["days"], one["new"]) for one in values["device"]] == [("curl", 21, False)]
    last = profile["scores"][-1]
    assert (last["date"], last["unusual"]) == (str(TODAY), ["login"])
    assert profile["scores"][0]["login"] is None
    explained = profile["explained"]
    assert explained["date"] == str(TODAY)
    assert explained["login"] == last["login"] >= profile["thresholds"]["login"]
    (country,) = (one for one in explained["features"] if one["feature"] == "country")
    assert country["values"][0].items() >= {"value": "NL", "user_count": 0, "user_total": 20}.items()
    (part,) = (one for one in profile["risk"]["parts"] if one["rule_name"] is None)
    assert (part["title"], part["points"]) == ("Unusual login", last["login"])
    (finding,) = (one for one in profile["risk"]["parts"] if one["rule_name"] is not None)
    assert (finding["rule_name"], finding["points"]) == ("unusual_login", 15_000)
    assert profile["risk"]["risk"] == 15_000 + last["login"] == profile["risk"]["days"][-1]["risk"]


async def test_a_usual_day_can_be_explained_and_a_user_who_is_learning_has_no_scores(
    client: httpx.AsyncClient, rows: Rows
) -> None:
    await a_month(rows)
    usual = str(TODAY - timedelta(days=2))

    profile = (await client.get(f"/profiles/{MONA}", params={"day": usual})).json()
    learning = (await client.get(f"/profiles/{INES}")).json()
    stranger = (await client.get("/profiles/a/b")).json()

    assert profile["explained"]["date"] == usual
    assert profile["explained"]["login"] < 0
    assert (learning["state"], learning["active_days"], learning["explained"]) == ("learning", 3, None)
    assert {one["login"] for one in learning["scores"]} == {None}
    assert not any(value["new"] for feature in learning["features"] for value in feature["values"])
    assert (stranger["state"], stranger["until"], stranger["risk"]["risk"]) == ("learning", None, 0)


async def test_a_rule_of_behaviour_counts_the_users_who_are_still_learning(
    client: httpx.AsyncClient, rows: Rows
) -> None:
    async with transaction(rows.engine) as connection:
        await record_load(connection, load_rules())
    await a_month(rows)

    rule = (await client.get("/rules/unusual_login")).json()

    assert rule["users"] == {"learning": 1, "known": 1, "needed_days": 14, "needed_events": 50}
    assert (await client.get("/rules/login_failures")).json()["users"] is None


async def test_identities_restricted_to_sources_see_no_counts_of_others(
    stored_in: str, tmp_path: Any, rows: Rows
) -> None:
    app = closed_app(stored_in, tmp_path)
    part_of(app, Clock).now = lambda: NOON
    await a_month(rows)
    async with running(app) as client:
        people = People(app)
        headers = await people.session(await people.user("engineer", sources=[day_of(MONA, 0)[0].source]))
        everything = await people.session(await people.user("engineer", "all@example.com"))
        profile = (await client.get(f"/profiles/{MONA}", headers=headers)).json()
        rule = await client.get("/rules/unusual_login", headers=headers)

        totals = [(await client.get("/findings", headers=given)).json()["total"] for given in (headers, everything)]

    assert totals == [0, 1]
    assert profile["state"] == "withheld"
    assert "all sources" in profile["withheld"]
    assert (profile["active_days"], profile["features"], profile["scores"], profile["explained"]) == (0, [], [], None)
    assert profile["risk"]["parts"] == []
    assert rule.json().get("users") is None


def test_risk_is_the_sum_of_what_is_left_of_the_points_of_each_part() -> None:
    def added(before: int, points: int) -> Added:
        return Added(TODAY - timedelta(days=before), "a_rule", "A rule", Severity.LOW, 1, points)

    risk = risk_until(TODAY, [added(0, 5_000), added(1, 5_000), added(10, 80_000), added(MEMORY.days, 80_000)])

    assert [one.remaining for one in risk.parts] == [27_894, 5_000, 4_500]
    assert risk.risk == 27_894 + 5_000 + 4_500
    assert [one.risk for one in risk.days][-2:] == [5_000 + 80_000 * 9**9 // 10**9, risk.risk]
    assert risk.days[0].date == TODAY - timedelta(days=29)
    assert [remaining(10, days) for days in (0, 1, 2)] == [10, 9, 8]


def test_parts_beyond_the_first_twenty_are_counted() -> None:
    many = [Added(date(2026, 11, 1), f"rule_{n}", "A rule", Severity.LOW, 1, 5_000) for n in range(23)]

    risk = risk_until(date(2026, 11, 2), many)

    assert (len(risk.parts), risk.more, risk.more_remaining) == (20, 3, 3 * 4_500)
    assert risk.risk == 23 * 4_500
