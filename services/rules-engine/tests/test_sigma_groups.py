"""Groups: which values are the same, how they are shown, and what an array stands for."""

from typing import Any

import pytest

from mcm_rules_engine.sigma.load import parse_rules
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_shared.errors import RuleLoadError
from mcm_shared.testing.builders import an_event

RULES = """\
title: Upload
id: 00000000-0000-4000-8000-000000000001
name: upload
level: low
logsource: {category: activity}
detection: {s: {event_type: upload}, condition: s}
group_by: [FIELDS]
---
title: Many
id: 00000000-0000-4000-8000-000000000002
level: low
correlation:
  type: value_count
  rules: [upload]
  group-by: [FIELDS]
  timespan: 1h
  condition: {field: VALUE, gte: 2}
"""


def rules(fields: str = "f", value: str = "v") -> Ruleset:
    return parse_rules(RULES.replace("FIELDS", fields).replace("VALUE", value))


def keys(value: Any, fields: str = "f", **facts: Any) -> list[str]:
    (match,) = rules(fields).match(an_event(event_type="upload", raw_data={"f": value, **facts}))
    return [group.key for group in match.groups]


def entries(facts: dict[str, Any], fields: str = "f", value: str = "v") -> list[tuple[str, str | None]]:
    (match,) = rules(fields, value).match(an_event(event_type="upload", raw_data=facts))
    return [(entry.group_key, entry.value) for entry in match.counted]


SAME = [
    ["mona@example.com", "Mona@Example.com", "MONA@EXAMPLE.COM"],
    ["ΟΔΟΣ", "οδος", "οδοσ"],
    ["straße", "STRASSE"],
    [5, 5.0, "5", "5.0", "+5", "05"],
    [0.5, "0.5", "0.50"],
    [True, "true", "True"],
    ["192.0.2.7", "::ffff:192.0.2.7", "::FFFF:c000:207", "::ffff:c000:0207"],
    ["2001:db8::7", "2001:DB8:0:0::7", "2001:0db8:0000:0000:0000:0000:0000:0007"],
    [{"a": "B", "c": 1}, {"c": 1, "a": "b"}],
]
DIFFERENT = ["a", "b", "", " a", 1, "1a", "1.5", "192.0.2.7", "192.0.2.07", "2001:db8::7", "x:y", True, False, {"a": 1}]


@pytest.mark.parametrize("values", SAME, ids=lambda values: str(values[0]))
def test_values_that_a_detection_takes_for_the_same_are_one_group_and_one_value(values: list[Any]) -> None:
    assert len({tuple(keys(value)) for value in values}) == 1
    assert len({tuple(entries({"f": "x", "v": value})) for value in values}) == 1
    assert len({tuple(entries({"f": value, "v": "x"})) for value in values}) == 1


def test_other_values_are_other_groups() -> None:
    assert len({tuple(keys(value)) for value in DIFFERENT}) == len(DIFFERENT)


def test_a_group_is_shown_as_its_event_spells_it() -> None:
    (match,) = rules().match(an_event(event_type="upload", raw_data={"f": "Mona@Example.com"}))
    assert match.groups[0].values == {"f": "Mona@Example.com"}


def test_cased_tells_spellings_apart() -> None:
    assert keys("Key", "f|cased") != keys("key", "f|cased")
    assert entries({"f": "Key", "v": "x"}, "f|cased") != entries({"f": "key", "v": "x"}, "f|cased")
    assert entries({"f": "x", "v": "Key"}, value="v|cased") != entries({"f": "x", "v": "key"}, value="v|cased")
    assert entries({"f": "x", "v": "Key"}, value="v") == entries({"f": "x", "v": "key"}, value="v")


def test_cased_makes_another_series_and_another_version() -> None:
    plain, cased = rules(), rules("f|cased")
    assert plain.correlations[0].inputs[0].id != cased.correlations[0].inputs[0].id
    assert plain.rules[0].version != cased.rules[0].version
    assert plain.rules[0].group_by == cased.rules[0].group_by == ("f",)


def test_an_array_stands_for_each_of_its_elements() -> None:
    assert keys(["a", "B", "A", None]) == keys("a") + keys("b")
    assert keys(["a", "b"], "f, g", g=["c", "d"]) == [key for f in "ab" for g in "cd" for key in keys(f, "f, g", g=g)]
    assert keys([]) == keys(None) == ['{"f":null}']
    assert entries({"f": ["a", "b"], "v": ["x", "X", "y"]}) == [
        ('{"f":"a"}', "x"),
        ('{"f":"a"}', "y"),
        ('{"f":"b"}', "x"),
        ('{"f":"b"}', "y"),
    ]
    assert entries({"f": [], "v": "x"}) == entries({"f": "a", "v": []}) == []


def test_arrays_of_very_many_elements_are_taken_whole() -> None:
    many = [str(number) for number in range(101)]
    assert len(keys(many[:100])) == 100
    assert len(keys(many)) == len(keys(many[:11], "f, g", g=many[:10])) == 1
    assert keys(many) != keys(many[1:])


def test_long_values_are_distinguished_by_what_is_cut_off() -> None:
    long = "a" * 400
    (key,) = keys(long + "b")
    assert [key] == keys(long + "B") != keys(long + "c")
    assert len(key) < 400


@pytest.mark.parametrize(
    ("fields", "value", "expected"),
    [
        ("f|contains", "v", "'f|contains' is not the name of a field; only the modifier |cased goes here"),
        ("f|cased|cased", "v", "is not the name of a field"),
        ("f, f|cased", "v", "'f' is written twice"),
        ("f", "v|lower", "value_count needs the field whose values are counted"),
    ],
)
def test_a_field_to_group_by_has_no_other_modifier(fields: str, value: str, expected: str) -> None:
    with pytest.raises(RuleLoadError) as caught:
        rules(fields, value)
    assert expected in str(caught.value)


def test_a_correlation_keeps_the_case_only_where_those_it_counts_do() -> None:
    above = (
        "---\ntitle: Above\nid: 00000000-0000-4000-8000-000000000003\nlevel: low\ncorrelation: "
        "{type: event_count, rules: [many], group-by: [f|cased], timespan: 1h, condition: {gte: 2}}\n"
    )
    text = RULES.replace("VALUE", "v")
    parse_rules(text.replace("FIELDS", "f|cased") + above)
    with pytest.raises(RuleLoadError, match=r"does not keep the case of 'f': write f\|cased there too"):
        parse_rules(text.replace("FIELDS", "f") + above)
