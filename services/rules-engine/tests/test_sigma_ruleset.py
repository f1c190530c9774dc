"""The rule set: which rules meet an event, what a match carries, and what a finding says."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcm_rules_engine.findings.describe import describe
from mcm_rules_engine.sigma.compile.fields import EventView
from mcm_rules_engine.sigma.compile.group_keys import MAX_FIELDS, MAX_KEY, MAX_VALUE, group_key
from mcm_rules_engine.sigma.load import parse_rules
from mcm_rules_engine.sigma.model.rule import Rule
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_shared.contracts.findings import Severity
from mcm_shared.errors import RuleLoadError
from mcm_shared.testing.builders import an_event


def rule_text(number: int = 1, selection: str = "event_type: x", more: str = "", logsource: str = "") -> str:
    """Writes a rule; ``more`` are further lines."""
    return (
        f"title: Rule {number}\nid: 00000000-0000-4000-8000-{number:012}\nname: rule_{number}\nlevel: medium\n"
        f"logsource: {logsource or '{category: activity}'}\n"
        f"detection: {{s: {{{selection}}}, condition: s}}\n{more}"
    )


def a_rule(selection: str = "event_type: login_success", more: str = "", logsource: str = "") -> Rule:
    """Builds one compiled rule."""
    return parse_rules(rule_text(1, selection, more, logsource)).rules[0]


_words = st.sampled_from(["a", "B", "login_failed", "x*", "y", "s*"])
_selections = st.fixed_dictionaries(
    {},
    optional={
        **{
            name: st.one_of(_words, st.lists(_words, min_size=1, max_size=3), st.just(5), st.none())
            for name in ("event_type", "source", "kind", "tags", "user", "number", "nested.kind")
        },
        "kind|contains": _words,
    },
).filter(bool)
_facts = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.one_of(_words, st.just(5)),
        "tags": st.lists(_words, max_size=3),
        "number": st.sampled_from([5, "5", None]),
        "nested": st.fixed_dictionaries({"kind": st.one_of(_words, st.lists(_words, max_size=2))}),
    },
)


_events = st.tuples(st.sampled_from(["a", "b", "login_failed"]), st.sampled_from(["src", "aws.cloudtrail"]), _facts)


@settings(deadline=None)
@given(st.lists(st.tuples(_selections, st.booleans()), min_size=1, max_size=8), st.lists(_events))
def test_the_index_leaves_out_no_rule_that_matches(
    selections: list[tuple[dict[str, Any], bool]], events: list[tuple[str, str, dict[str, Any]]]
) -> None:
    documents = []
    for number, (selection, native) in enumerate(selections):
        items = repr(selection)[1:-1].replace("None", "null")
        documents.append(rule_text(number, items, "---\n", "{product: aws, service: cloudtrail}" if native else ""))
    ruleset = parse_rules("".join(documents))
    for event_type, source, facts in events:
        event = an_event(event_type=event_type, source=source, raw_data=facts)
        every = [
            rule.name
            for rule in ruleset.rules
            if rule.log_source.source in (None, source) and rule.matches(EventView(event))
        ]
        assert [match.rule.name for match in ruleset.match(event)] == every


@pytest.mark.parametrize(
    ("selection", "needs_only_type"),
    [
        ("event_type: login", True),
        ("event_type|re: log.*, source: [app, web]", True),
        ("event_type|exists: true}, other: {source: web", True),
        ("kind: a", False),
        ("event_type: login, kind: a", False),
        ("event_type|fieldref: kind", False),
    ],
)
def test_an_event_meets_the_rules_of_its_own_facts_whatever_came_before(selection: str, needs_only_type: bool) -> None:
    rule = a_rule(selection)
    ruleset = Ruleset([rule])
    events = [
        an_event(source=source, event_type=event_type, kind=kind)
        for kind in ("a", "b", "login")
        for source in ("app", "web", "other")
        for event_type in ("login", "logout", "a")
    ]

    assert [bool(ruleset.match(event)) for event in events] == [rule.matches(EventView(event)) for event in events]
    assert rule.needs_only_type is needs_only_type


def test_rules_without_any_equality_are_met_too() -> None:
    ruleset = parse_rules(rule_text(1, "event_type: upload") + "---\n" + rule_text(2, "size|gt: 5"))
    names = [match.rule.name for match in ruleset.match(an_event(event_type="upload", size=9))]
    assert names == ["rule_1", "rule_2"]


def test_a_match_carries_its_severity_and_group() -> None:
    rule = a_rule(
        more="group_by: [user, repository.name]\nescalate: {high: big, critical: huge}\n",
        selection="event_type: push}, big: {size|gt: 10}, huge: {size|gt: 100",
    )
    small, big, huge = (
        Ruleset([rule]).match(an_event(event_type="push", size=size, repository={"name": "web"}))[0]
        for size in (1, 11, 101)
    )
    assert [small.severity, big.severity, huge.severity] == [Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL]
    assert small.groups[0].values == {"user": "mona@example.com", "repository.name": "web"}
    assert small.groups[0].key == '{"repository.name":"web","user":"mona@example.com"}'


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, None),
        ({"key": None}, None),
        ({"key": 5}, 5),
        ({"key": True}, True),
        ({"key": ["one"]}, "one"),
        ({"key": {"b": 1, "a": [2]}}, '{"a":[2],"b":1}'),
    ],
)
def test_a_group_value_is_plain(facts: dict[str, Any], expected: Any) -> None:
    match = Ruleset([a_rule(more="group_by: [key]\n")]).match(an_event(raw_data=facts))[0]
    assert match.groups[0].values == {"key": expected}


def test_long_group_values_are_bounded_and_still_told_apart() -> None:
    ruleset = Ruleset([a_rule(more="group_by: [key]\n")])
    one, other, exact = (
        ruleset.match(an_event(key=text))[0] for text in ("🜁" * 5_000 + "1", "🜁" * 5_000 + "2", "x" * MAX_VALUE)
    )
    assert len(one.groups[0].values["key"].encode()) < MAX_VALUE
    assert one.groups[0].values["key"].startswith("🜁" * 10)
    assert one.groups[0].key != other.groups[0].key
    assert exact.groups[0].values == {"key": "x" * MAX_VALUE}


@pytest.mark.parametrize("character", ["x", "🜁", "\x01"])
@pytest.mark.parametrize("fields", [3, 4, MAX_FIELDS])
def test_a_group_key_is_bounded_whatever_its_values_and_still_told_apart(character: str, fields: int) -> None:
    names = [f"{character if character.isprintable() else 'y'}{number}" for number in range(fields)]
    text = (character * MAX_VALUE).encode()[:MAX_VALUE].decode(errors="ignore")
    key = group_key(dict.fromkeys(names, text))
    assert len(key.encode()) <= MAX_KEY
    assert sorted(orjson.loads(key)) == sorted(names)
    assert key == group_key(dict.fromkeys(reversed(names), text))
    assert (
        len({group_key(dict.fromkeys(names, text) | {name: text[:-1] + "z"}) for name in names} | {key}) == fields + 1
    )


def test_a_group_key_that_fits_says_every_value() -> None:
    group = {"a": "x" * MAX_VALUE, "b": "y" * MAX_VALUE, "c": "z" * MAX_VALUE}
    assert orjson.loads(group_key(group)) == group


@pytest.mark.parametrize("fields", [[f"f{number}" for number in range(MAX_FIELDS + 1)], ["é" * 150, "é" * 51]])
@pytest.mark.parametrize("correlating", [False, True])
def test_grouping_by_more_than_a_key_can_hold_is_refused(fields: list[str], correlating: bool) -> None:
    said = str(fields).replace("'", "")
    text = rule_text(more="" if correlating else f"group_by: {said}\n")
    if correlating:
        text += (
            "---\ntitle: Many\nid: 00000000-0000-4000-8000-000000000009\nlevel: low\ncorrelation:\n"
            f"  type: event_count\n  rules: [rule_1]\n  group-by: {said}\n  timespan: 1h\n  condition: {{gte: 2}}\n"
        )
    with pytest.raises(RuleLoadError, match=r"group.by: .*the limit is"):
        parse_rules(text)


def test_a_group_key_does_not_depend_on_the_order_of_the_fields() -> None:
    expected = '{"a":"ü","b":"1"}'
    assert group_key({"b": "1", "a": "ü"}) == group_key({"a": "ü", "b": "1"}) == expected


def test_a_native_rule_groups_by_its_payload_the_event_and_the_facts() -> None:
    rule = a_rule("eventName: X", "group_by: [user, awsRegion, visibility]\n", "{product: aws, service: cloudtrail}")
    event = an_event(source="aws.cloudtrail", raw_data={"eventName": "X", "awsRegion": "eu-west-1", "user": "theirs"})
    event.attributes = {"visibility": "public"}
    match = Ruleset([rule]).match(event)[0]
    assert match.groups[0].values == {"user": "mona@example.com", "awsRegion": "eu-west-1", "visibility": "public"}


def test_a_description_is_filled_in_and_its_values_are_data() -> None:
    rule = a_rule(more="description: '{user} on {repo.name}: {title} {size} {tags} {missing} {{kept}} {{user}}'\n")
    facts = {"repo": {"name": "web"}, "title": "a\nb\u202e{user}", "size": 5, "tags": ["x", True]}
    text = describe(rule, an_event(raw_data=facts), {"user": "grouped@example.com"})
    assert text == r"grouped@example.com on web: a\u000ab\u202e{user} 5 x, true ? {kept} {user}"


def test_a_description_shortens_long_values() -> None:
    text = describe(a_rule(more="description: 'by {title}.'\n"), an_event(title="x" * 1_000), {})
    assert text == "by " + "x" * 199 + "…."


def test_a_rule_without_a_description_says_its_title() -> None:
    assert describe(a_rule(), an_event(), {}) == "Rule 1"


def test_an_informational_rule_raises_no_finding() -> None:
    text = rule_text()
    assert parse_rules(text).rules[0].raises_finding
    assert not parse_rules(text.replace("medium", "informational")).rules[0].raises_finding


def test_the_version_of_a_rule_changes_with_what_it_detects_and_not_with_its_prose() -> None:
    version = a_rule().version
    assert a_rule(more="description: other\nrunbook: look\nfalsepositives: [none]\n").version == version
    assert a_rule(more="group_by: [ip]\n").version != version
    assert a_rule(more="group_for: 2h\n").version != version
    assert a_rule("event_type: other").version != version
