"""Packs: beside the built-in rules, in the place of one, or switching one off."""

import os
from pathlib import Path

import pytest

from mcm_rules_engine.active_packs import Loaded, active_packs, load_active_rules, load_packs
from mcm_rules_engine.offline.run_rule_tests import run_rule_tests
from mcm_rules_engine.sigma.load import BUILTIN, collect_rules, load_rules, parse_rules
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.testing.rulesets import builtin_rules
from mcm_shared.errors import RuleLoadError
from mcm_shared.testing.builders import a_public_bucket

BUILTIN_RULES = builtin_rules()
PUBLIC_BUCKET = next(rule for rule in BUILTIN_RULES.all if rule.name == "bucket_made_public")
LOGIN_FAILURES = next(rule for rule in BUILTIN_RULES.all if rule.name == "login_failures")


def a_rule(number: int = 1, name: str = "mine", more: str = "") -> str:
    """Writes a rule."""
    return (
        f"title: {name}\nid: 00000000-0000-4000-8000-{number:012}\nname: {name}\nlevel: low\n"
        f"logsource: {{category: activity}}\ndetection: {{s: {{event_type: upload}}, condition: s}}\n{more}"
    )


def a_pack(folder: Path, **files: str) -> Path:
    """Writes a pack."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text)
    return folder


@pytest.fixture
def packs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Two packs that the environment names: one of a single file, one of a folder."""
    one = tmp_path / "one.yml"
    one.write_text(a_rule(1, "one"))
    two = a_pack(tmp_path / "two", two=a_rule(2, "two"), three=a_rule(3, "three"))
    monkeypatch.setenv("MCM_RULES_PATH", f"{one}{os.pathsep}{os.pathsep}{two}")
    return [one, two]


def names_of(*paths: Path) -> set[str]:
    """Loads the built-in rules and packs; returns the names of all that raise findings."""
    return {rule.name for rule in load_rules(paths).all if rule.raises_finding}


BUILTIN_NAMES = names_of()


def test_the_packs_of_the_environment_are_in_force_beside_the_built_in_rules(packs: list[Path], tmp_path: Path) -> None:
    more = a_pack(tmp_path / "more", four=a_rule(4, "four"))
    assert active_packs([more]) == [*packs, more]
    assert {rule.name for rule in load_active_rules([more]).rules} >= {"one", "two", "three", "four", "activity"}
    assert {rule.name for rule in load_active_rules(builtin=False).rules} == {"one", "two", "three"}


def test_a_pack_in_the_home_of_the_user_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(a_pack(tmp_path, mine=a_rule())))
    monkeypatch.setenv("MCM_RULES_PATH", "~/mine.yml")
    assert active_packs() == [tmp_path / "mine.yml"]


def test_a_rule_of_a_pack_replaces_the_built_in_rule_with_its_id(tmp_path: Path) -> None:
    text = a_rule(1, "bucket_made_public").replace("00000000-0000-4000-8000-000000000001", PUBLIC_BUCKET.id.upper())
    ruleset = load_rules([a_pack(tmp_path / "pack", mine=text)])
    (rule,) = [rule for rule in ruleset.all if rule.id == PUBLIC_BUCKET.id]
    assert (rule.level, rule.path) == ("low", str(tmp_path / "pack" / "mine.yml"))
    assert len(ruleset.all) == len(BUILTIN_RULES.all)
    assert not [match for match in ruleset.match(a_public_bucket()) if match.rule.id == PUBLIC_BUCKET.id]


@pytest.mark.parametrize("name", ["", "name: public_access_unblocked\n"])
def test_a_pack_switches_a_built_in_rule_off_by_its_id(tmp_path: Path, name: str) -> None:
    (unblocked,) = [rule.id for rule in BUILTIN_RULES.all if rule.name == "public_access_unblocked"]
    pack = a_pack(tmp_path / "pack", off=f"id: {unblocked}\n{name}enabled: false\n")
    assert names_of(pack) == BUILTIN_NAMES - {"public_access_unblocked"}
    assert unblocked not in {rule.id for rule in load_rules([pack]).all}


