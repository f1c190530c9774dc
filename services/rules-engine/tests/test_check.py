"""Checking rules: every mistake at once, each with its place, and what can be used."""

import subprocess
from pathlib import Path

import pytest

from mcm_rules_engine.sigma.load import collect_rules
from tests.forked_commands import run_forked_text

GOOD = """\
title: Good
id: 00000000-0000-4000-8000-000000000001
name: good
level: low
logsource: {category: activity}
detection:
  s:
    event_type: upload
  condition: s
"""

CORRELATION = """\
title: Many
id: 00000000-0000-4000-8000-000000000002
name: many
level: high
correlation:
  type: event_count
  rules: [good]
  group-by: [user]
  timespan: 10m
  condition: {gte: 3}
"""

FILTER = """\
title: But these
logsource: {category: activity}
filter:
  rules: [good]
  these: {user: bot}
  condition: not these
"""


def check(*arguments: Path | str) -> subprocess.CompletedProcess[str]:
    """Runs ``mcm-rules-engine check``."""
    return run_forked_text("mcm-rules-engine", "check", *arguments)


def counts_of(ran: subprocess.CompletedProcess[str]) -> list[int]:
    """Reads how many rules, correlations and filters can be used."""
    words = ran.stdout.splitlines()[-1].partition("; ")
    return [int(word) for word in (words[2] or words[0]).replace(",", "").split() if word.isdigit()]


@pytest.fixture(scope="module")
def builtin_counts() -> list[int]:
    """What the product ships."""
    return counts_of(check())


def test_all_is_well_with_what_the_product_ships(builtin_counts: list[int]) -> None:
    ran = check()
    assert (ran.returncode, len(ran.stdout.splitlines())) == (0, 1)
    assert builtin_counts[0] > 5
    assert builtin_counts[1] > 5


def test_rules_correlations_and_filters_are_counted(builtin_counts: list[int], tmp_path: Path) -> None:
    (tmp_path / "all.yml").write_text(f"{GOOD}---\n{CORRELATION}---\n{FILTER}")
    ran = check(tmp_path)
    assert ran.returncode == 0
    rules, correlations, filters = builtin_counts
    assert ran.stdout == f"{rules + 1} rules, {correlations + 1} correlations, {filters + 1} filter can be used\n"


def test_every_mistake_is_told_at_once_with_its_place_and_what_is_good_is_counted(
    builtin_counts: list[int], tmp_path: Path
) -> None:
    (tmp_path / "a.yml").write_text(GOOD.replace("event_type: upload", "event_type|contians: upload"))
    (tmp_path / "b.yml").write_text(
        GOOD.replace("000001", "000003").replace("name: good", "name: other").replace("level: low", "level: hihg")
    )
    (tmp_path / "c.yml").write_text(CORRELATION.replace("timespan: 10m", "timespan: 400d") + "escalte: {critical: 5}\n")
    (tmp_path / "d.yml").write_text(GOOD.replace("000001", "000004").replace("name: good", "name: fine"))
    (tmp_path / "e.yml").write_text("title: [\n")
    (tmp_path / "f.yml").write_text(FILTER.replace("[good]", "[fien]"))
    ran = check(tmp_path)
    assert ran.returncode == 1
    *mistakes, last = ran.stdout.splitlines()
    assert [mistake.removeprefix(f"{tmp_path}/") for mistake in mistakes] == [
        "a.yml:8: detection.s.event_type|contians: the modifier 'contians' is not known, did you mean 'contains'?",
        "b.yml:4: level: 'hihg' is not one of informational, low, medium, high, critical, did you mean 'high'?",
        "c.yml:9: correlation.timespan: must be over 0 and at most 90d",
        "c.yml:11: escalte: is not a known key, did you mean 'escalate'?",
        "e.yml:2: is not valid YAML: did not find expected node content",
        "f.yml:4: filter.rules: no rule has the id, name or title 'fien', did you mean 'fine'?",
    ]
    assert last.startswith("6 mistakes; ")
    assert counts_of(ran) == [builtin_counts[0] + 1, builtin_counts[1], builtin_counts[2] + 1]


@pytest.mark.parametrize(
    ("change", "instead", "reason"),
    [
        ("rules: [good]", "rules: [godo]", "7: correlation.rules: no rule has the id, name or title 'godo'"),
        ("rules: [good]", "rules: [many]", "7: correlation.rules: the correlations count each other: many → many"),
        ("condition: {gte: 3}", "condition: {lt: 3}", "10: correlation.condition: lt holds for complete windows only"),
        ("timespan: 10m", "timespan: 0m", "9: correlation.timespan: must be over 0"),
        ("group-by: [user]", "group-by: {user: x}", "8: correlation.group-by: must be a text or a list"),
        ("group-by: [user]", "group-by: [user, file]", "8: correlation.group-by: 'file' is an object: the rule 'good'"),
        ("000000000002", "000000000001", "2: id: is that of another rule, 'Good' in"),
    ],
)  # fmt: skip
def test_mistakes_of_correlations_have_their_place(tmp_path: Path, change: str, instead: str, reason: str) -> None:
    (tmp_path / "good.yml").write_text(GOOD.replace("    event_type", "    file.name: x\n    event_type"))
    (tmp_path / "many.yml").write_text(CORRELATION.replace(change, instead))
    (problem,) = collect_rules([tmp_path], builtin=False).problems
    assert str(problem).startswith(f"{tmp_path}/many.yml:{reason}")


def test_a_rule_does_not_group_by_an_object_that_it_reads_into(tmp_path: Path) -> None:
    (tmp_path / "good.yml").write_text(f"{GOOD.replace('event_type: upload', 'file.name: x')}group_by: [user, file]\n")
    (problem,) = collect_rules([tmp_path], builtin=False).problems
    assert str(problem).startswith(f"{tmp_path}/good.yml:10: group_by: 'file' is an object")


@pytest.mark.parametrize("condition", ["{gte: 2}", "{gt: 1}", "other and good"])
def test_a_temporal_correlation_may_say_that_it_asks_for_all_of_its_rules(tmp_path: Path, condition: str) -> None:
    other = GOOD.replace("000001", "000003").replace("name: good", "name: other")
    both = CORRELATION.replace("event_count", "temporal").replace("[good]", "[good, other]")
    (tmp_path / "all.yml").write_text("---\n".join([GOOD, other, both.replace("{gte: 3}", condition)]))
    assert collect_rules([tmp_path], builtin=False).problems == []


def test_what_is_no_count_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "good.yml").write_text(GOOD)
    median = CORRELATION.replace("event_count", "value_median").replace("{gte: 3}", "{gte: 3, field: size}")
    (tmp_path / "many.yml").write_text(median)
    (problem,) = collect_rules([tmp_path], builtin=False).problems
    assert problem.what.startswith("value_median is not supported")


def test_a_circle_of_correlations_is_told_once(tmp_path: Path) -> None:
    one, two = "000000000002", "000000000003"
    other = CORRELATION.replace(one, two).replace("name: many", "name: more").replace("[good]", "[many, good]")
    (tmp_path / "good.yml").write_text(f"{GOOD}---\n{CORRELATION.replace('[good]', '[more]')}---\n{other}")
    (problem,) = collect_rules([tmp_path], builtin=False).problems
    assert problem.what == "the correlations count each other: many → more → many"


def test_what_a_file_says_cannot_move_the_cursor(tmp_path: Path) -> None:
    (tmp_path / "rule.yml").write_text(GOOD.replace("level: low", 'level: "\\e[2J"'))
    assert "\x1b" not in check(tmp_path).stdout
