"""Rule files are YAML 1.2: plain scalars and keys mean what they say, and no file breaks the loader."""

from typing import Any

import pytest

from mcm_rules_engine.offline.run_rule_tests import run_rule_tests
from mcm_rules_engine.sigma.load import parse_rules
from mcm_shared.errors import RuleLoadError
from mcm_shared.testing.builders import an_event

RULE = """\
title: Rule
id: 00000000-0000-4000-8000-000000000001
level: low
logsource: {category: activity}
detection:
  selection:
    @
  condition: selection
"""
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{below}'] * 9)}]\n" for below, name in zip("abcdef", "bcdefg", strict=True)
)


def holds(selection: str, facts: dict[str, Any]) -> bool:
    return bool(parse_rules(RULE.replace("@", selection)).match(an_event(raw_data=facts)))


def refusal(text: str) -> str:
    with pytest.raises(RuleLoadError) as caught:
        parse_rules(text)
    return str(caught.value)


@pytest.mark.parametrize("word", ["NO", "no", "Yes", "y", "n", "on", "off", "OFF", "12:30", "190:20:30", "2026_11"])
def test_a_word_is_text(word: str) -> None:
    assert holds(f"f: {word}", {"f": word})
    assert holds(f"f: [{word}, other]", {"f": word})
    assert holds(f"{word}: x", {word: "x"})
    for other in (True, False, 0, 1, 750, 202611, None):
        assert not holds(f"f: {word}", {"f": other})


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("012345670012", ["012345670012", 12345670012, "12345670012"]),
        ("1e3", [1000, "1000", "1e3", "1E3", 1000.0]),
        ("0x40", [64, "64", "0x40"]),
        ("0o17", [15, "0o17"]),
        ("+5", [5, "5", "+5"]),
        (".5", [0.5, "0.5", ".5"]),
        ("12345678901234567891", ["12345678901234567891", 12345678901234567891]),
    ],
)
def test_a_number_is_its_value_and_its_spelling(written: str, values: list[Any]) -> None:
    for value in values:
        assert holds(f"f: {written}", {"f": value})
        assert holds(f"f: [other, {written}]", {"f": value})
    assert not holds(f"f: {written}", {"f": 11})


def test_a_number_among_keywords_is_text() -> None:
    text = RULE.replace("selection:\n    @", "selection: [0x40]")
    ruleset = parse_rules(text)
    assert ruleset.match(an_event(raw_data={"f": "mask 0x40"}))
    assert not ruleset.match(an_event(raw_data={"f": "64"}))


def test_a_limit_may_be_written_with_an_exponent() -> None:
    assert holds("f|gte: 1e3", {"f": 1000})
    assert not holds("f|gte: 1e3", {"f": 999})


def test_an_operator_may_be_a_value() -> None:
    assert holds("op: =", {"op": "="})


@pytest.mark.parametrize("name", ["1e3", "on", "null", "12", "0x1f"])
def test_a_detection_bears_the_name_it_is_written_with(name: str) -> None:
    text = RULE.replace("selection:\n    @", f"{name}:\n    f: x").replace(
        "condition: selection", f"condition: '{name}'"
    )
    assert parse_rules(text).match(an_event(raw_data={"f": "x"}))


def test_metadata_may_be_any_scalar() -> None:
    rule = parse_rules("title: 1e3\nauthor: 12\nreferences: [2026]\n" + RULE.split("\n", 1)[1].replace("@", "f: x"))
    assert (rule.rules[0].title, rule.rules[0].author, rule.rules[0].references) == ("1e3", "12", ("2026",))


async def test_the_events_of_tests_are_typed_as_real_ones() -> None:
    tests = "tests: [{name: t, events: [{event_type: x, raw_data: {on: {f: NO}}}], expect: [{severity: low}]}]\n"
    real = parse_rules(RULE.replace("@", "on.f: NO") + tests)
    assert [verdict.failed async for verdict in run_rule_tests(real, real.all)] == [0]
    other = parse_rules(RULE.replace("@", "on.f: false") + tests)
    assert [verdict.failed async for verdict in run_rule_tests(other, other.all)] == [1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (RULE.replace("@", "f: " + "1" * 5000), "rule.yml:7: is not valid YAML: a number has at most 40 digits"),
        (RULE.replace("@", "f: " + "1" * 5000 + ".5"), "a number has at most 40 digits"),
        (RULE.replace("@", "f: x").replace(": selection", ": " + "not " * 3000 + "selection"), "nested too deeply"),
        (RULE.replace("@", "f: x").replace(": selection", ": " + "not " * 101 + "selection"), "nested too deeply"),
        (RULE.replace("@", "f: x").replace(": selection", ": " + "(" * 101 + "selection" + ")" * 101), "too deeply"),
        (RULE.replace("@", "f: x").replace(": selection", ": " + "selection or " * 1000 + "selection"), "10,000"),
        (RULE.replace("@", "f: " + "[" * 101 + "]" * 101), "rule.yml:7: is not valid YAML: nested too deeply"),
        ("[" * 200_000, "nested too deeply"),
        ("{a: " * 200_000, "nested too deeply"),
        ("- " * 200_000, "nested too deeply"),
        (RULE.replace("@", "f: &a x\n    f: y"), "rule.yml:8: is not valid YAML: the key 'f' is written twice"),
        (RULE.replace("@", "1: a\n    1: b"), "the key '1' is written twice"),
        (RULE.replace("@", "<<: {f: x}"), "YAML 1.2 has no merge keys"),
        (RULE.replace("@", "? [a]\n    : x"), "a key must be a text"),
        (RULE.replace("@", "f: !!int x"), "is not valid YAML"),
        (RULE.replace("@", "f: !!bool x"), "is not valid YAML"),
        (RULE.replace("@", "f: !!float x"), "is not valid YAML"),
        (RULE.replace("@", "f: !!null x"), "is not valid YAML"),
        (RULE.replace("@", "f: !!python/object:os.system x"), "is not valid YAML"),
        (RULE.replace("@", "f: .inf"), "detection.selection.f: Invalid number"),
        (RULE.replace("@", "f: .nan"), "detection.selection.f: Invalid number"),
        (BOMB, "YAML aliases expand to too many nodes"),
        ("a: &a [*a]\n", "Recursive YAML structure"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_a_mistake_with_its_line(text: str, expected: str) -> None:
    assert expected in refusal(text)
