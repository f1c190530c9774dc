"""Published rules load as they are: what Sigma allows and our own rules do not need."""

import os
from pathlib import Path

import pytest

from mcm_rules_engine.sigma.load import Collected, collect_rules, load_rules, parse_rules
from mcm_rules_engine.testing import oracle
from mcm_shared.errors import RuleLoadError
from mcm_shared.testing.builders import an_event

RULE = """\
title: Upload
id: 00000000-0000-4000-8000-000000000001
logsource: {category: activity}
detection:
  selection: {event_type: upload}
  condition: selection
"""
FOREIGN = RULE.replace("category: activity", "product: windows, category: process_creation").replace("01\n", "02\n")
CORRELATION = """\
title: Many
correlation:
  type: event_count
  rules: [Upload]
  timespan: 10m
  condition: {gte: 3}
"""


def folder(path: Path, **files: str) -> Collected:
    """Loads a folder with these files."""
    path.mkdir(exist_ok=True)
    for name, text in files.items():
        (path / f"{name}.yml").write_text(text)
    return collect_rules([path], builtin=False)


def description_of(text: str) -> str:
    """Describes the finding of a rule's upload."""
    findings = oracle.evaluate(parse_rules(text), [an_event(event_type="upload", user="mona@example.com")]).findings
    return next(iter(findings.values())).description


@pytest.mark.parametrize(
    "description", ["{0CD2-{}}", "${HOME}", "{{x}} }", "{{x}}", "in {guid}", "{user} {not a field} {"]
)
def test_braces_in_the_description_of_a_published_rule_are_text(description: str) -> None:
    assert description_of(f"{RULE}description: '{description}'\n") == description


def test_a_published_rule_may_name_a_field_in_its_description() -> None:
    assert description_of(RULE + "description: '{user} and {other}'\n") == "mona@example.com and ?"
    assert description_of(RULE + "description: 'a {event_type} in {{x}}'\n") == "a upload in {x}"


def test_a_rule_without_a_level_is_medium_and_without_an_id_has_one_of_its_title() -> None:
    text = RULE.replace("id: 00000000-0000-4000-8000-000000000001\n", "")
    (rule,), (changed,) = (
        parse_rules(text).rules,
        parse_rules(text.replace("event_type: upload", "event_type: x")).rules,
    )
    (other,) = parse_rules(text.replace("title: Upload", "title: Other")).rules
    assert (rule.level, rule.name) == ("medium", "upload")
    assert rule.id == changed.id != other.id


def test_rules_of_one_title_have_names_of_their_own_whatever_their_order() -> None:
    one, two = RULE, RULE.replace("000001", "000003").replace("event_type: upload", "event_type: download")
    rules, turned = parse_rules(f"{one}---\n{two}").rules, parse_rules(f"{two}---\n{one}").rules
    assert len({rule.name for rule in rules}) == 2
    assert all(rule.name.startswith("upload_") for rule in rules)
    assert {rule.id: rule.name for rule in rules} == {rule.id: rule.name for rule in turned}


def test_rules_of_one_title_and_no_id_are_told_apart_by_their_content() -> None:
    one = RULE.replace("id: 00000000-0000-4000-8000-000000000001\n", "")
    two = one.replace("event_type: upload", "event_type: download")
    rules, turned = parse_rules(f"{one}---\n{two}").rules, parse_rules(f"{two}---\n{one}").rules
    assert len({rule.id for rule in rules}) == len({rule.name for rule in rules}) == 2
    assert {(rule.id, rule.name) for rule in rules} == {(rule.id, rule.name) for rule in turned}


def test_a_derived_name_gives_way_to_a_stated_one() -> None:
    stated = RULE.replace("title: Upload", "title: Other\nname: upload").replace("000001", "000003")
    one, two = parse_rules(f"{RULE}---\n{stated}").rules
    assert (one.name.startswith("upload_"), two.name) == (True, "upload")


@pytest.mark.parametrize("titles", [("不審なログイン", "権限の変更"), ("???", "!!!"), ("Вход", "вход"), ("🜁", "🜂")])
def test_a_title_in_any_script_makes_a_name(titles: tuple[str, str]) -> None:
    one, two = (RULE.replace("title: Upload", f"title: '{title}'") for title in titles)
    rules = parse_rules(f"{one}---\n{two.replace('000001', '000003')}").rules
    assert len({rule.name for rule in rules}) == 2
    assert all(rule.name for rule in rules)


@pytest.mark.parametrize(
    "reference", ["Upload", "upload", "00000000-0000-4000-8000-00000000000A", "00000000-0000-4000-8000-00000000000a"]
)
def test_a_correlation_refers_to_a_rule_by_id_in_any_case_by_name_or_by_title(reference: str) -> None:
    text = f"{RULE}---\n{CORRELATION.replace('[Upload]', f'[{reference}]')}"
    ruleset = parse_rules(text.replace("000000000001", "00000000000a"))
    assert ruleset.correlations[0].inputs[0].members[0].rule_id == ruleset.rules[0].id


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("[Upload, upload]", "correlation.rules: names a rule twice"),
        ("[00000000-0000-4000-8000-00000000000A, 00000000-0000-4000-8000-00000000000a]", "names one twice"),
        ("[Uplaod]", "no rule has the id, name or title 'Uplaod', did you mean 'upload'?"),
        ("[Twice]", "several rules have the title 'Twice': refer to one by its id"),
    ],
)
def test_a_reference_that_names_no_one_rule_is_a_mistake(reference: str, expected: str) -> None:
    twice = "---\n".join(RULE.replace("Upload", "Twice").replace("000001", f"00001{n}") for n in range(2))
    with pytest.raises(RuleLoadError) as caught:
        parse_rules("---\n".join([RULE, twice, CORRELATION.replace("[Upload]", reference)]))
    assert expected in str(caught.value)


