"""Modifiers and fields that can mean nothing are refused with what to write instead."""

from typing import Any

import pytest

from mcm_rules_engine.sigma.load import parse_rules
from mcm_shared.errors import RuleLoadError
from mcm_shared.testing.builders import an_event

RULE = """\
title: Rule
logsource: {category: activity}
detection:
  selection: {f: x}
  condition: selection
"""


def refusal(item: str, more: str = "") -> str:
    """Loads a rule with one detection item, such as ``f|contains: x``; returns what is wrong with it."""
    key, value = item.split(": ")
    with pytest.raises(RuleLoadError) as caught:
        parse_rules(RULE.replace("f: x", f"'{key}': {value}") + more)
    return str(caught.value)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("args[0]: x", "the array syntax of Sigma 3 ('args[0]') is not supported: name the field without brackets"),
        ("ips[all]|cidr: 192.0.2.0/24", "array syntax"),
        ("a[-1].b: x", "array syntax"),
        ("a[first]|contains: x", "array syntax"),
        ("a.b[any].c: x", "array syntax"),
        ("f|fieldref: 'g[0]'", "array syntax"),
        ("f|contains|startswith: x", "'contains' and 'startswith' exclude each other"),
        ("f|startswith|endswith: x", "'startswith' and 'endswith' exclude each other"),
        ("f|contains|contains: x", "'contains' is written twice"),
        ("f|neq|neq: x", "'neq' is written twice"),
        ("f|re|i|ignorecase: x", "'i' is written twice"),
        ("f|re|startswith: x", "'startswith' does not go with 're'"),
        ("f|hour|day: 1", "'hour' and 'day' exclude each other"),
        ("f|base64|base64offset: x", "'base64' and 'base64offset' exclude each other"),
        ("f|wide|utf16: x", "'wide' and 'utf16' exclude each other"),
        ("f|exists|all: true", "'all' does not go with 'exists'"),
        ("f|gt|lt: 5", "'lt' does not go with"),
        ("f|cased|re: x", "only applicable to unmodified values"),
        ("f|i: x", "does not go with"),
        ("f|differs: 'g*'", "'differs' takes the name of a field, without wildcards"),
        ("f|contains|differs: g", "'differs' goes right behind the name of a field"),
        ("f|differs: 'g[0]'", "array syntax"),
    ],
)
def test_what_can_mean_nothing_is_a_mistake(item: str, expected: str) -> None:
    assert expected in refusal(item)


def test_the_array_syntax_is_a_mistake_in_groups_too() -> None:
    assert "array syntax" in refusal("f: x", "group_by: ['args[0]']\n")


def test_a_rule_of_sigma_3_loads_where_it_means_what_it_did_before() -> None:
    assert parse_rules(f"sigma-version: 3\n{RULE}").rules


OWN, OTHER = "arn:aws:iam::111122223333:root", "arn:aws:iam::210987654321:root"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (OTHER, True),
        (OWN, False),
        ([OWN, OTHER], True),
        ([OWN, OWN.replace("root", "role/x")], False),
        ({"content": OWN}, False),
        ([{"content": OWN}, {"content": OTHER}], True),
        (111122223333, False),
        (None, False),
        ([], False),
    ],
)
def test_values_that_hold_no_value_of_another_field_differ(value: Any, expected: bool) -> None:
    ruleset = parse_rules(RULE.replace("f: x", "principals|differs|contains: own"))

    found = ruleset.match(an_event(raw_data={"principals": value, "own": "111122223333"}))

    assert bool(found) is expected
