"""Loading rules: every mistake named with file, line, field and construct, and what is good still loads."""

from pathlib import Path

import pytest

from mcm_rules_engine.sigma.compile.fields import EventView
from mcm_rules_engine.sigma.load import BUILTIN, collect_rules, load_rules, parse_rules
from mcm_shared.errors import RuleLoadError
from mcm_shared.testing.builders import an_event

GOOD = """\
title: Good
id: 00000000-0000-4000-8000-000000000001
name: good
level: low
logsource: {category: activity}
detection:
  selection:
    event_type: x
  condition: selection
"""


def wrong_with(line: str, instead: str, text: str = GOOD) -> str:
    """Loads GOOD with one line replaced, and returns what is wrong with it."""
    assert line in text
    with pytest.raises(RuleLoadError) as caught:
        parse_rules(text.replace(line, instead))
    return str(caught.value)


def test_a_good_rule_has_the_defaults() -> None:
    rule = parse_rules(GOOD).rules[0]
    assert rule.group_by == ("user",)
    assert rule.group_for.total_seconds() == 3600
    assert rule.status == "test"
    assert rule.yaml == GOOD


@pytest.mark.parametrize(
    ("line", "instead", "expected"),
    [
        # the keys
        ("title: Good\n", "", "rule.yml:1: title: is missing"),
        ("00000000-0000-4000-8000-000000000001", "nope", "rule.yml:2: id: 'nope' is not a UUID"),
        ("name: good", "name: 'no spaces'", "rule.yml:3: name:"),
        ("level: low", "level: hihg", "rule.yml:4: level: 'hihg' is not one of informational, low, medium, high, "),
        ("level: low", "level: hihg", "did you mean 'high'?"),
        ("level: low", "level: low\nstatus: done", "rule.yml:5: status: 'done' is not one of stable"),
        ("level: low", "level: low\nlevle: low", "rule.yml:5: levle: is not a known key, did you mean 'level'?"),
        ("level: low", "level: low\ngroup-by: [a]", "group-by: is not a known key, did you mean 'group_by'?"),
        ("level: low", "level: low\ngroup_by: {a: b}", "rule.yml:5: group_by: must be a list of texts"),
        ("level: low", "level: low\ngroup_by: [a, b, a]", "group_by.2: 'a' is written twice"),
        ("level: low", "level: low\ngroup_by: ['a|b']", "group_by.0: 'a|b' is not the name of a field"),
        ("level: low", "level: low\ngroup_for: 30s", "group_for: '30s' must lie between 1m and 30d"),
        ("level: low", "level: low\ngroup_for: 31d", "group_for: '31d' must lie between 1m and 30d"),
        ("level: low", "level: low\ngroup_for: 3600", "group_for: 3600 is not a duration"),
        ("level: low", "level: low\ntags: [t1110]", "tags.0: 't1110' is not a tag"),
        (
            "level: low",
            "level: low\ngroup_by: [user]\ndescription: '{0}'",
            "description: a brace may only enclose the name of a field",
        ),
        ("level: low", "level: low\ngroup_by: [user]\ndescription: '{a[0]}'", "description: a brace"),
        ("level: low", "level: low\ngroup_by: [user]\ndescription: '{user!r}'", "description: a brace"),
        ("level: low", "level: low\ngroup_by: [user]\ndescription: '{user'", "description: a brace"),
        ("level: low", "level: low\nescalate: {high: absent}", "rule.yml:5: escalate.high: 'absent' is refused"),
        ("level: low", "level: low\nescalate: {low: selection}", "escalate.low: does not raise the severity"),
        ("level: low", "level: low\nescalate: {huge: selection}", "escalate.huge: is not one of low"),
        ("level: low", "level: low\nescalate: high", "escalate: must be a map"),
        # the log source
        (
            "{category: activity}",
            "{category: activty}",
            "the category 'activty' is not known, did you mean 'activity'",
        ),
        ("{category: activity}", "{product: windows}", "'windows' is not a source of events here"),
        ("{category: activity}", "{product: aws, service: cloudtrial}", "known are aws/cloudtrail"),
        ("{category: activity}", "{product: azure}", "it must name one source"),
        ("{category: activity}", "{definition: x}", "it must name one source"),
        ("{category: activity}", "{category: activity, product: aws}", "leave product and service out"),
        ("{category: activity}", "{prodcut: aws}", "logsource.prodcut: is not a known key, did you mean 'product'?"),
        ("logsource: {category: activity}\n", "", "logsource: is missing"),
        # the detection
        ("condition: selection", "condition: selektion", "rule.yml:9: detection.condition: 'selektion' is refused"),
        ("condition: selection", "condition: selektion", "did you mean 'selection'?"),
        ("condition: selection", "condition: selection and", "is refused"),
        ("condition: selection", "condition: 1 of other*", "doesn't match any detection"),
        ("condition: selection", "condition: selection | count() > 5", "is refused"),
        ("condition: selection", "condition: 5", "must be a text such as"),
        ("condition: selection", "conditon: selection", "condition: is missing; is 'conditon' it?"),
        ("condition: selection", "condition: selection\n  timeframe: 5m", "timeframe: belongs to Sigma 1"),
        (
            "event_type: x",
            "event_type|contians: x",
            "rule.yml:8: detection.selection.event_type|contians: the mod",
        ),
        ("event_type: x", "event_type|contians: x", "did you mean 'contains'?"),
        ("event_type: x", "event_type|contains: 5", "the modifier 'contains' does not go with 5 here; put numbers in"),
        (
            "event_type: x",
            "event_type|re: '(?=x)y'",
            "is refused: invalid perl operator: (?= (regular exp",
        ),
        ("event_type: x", "event_type|re: 5", "a regular expression must be a text"),
        ("event_type: x", "event_type|re|base64: x", "the modifier 'base64' does not go with 'x' here"),
        ("event_type: x", "event_type|cidr: 192.0.2.0/33", "Invalid CIDR expression"),
        ("event_type: x", "event_type|lt: many", "the modifier 'lt' does not go with 'many' here"),
        ("event_type: x", "event_type|exists: maybe", "the modifier 'exists' does not go with 'maybe' here"),
        ("event_type: x", "event_type|fieldref: 'a*'", "Field references must not contain wildcards"),
        ("event_type: x", "event_type|expand: '%admins%'", "the placeholder %admins% has no values here"),
        ("event_type: x", "event_type|re|expand: '%admins%'", "the placeholder %admins% has no values here"),
        ("event_type: x", "event_type|base64: 'x*'", "strings with wildcards is not allowed"),
        ("event_type: x", "event_type|wide: ü", "Wide modifier only allowed for ascii strings"),
        ("event_type: x", "event_type|windash: '-a -b -c -d'", "expands at most three dash occurrences"),
        ("event_type: x", "event_type: []", "an empty list matches nothing"),
        ("event_type: x", "event_type: {a: b}", "a value must be a text"),
        ("event_type: x", "event_type: 2026-11-20\n    event_type: y", "the key 'event_type' is written twice"),
        ("selection:\n    event_type: x", "selection: {}", "rule.yml:7: detection.selection: is empty"),
        ("selection:\n    event_type: x", "selection: [null]", "a keyword (a value without a field) must be"),
        # the tests
        ("level: low", "level: low\ntests: x", "tests: must be a list"),
        ("level: low", "level: low\ntests: [{name: x, events: []}]", "tests.0.events: must be a list of events"),
        ("level: low", "level: low\ntests: [{name: x, events: [{event_type: x}]}]", "tests.0.expect: must be a list"),
    ],
)
def test_a_mistake_is_named(line: str, instead: str, expected: str) -> None:
    assert expected in wrong_with(line, instead)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("{evnt_type: x}", "tests.0.events.0.evnt_type: is not a known key, did you mean 'event_type'?"),
        ("{event_type: x, at: 5}", "tests.0.events.0.at: 5 is not a duration"),
        ("{event_type: x, every: soon}", "tests.0.events.0.every: 'soon' is not a duration"),
        ("{event_type: x, repeat: 0}", "tests.0.events.0.repeat: must be a whole number"),
        ("{event_type: x, repeat: 2, id: a}", "tests.0.events.0.id: a repeated event must not have an id"),
        ("{event_type: x, user: [a]}", "tests.0.events.0.user: must be a text"),
        ("{event_type: x, raw_data: a}", "tests.0.events.0.raw_data: must be a map"),
        ("{user: a}", "tests.0.events.0: needs an event_type, or a source"),
    ],
)
def test_a_mistake_in_a_test_is_named(event: str, expected: str) -> None:
    tests = f"tests:\n  - name: t\n    events: [{event}]\n    expect: []"
    assert expected in wrong_with("level: low", f"level: low\n{tests}")