def test_rules_of_a_folder_for_other_products_are_skipped_and_counted(tmp_path: Path) -> None:
    correlation = CORRELATION.replace("[Upload]", "[00000000-0000-4000-8000-000000000002]")
    filter_ = "title: F\nlogsource: {product: windows}\nfilter: {rules: any, a: {b: c}, condition: not a}\n"
    files = {"a": RULE, "b": FOREIGN.replace("Upload", "Other"), "c": correlation, "d": filter_}
    collected = folder(tmp_path / "sigma", **files)
    assert [rule.title for rule in collected.ruleset.all] == ["Upload"]
    assert collected.problems == []
    assert [Path(skipped.path).name for skipped in collected.skipped] == ["b.yml", "c.yml", "d.yml"]


SIGMA_1 = [
    RULE.replace("condition: selection", "timeframe: 10m\n  condition: selection | count(ip) by user > 10"),
    RULE.replace("condition: selection", "condition: selection | near other"),
    RULE.replace("condition: selection", "condition: ['selection | count() > 1']"),
    RULE.replace("condition: selection", "timeframe: 5m\n  condition: selection"),
    "action: global\n" + RULE + "---\nlogsource: {category: activity}\ndetection: {other: {event_type: login}}\n",
]


@pytest.mark.parametrize("text", SIGMA_1)
def test_rules_of_a_folder_in_sigma_1_are_skipped_and_counted_and_refused_by_themselves(
    tmp_path: Path, text: str
) -> None:
    other = RULE.replace("01\n", "09\n").replace("Upload", "Other")
    collected = folder(tmp_path / "sigma", a=text, b=other)
    assert ([rule.title for rule in collected.ruleset.all], collected.problems) == (["Other"], [])
    assert {Path(skipped.path).name for skipped in collected.skipped} == {"a.yml"}
    with pytest.raises(RuleLoadError):
        load_rules([tmp_path / "sigma" / "a.yml"], builtin=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # a rule of our own says more than Sigma has
        (FOREIGN + "group_by: [user]\n", "logsource: the category 'process_creation' is not known"),
        # and what resembles a known source is a mistake
        (RULE.replace("category: activity", "product: awss"), "did you mean"),
        (RULE.replace("category: activity", "category: activty"), "did you mean 'activity'"),
        (
            FOREIGN.replace("Upload", "X") + "---\n" + CORRELATION.replace("[Upload]", "[X]") + "group_for: 1h\n",
            "the rule 'X' is skipped: its log source does not exist here",
        ),
    ],
)
def test_a_rule_of_our_own_for_no_source_here_is_a_mistake(tmp_path: Path, text: str, expected: str) -> None:
    (problem,) = folder(tmp_path / "pack", rule=text).problems
    assert expected in str(problem)


def test_a_rule_that_is_named_itself_is_not_skipped(tmp_path: Path) -> None:
    (tmp_path / "rule.yml").write_text(FOREIGN)
    with pytest.raises(RuleLoadError, match="'process_creation' is not known"):
        load_rules([tmp_path / "rule.yml"], builtin=False)


def test_rule_files_are_found_whatever_the_case_of_their_suffix_and_behind_links(tmp_path: Path) -> None:
    for name in ("a.YML", "b.Yaml", "real/c.yml", "..2026_11/sub/d.yml", ".hidden/e.yml", "f.txt", "pack/.g.yml"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        number = f"{ord(file.stem[-1]):06}"
        file.write_text(RULE.replace("title: Upload", f"title: {file.stem}").replace("000001", number))
    # the layout of a mounted ConfigMap: links to the newest copy
    (tmp_path / "..data").symlink_to("..2026_11")
    (tmp_path / "sub").symlink_to("..data/sub")
    (tmp_path / "pack" / "linked").symlink_to(tmp_path / "real")
    (tmp_path / "pack" / "circle").symlink_to(tmp_path)
    rules = load_rules([tmp_path], builtin=False).rules
    assert sorted(rule.title for rule in rules) == ["a", "b", "c", "d"]


def test_a_broken_link_and_a_folder_that_cannot_be_read_are_mistakes(tmp_path: Path) -> None:
    (tmp_path / "broken.yml").symlink_to("nowhere.yml")
    (problem,) = folder(tmp_path, good=RULE).problems
    assert str(problem) == f"{tmp_path / 'broken.yml'}: is not a file, or a broken link"
    if os.geteuid() != 0:
        (tmp_path / "broken.yml").unlink()
        (tmp_path / "closed").mkdir(mode=0)
        (problem,) = folder(tmp_path).problems
        assert "cannot be read" in str(problem)