def test_a_whole_rule_that_is_off_is_not_loaded_whatever_is_in_it(tmp_path: Path) -> None:
    broken = a_rule(1, "mine", "enabled: false\n").replace("level: low", "level: hihg")
    assert names_of(a_pack(tmp_path / "pack", mine=broken)) == BUILTIN_NAMES
    assert names_of(a_pack(tmp_path / "on", mine=a_rule(1, "mine", "enabled: true\n"))) == BUILTIN_NAMES | {"mine"}


async def test_a_rule_that_is_off_still_counts_for_a_correlation_in_force(tmp_path: Path) -> None:
    pack = a_pack(tmp_path / "pack", off=f"id: {LOGIN_FAILURES.id}\nenabled: false\n")
    ruleset = load_rules([pack])
    assert names_of(pack) == BUILTIN_NAMES - {"login_failures"}
    assert "login_failures" in {rule.name for rule in ruleset.correlations}
    (after_failures,) = [rule for rule in ruleset.correlations if rule.name == "login_after_failures"]
    assert [verdict.passed async for verdict in run_rule_tests(ruleset, [after_failures])] == [True]


def test_what_is_off_is_gone_when_nothing_in_force_counts_it(tmp_path: Path) -> None:
    text = a_rule(1, "base", "").replace("level: low", "level: informational")
    text += (
        "---\ntitle: Many\nid: 00000000-0000-4000-8000-000000000002\nname: many\nlevel: low\n"
        "correlation: {type: event_count, rules: [base], timespan: 1h, condition: {gte: 2}}\n"
    )
    off = "id: 00000000-0000-4000-8000-000000000002\nenabled: false\n---\n"
    both = off + "id: 00000000-0000-4000-8000-000000000001\nenabled: false\n"
    a_pack(tmp_path / "pack", rules=text)
    only_off = load_rules([tmp_path / "pack", a_pack(tmp_path / "off", off=off)], builtin=False)
    assert [rule.name for rule in only_off.all] == ["base"]
    assert load_rules([tmp_path / "pack", a_pack(tmp_path / "both", off=both)], builtin=False).all == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("enabled: false\n", "pack.yml:1: enabled: needs the id of the rule to disable"),
        ("id: bucket_made_public\nenabled: false\n", f"is disabled by its id: {PUBLIC_BUCKET.id}"),
        ("name: bucket_made_public\nenabled: false\n", f"is disabled by its id: {PUBLIC_BUCKET.id}"),
        ("id: bucket_made_pulbic\nenabled: false\n", "no rule has the id 'bucket_made_pulbic', did you mean"),
        (f"id: {PUBLIC_BUCKET.id[:-1]}0\nenabled: false\n", f"did you mean '{PUBLIC_BUCKET.id}'?"),
        ("enabled: perhaps\n", "pack.yml:1: enabled: must be true or false, not 'perhaps'"),
        (a_rule(more="enabeld: false\n"), "is not a known key, did you mean 'enabled'?"),
    ],
)
def test_a_mistake_in_switching_off_is_told(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "pack.yml").write_text(text)
    with pytest.raises(RuleLoadError) as caught:
        load_rules([tmp_path / "pack.yml"])
    assert reason in str(caught.value)


def test_two_packs_with_one_rule_are_a_mistake(tmp_path: Path) -> None:
    one, two = a_pack(tmp_path / "one", a=a_rule(1, "a")), a_pack(tmp_path / "two", b=a_rule(1, "b"))
    with pytest.raises(RuleLoadError, match=r"two/b.yml:2: id: is that of another rule, 'a' in .*/one/a.yml"):
        load_rules([one, two])