@pytest.mark.parametrize("named", ["product: aws, service: cloudtrail", "product: AWS", "service: cloudtrail"])
def test_a_log_source_may_leave_out_what_goes_without_saying(named: str) -> None:
    (rule,) = parse_rules(GOOD.replace("category: activity", named)).rules
    assert rule.log_source.source == "aws.cloudtrail"


def test_tags_are_lower_case() -> None:
    assert parse_rules(GOOD + "tags: [attack.T1110]\n").rules[0].tags == ("attack.t1110",)


def test_every_mistake_is_reported_at_once() -> None:
    text = GOOD.replace("level: low", "level: hihg").replace("event_type: x", "event_type|contians: x")
    message = wrong_with("condition: selection", "condition: selektion", text)
    assert message.splitlines()[0] == "3 mistakes in rules:"
    assert [line.strip().split(": ")[0] for line in message.splitlines()[1:]] == [
        "rule.yml:4",
        "rule.yml:8",
        "rule.yml:9",
    ]


def test_the_lines_of_a_second_document_are_those_of_the_file() -> None:
    second = GOOD.replace("000000000001", "000000000002").replace("name: good", "name: other").replace("low", "hihg")
    assert "rule.yml:14: level" in wrong_with("title: Good\nid", "title: Good\nid", f"{GOOD}---\n{second}")


