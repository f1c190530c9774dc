"""Explanations of matches: the tree of a condition, and the values that met it."""

from typing import Any

from mcm_rules_engine.sigma.explain import ConditionNode, explain_finding, explain_match
from mcm_rules_engine.sigma.load import parse_rules
from mcm_rules_engine.testing.rulesets import cloud_rules
from mcm_shared.contracts.sources import NATIVE_SOURCES
from mcm_shared.testing.builders import an_event

RULE = """\
title: Upload
name: upload
id: 00000000-0000-4000-8000-000000000001
logsource: {{category: activity}}
detection:
  what: {{event_type: upload, size|gte: 10}}
  where:
    - {{ip|cidr: 192.0.2.0/24}}
    - {{country: [NO, SE], vpn: true}}
  words: [secret, plans]
  expected: {{user|endswith: '@example.org'}}
  condition: {condition}
"""


def explain(condition: str, **facts: Any) -> ConditionNode | None:
    (rule,) = parse_rules(RULE.format(condition=condition)).rules
    return explain_match(rule, an_event(event_type="upload", user="mona@example.com", raw_data=facts))


def outline(node: ConditionNode | None) -> Any:
    """Writes a tree as nested lists of what holds."""
    assert node is not None
    label = f"{'+' if node.holds else '-'}{node.kind} {node.name}".strip()
    return [label, *map(outline, node.children)] if node.children else label


def test_a_condition_is_a_tree_of_selections_and_their_fields() -> None:
    node = explain("what and 1 of wh*re and not expected", size=12, country="no", vpn=True)

    assert outline(node) == [
        "+all",
        ["+selection what", ["+all", "+field event_type", "+field size"]],
        ["+selection where", ["+any", "-field ip", ["+all", "+field country", "+field vpn"]]],
        ["+not", ["-selection expected", "-field user"]],
    ]


def test_each_field_has_what_the_rule_expects_and_what_the_event_has() -> None:
    node = explain("where", country=["NO", "DK"], vpn=True)
    assert node is not None
    ip, rest = node.children[0].children

    assert (ip.name, ip.modifiers, ip.expected, ip.actual) == ("ip", ("cidr",), ("192.0.2.0/24",), ())
    assert (rest.children[0].expected, rest.children[0].actual) == (("NO", "SE"), ("NO", "DK"))
    assert (rest.children[1].expected, rest.children[1].actual) == (("true",), ("true",))


def test_keywords_have_no_field() -> None:
    node = explain("words", note="the secret")

    assert outline(node) == ["+selection words", "+keywords"]


def test_what_does_not_match_is_not_explained() -> None:
    assert explain("what", size=9) is None


def test_several_conditions_are_alternatives() -> None:
    node = explain("[what, words]", size=10)

    assert node is not None
    assert (node.kind, [child.holds for child in node.children]) == ("any", [True, False])


def test_a_correlation_is_explained_by_the_rules_that_it_counts_on_any_level() -> None:
    text = RULE.format(condition="what")
    for name, counted in (("many", "upload"), ("much", "many")):
        keys = f"{{type: event_count, rules: [{counted}], timespan: 1h, condition: {{gte: 1}}}}"
        text += f"---\ntitle: {name}\nname: {name}\ncorrelation: {keys}\n"
    ruleset = parse_rules(text)
    event = an_event(event_type="upload", raw_data={"size": 10})

    for rule in ruleset.all:
        ((explained, node),) = explain_finding(ruleset, rule.id, event)
        assert (explained.name, node.holds) == ("upload", True)
    assert explain_finding(ruleset, "00000000-0000-4000-8000-000000000099", event) == []
    assert explain_finding(ruleset, ruleset.all[0].id, an_event(event_type="x")) == []


def test_an_explanation_agrees_with_the_rule() -> None:
    ruleset = cloud_rules()
    explained = 0
    for rule in ruleset.rules[::8]:
        for given in (event for test in rule.tests for event in test.events):
            event = an_event(
                source=given.get("source", "my-app"),
                event_type=given.get("event_type", "x"),
                user=given.get("user"),
                raw_data=given.get("raw_data", {}),
            )
            if event.source in NATIVE_SOURCES:
                event.attributes = {}
            matches = any(match.rule is rule for match in ruleset.match(event))
            node = explain_match(rule, event)
            assert (node is not None and node.holds) == matches, rule.name
            explained += matches
    assert explained > 50
