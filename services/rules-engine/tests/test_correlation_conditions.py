"""Conditions of correlations: some of the rules, rules joined by ``or``, and values of several fields."""

import pytest

from mcm_rules_engine.sigma.load import parse_rules
from mcm_rules_engine.sigma.model.correlation import Correlation
from mcm_rules_engine.testing.rows_in_memory import GroupInMemory, a_correlation, position
from mcm_shared.errors import RuleLoadError
from mcm_shared.testing.builders import an_event

ABC = ("a", "b", "c")


def temporal(condition: str, escalate: str = "{}") -> Correlation:
    """Builds a temporal correlation over three rules."""
    return a_correlation(f"type: temporal, timespan: 10s, condition: {condition}", rules=ABC, escalate=escalate)


async def test_two_of_three_rules_are_enough_where_the_condition_says_so() -> None:
    two = temporal("{gte: 2}", "{high: 3}")
    group = GroupInMemory(two, [0], [3], [6])
    hits = await group.hits((0, 0))
    assert [(hit.position, hit.count, hit.severity) for hit in hits] == [
        (position(3), 2, "low"),
        (position(6), 3, "high"),
    ]
    assert hits[-1].completed_by == (position(0), position(3), position(6))
    assert await GroupInMemory(two, [0], [10], []).times((1, 10)) == []
    assert await GroupInMemory(two, [], [0], [9]).times((2, 9)) == [9]


async def test_rules_may_be_joined_by_or() -> None:
    either = temporal("a and (b or c)")
    assert await GroupInMemory(either, [0], [], [6]).times((0, 0)) == [6]
    assert await GroupInMemory(either, [], [3], [6]).times((1, 3), (2, 6)) == []
    assert await GroupInMemory(temporal("a or b or c"), [], [3], []).times((1, 3)) == [3]


async def test_a_condition_of_all_rules_needs_all_of_them() -> None:
    for condition in ("{gte: 3}", "{gt: 2}", "a and b and c", "c and (a and b)"):
        every = temporal(condition)
        assert await GroupInMemory(every, [0], [3], []).times((0, 0)) == []
        assert await GroupInMemory(every, [0], [3], [6]).times((0, 0)) == [6]


@pytest.mark.parametrize(
    ("kind", "condition", "expected"),
    [
        ("temporal", "not a", "`not` is not monotone"),
        ("temporal", "a or b", "must name all of the rules and no other"),
        ("temporal", "a or b or d", "must name all of the rules and no other"),
        ("temporal", "{gte: 4}", "must be from 1 to the number of rules, 3"),
        ("temporal", "{gte: 0}", "must be from 1 to the number of rules, 3"),
        ("temporal", "{lt: 2}", "lt holds for complete windows only"),
        ("temporal", "[a]", "must be a map such as {gte: 2}, or a text such as `a and (b or c)`"),
        ("temporal", "a b", "Expected end of text"),
        ("temporal", "not " * 2000 + "a", "is not monotone"),
        ("temporal", "not " * 3000 + "a", "the limit is 10,000"),
        ("temporal_ordered", "{gte: 2}", "temporal_ordered needs all of its rules"),
        ("temporal_ordered", "a and (b or c)", "temporal_ordered needs all of its rules"),
        ("value_count", "{gte: 2, field: []}", "needs the field whose values are counted, or a list of several"),
        ("value_count", "{gte: 2, field: [x, x]}", "needs the field whose values are counted, or a list of several"),
    ],
)
def test_a_condition_that_cannot_work_is_a_mistake(kind: str, condition: str, expected: str) -> None:
    with pytest.raises(RuleLoadError) as caught:
        a_correlation(f"type: {kind}, timespan: 10s, condition: {condition}", rules=ABC)
    assert expected in str(caught.value)


def test_values_of_several_fields_are_counted_together() -> None:
    text = """\
title: Login
name: login
logsource: {category: activity}
detection: {s: {event_type: login}, condition: s}
---
title: Many
correlation:
  type: value_count
  rules: [login]
  group-by: [user]
  timespan: 1h
  condition: {field: [ip, agent], gte: 2}
"""

    def values(**facts: object) -> list[str | None]:
        (match,) = parse_rules(text).match(an_event(event_type="login", **facts))
        return [entry.value for entry in match.counted]

    assert (
        values(ip="192.0.2.1", agent="Curl") == values(ip="::ffff:192.0.2.1", agent="curl") == ['["192.0.2.1","curl"]']
    )
    assert values(ip="192.0.2.1", agent="b") != values(ip="192.0.2.1", agent="c")
    assert values(ip="192.0.2.1") == []
    assert len(values(ip=["192.0.2.1", "192.0.2.2"], agent=["a", "b"])) == 4