def test_a_document_keeps_its_own_source_text() -> None:
    second = GOOD.replace("000000000001", "000000000002").replace("name: good", "name: other")
    one, two = parse_rules(f"# first\n{GOOD}---\n{second}").rules
    assert (one.yaml, two.yaml) == (GOOD, second)


@pytest.mark.parametrize(
    ("key", "second"),
    [
        ("id", GOOD.replace("name: good", "name: other")),
        ("name", GOOD.replace("000000000001", "000000000002")),
    ],
)
def test_two_rules_share_no_id_and_no_name(key: str, second: str) -> None:
    with pytest.raises(RuleLoadError, match=rf"{key}: is that of another rule, 'Good' in rule.yml"):
        parse_rules(f"{GOOD}---\n{second}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- a\n- b\n", "rule.yml:1: a rule must be a map of keys, not list"),
        ("title: [a\n", "is not valid YAML"),
        ("a: &a [*a]\n", "rule.yml"),
        ("a: &a [1,2]\nb: &b [*a,*a]\nc: &c [*b,*b]\n" + "".join(
            f"x{n}: &x{n} [{','.join([f'*x{n - 1}' if n else '*c'] * 9)}]\n" for n in range(8)
        ), "expand to too many nodes"),
        ("[" * 5_000, "rule.yml"),
        ("action: global\n", "was left behind by Sigma 2"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_rule_is_said_to_be_none(text: str, expected: str) -> None:
    with pytest.raises(RuleLoadError) as caught:
        parse_rules(text)
    assert expected in str(caught.value)


def test_a_good_pack_loads_beside_a_broken_one(tmp_path: Path) -> None:
    (tmp_path / "pack" / ".copy").mkdir(parents=True)
    (tmp_path / "pack" / "good.yml").write_text(GOOD)
    (tmp_path / "pack" / ".copy" / "good.yml").write_text(GOOD)
    (tmp_path / "pack" / "readme.md").write_text("not a rule")
    broken = tmp_path / "broken.yaml"
    broken.write_bytes(b"title: \xff\n")
    absent = tmp_path / "absent"
    (tmp_path / "empty").mkdir()

    paths = [tmp_path / "pack", tmp_path / "pack" / "good.yml", broken, absent, tmp_path / "empty"]
    collected = collect_rules(paths, builtin=False)
    ruleset, errors = collected.ruleset, collected.problems

    assert [rule.name for rule in ruleset.rules] == ["good"]
    assert [rule.path for rule in ruleset.rules] == [str(tmp_path / "pack" / "good.yml")]
    assert sorted(str(error) for error in errors) == [
        f"{absent}: there is no such file or folder",
        f"{broken}: is not UTF-8 (byte 7)",
        f"{tmp_path / 'empty'}: the folder holds no .yml or .yaml file",
    ]
    with pytest.raises(RuleLoadError, match="3 mistakes"):
        load_rules(paths, builtin=False)


def test_of_two_rules_with_one_id_the_first_stays(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(GOOD)
    (tmp_path / "b.yml").write_text(GOOD.replace("title: Good", "title: Second").replace("name: good", "name: second"))
    collected = collect_rules([tmp_path], builtin=False)
    assert [rule.title for rule in collected.ruleset.rules] == ["Good"]
    assert len(collected.problems) == 1


def test_dates_are_the_text_they_are_written_as() -> None:
    tests = "tests: [{name: t, events: [{event_type: x, raw_data: {at: 2026-12-01T00:00:00Z}}], expect: []}]\n"
    (rule,) = parse_rules(GOOD.replace("event_type: x", "day: 2026-12-01") + tests).rules
    assert rule.tests[0].events[0]["raw_data"] == {"at": "2026-12-01T00:00:00Z"}
    assert rule.matches(EventView(an_event(day="2026-12-01")))


def test_packs_load_beside_the_built_in_rules_and_must_not_collide_with_them(tmp_path: Path) -> None:
    builtin = load_rules()
    (tmp_path / "good.yml").write_text(GOOD)
    assert [rule.name for rule in load_rules([tmp_path]).rules] == [*(rule.name for rule in builtin.rules), "good"]
    (tmp_path / "good.yml").write_text(GOOD.replace("name: good", f"name: {builtin.rules[0].name}"))
    with pytest.raises(RuleLoadError, match="is that of another rule"):
        load_rules([tmp_path])


def test_a_built_in_rule_is_named_the_same_wherever_the_product_is_installed() -> None:
    for rule in load_rules().rules:
        assert (BUILTIN.parent.parent / rule.path).is_file()
        assert rule.path.startswith("mcm_rules_engine/rules/")
