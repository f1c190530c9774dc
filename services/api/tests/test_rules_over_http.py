"""Rules over HTTP: what they look for, and what they found."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest
import yaml
from sqlalchemy import insert

from mcm_api.rules.plain_english import plain_english
from mcm_rules_engine import read_recorded
from mcm_rules_engine.sigma.model.rule import Rule
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.store.rules import record_load
from mcm_rules_engine.testing.rulesets import builtin_rules
from mcm_shared.db.engine import transaction
from mcm_shared.db.tables import RULES
from mcm_shared.testing.builders import NOON
from mcm_shared.testing.rows import Rows

BUILTIN = builtin_rules()
BY_NAME = {rule.name: rule for rule in BUILTIN.all}


@pytest.fixture
async def registered(rows: Rows) -> None:
    """The built-in rules, as the engine registers them."""
    async with transaction(rows.engine) as connection:
        await record_load(connection, BUILTIN)


@pytest.mark.usefixtures("registered")
async def test_every_rule_is_listed_with_what_it_found(client: httpx.AsyncClient, rows: Rows) -> None:
    rule_id = BY_NAME["login_failures"].id
    for number, severity in enumerate(("medium", "high")):
        await rows.finding(
            rule_id=UUID(rule_id), severity=severity, detection_count=4, first_seen=NOON - timedelta(days=number)
        )

    rules = (await client.get("/rules")).json()
    found = {rule["rule_name"]: rule for rule in rules}

    assert found.keys() == BY_NAME.keys()
    assert [(rule["family"], rule["rule_name"]) for rule in rules] == sorted(
        (rule["family"], rule["rule_name"]) for rule in rules
    )
    rule = found["login_failures"]
    assert (rule["family"], rule["level"], rule["status"]) == ("auth", "medium", "stable")
    assert (rule["findings"], rule["detections"], rule["last_hit"]) == (2, 8, "2026-11-20T12:00:00Z")
    assert {"framework": "SOC 2", "control": "CC6.1"} in rule["controls"]
    assert {"framework": "ISO 27001", "control": "A.8.5"} in rule["controls"]
    assert {"framework": "NIST 800-53", "control": "AC-7"} in rule["controls"]
    assert {"framework": "PCI DSS", "control": "8.3.4"} in rule["controls"]
    assert not any("attack" in one["framework"].lower() for one in rule["controls"])
    assert len(rule["hits_per_day"]) == 30
    assert rule["hits_per_day"][-2:] == [{"date": "2026-11-19", "count": 1}, {"date": "2026-11-20", "count": 1}]
    assert (found["large_merge"]["findings"], found["large_merge"]["last_hit"]) == (0, None)


@pytest.mark.usefixtures("registered")
async def test_a_rule_is_shown_whole_by_name_and_by_id(client: httpx.AsyncClient) -> None:
    rule = BY_NAME["login_failures"]

    shown = (await client.get("/rules/login_failures")).json()

    assert shown == (await client.get(f"/rules/{rule.id}")).json()
    assert yaml.safe_load(shown["yaml"])["name"] == "login_failures"
    assert shown["runbook"] == rule.runbook
    assert shown["falsepositives"] == list(rule.falsepositives)
    assert shown["rule_version"] == rule.version
    assert shown["loaded_at"].endswith("Z")
    assert len(shown["tests"]) == len(rule.tests)
    assert shown["tests"][0] == {
        "name": "five in ten minutes",
        "events": 5,
        "fires": True,
        "expect": [
            {
                "severity": "medium",
                "user": "mona@example.com",
                "detections": 1,
                "description": "5 failed logins by mona@example.com within 10 minutes.",
            }
        ],
    }
    assert {test["fires"] for test in shown["tests"]} == {True, False}
    assert shown["summary"] == [
        "It counts detections of login_failed and holds at 5 or more within 10 minutes.",
        "Each user is counted separately.",
        "The severity is medium, and high from 10 on, critical from 20 on.",
    ]


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_what_every_built_in_rule_looks_for_is_said_in_words(name: str) -> None:
    said = plain_english(yaml.safe_load(BY_NAME[name].yaml))

    assert said
    assert all(sentence.endswith((".", "”")) for sentence in said)
    assert "None" not in " ".join(said)
    assert "{" not in " ".join(said)


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("rules: [a, b], type: temporal", "It holds when all of a, b hold within 1 hour, in any order."),
        (
            "rules: [a, b, c], type: temporal, condition: {gt: 1}",
            "It holds when at least 2 of a, b, c hold within 1 hour, in any order.",
        ),
        (
            "rules: [a, b, c], type: temporal, condition: a and (b or c)",
            "It holds when a and (b or c) hold within 1 hour, in any order.",
        ),
        (
            "rules: a, type: value_count, condition: {field: [ip, agent], gte: 3}",
            "It counts the different values of ip and agent in detections of a and holds at 3 or more within 1 hour.",
        ),
        (
            "type: unusual_behaviour, score: login, condition: {gte: 6}",
            "It holds for a day whose login score is at least 6 bits by the 60 days before it.",
        ),
    ],
)
def test_what_each_kind_of_correlation_counts_is_said_in_words(condition: str, said: str) -> None:
    document = read_recorded(f"correlation: {{timespan: 1h, {condition}}}")

    assert plain_english(document) == [said]


def test_values_are_shown_as_the_engine_reads_them() -> None:
    detection = "detection: {s: {country: [NO, off], at: 12:30, size|gte: 010}, condition: s}"

    assert plain_english(read_recorded(detection))[1] == (
        "“s” holds when country is “NO” or “off” and at is “12:30” and size is at least 10."
    )
    assert read_recorded("- no rule") == read_recorded("{") == {}


async def test_only_the_latest_version_of_a_rule_is_shown(client: httpx.AsyncClient, rows: Rows) -> None:
    rule = BY_NAME["large_merge"]
    assert isinstance(rule, Rule)
    old = {
        "rule_id": UUID(rule.id), "version": "old", "name": "large_merge", "title": "Old", "description": "",
        "tags": [], "level": "low", "status": "test", "falsepositives": [], "runbook": "", "yaml": "title: Old\n",
        "loaded_at": NOON - timedelta(days=400),
    }  # fmt: skip
    async with transaction(rows.engine) as connection:
        await connection.execute(insert(RULES).values(old))
        await record_load(connection, Ruleset([rule for rule in BUILTIN.rules if rule.name == "large_merge"]))

    assert [one["title"] for one in (await client.get("/rules")).json()] == [rule.title]
    assert (await client.get("/rules/large_merge")).json()["rule_version"] == rule.version


async def test_a_rule_that_is_not_there_is_a_problem(client: httpx.AsyncClient) -> None:
    answer = await client.get("/rules/nothing")

    assert answer.status_code == 404
    assert "'nothing'" in answer.json()["detail"]