def test_a_broken_rule_stops_the_start_unless_it_may_be_left_out(
    packs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (packs[1] / "two.yml").write_text(a_rule(2, "two").replace("level: low", "level: hihg"))
    with pytest.raises(RuleLoadError, match=r"two/two.yml:4: level: 'hihg' is not one of"):
        load_active_rules()
    monkeypatch.setenv("MCM_RULES_LENIENT", "true")
    loaded = load_packs()
    assert loaded.packs == tuple(packs)
    assert {rule.name for rule in loaded.ruleset.rules} & {"one", "two", "three"} == {"one", "three"}


def test_a_rule_that_needs_one_that_is_left_out_is_left_out_too(
    packs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packs[0].write_text(a_rule(1, "one").replace("level: low", "level: hihg"))
    (packs[1] / "four.yml").write_text(
        "title: Many\nid: 00000000-0000-4000-8000-000000000004\nlevel: low\n"
        "correlation: {type: event_count, rules: [one], timespan: 1h, condition: {gte: 2}}\n"
    )
    monkeypatch.setenv("MCM_RULES_LENIENT", "true")
    assert {rule.name for rule in load_packs().ruleset.all} & {"one", "two", "three", "many"} == {"two", "three"}
    packs[0].write_text(a_rule(1, "one"))
    assert {rule.name for rule in load_packs().ruleset.all} >= {"one", "two", "three", "many"}


def test_a_rule_that_was_active_is_not_left_out_for_a_broken_version(
    packs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCM_RULES_LENIENT", "true")
    before = load_packs()
    packs[0].write_text(a_rule(1, "one").replace("level: low", "level: hihg"))
    with pytest.raises(RuleLoadError, match="level: 'hihg' is not one of"):
        load_packs(before=before)
    without = Ruleset([rule for rule in before.ruleset.rules if rule.name != "one"])
    assert "one" not in {rule.name for rule in load_packs(before=Loaded(without, before.packs)).ruleset.rules}


def test_a_built_in_rule_stays_when_the_rule_that_replaces_it_cannot_be_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCM_RULES_LENIENT", "true")
    broken = a_rule(name="mine").replace("00000000-0000-4000-8000-000000000001", PUBLIC_BUCKET.id)
    a_pack(tmp_path / "pack", rule=broken.replace("level: low", "level: hihg"))
    monkeypatch.setenv("MCM_RULES_PATH", str(tmp_path / "pack"))
    assert PUBLIC_BUCKET.name in {rule.name for rule in load_packs().ruleset.rules}


def test_a_file_that_is_gone_is_left_out_like_a_broken_one(packs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCM_RULES_LENIENT", "true")
    before = load_packs()
    packs[0].unlink()
    assert {rule.name for rule in load_packs().ruleset.rules} & {"one", "two", "three"} == {"two", "three"}
    with pytest.raises(RuleLoadError, match="there is no such file or folder"):
        load_packs(before=before)


def test_a_pack_may_hold_the_built_in_rules_themselves() -> None:
    assert collect_rules([BUILTIN]).problems == []
    assert len(load_rules([BUILTIN]).all) == len(BUILTIN_RULES.all)


def test_a_filter_of_a_pack_narrows_a_built_in_rule(tmp_path: Path) -> None:
    text = (
        "title: The exports are public on purpose\nlogsource: {category: activity}\n"
        "filter: {rules: [bucket_made_public], public: {bucket: customer-exports}, condition: not public}\n"
    )
    ruleset = load_rules([a_pack(tmp_path / "pack", narrower=text)])
    assert PUBLIC_BUCKET.id not in {match.rule.id for match in ruleset.match(a_public_bucket())}
    assert PUBLIC_BUCKET.id in {match.rule.id for match in ruleset.match(a_public_bucket(bucket="other"))}


def test_rules_from_text_know_nothing_of_the_built_in_ones() -> None:
    assert [rule.name for rule in parse_rules(a_rule()).all] == ["mine"]
