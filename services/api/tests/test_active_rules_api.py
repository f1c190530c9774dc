"""The rules that the API knows of its own: read when first needed, and again when asked."""

from pathlib import Path

import pytest

from mcm_api.resources.rule_catalogue import RuleCatalogue

RULE = """
title: {name}
id: 00000000-0000-4000-8000-00000000000{number}
name: {name}
level: low
logsource: {{category: activity}}
detection: {{one: {{event_type: {name}}}, condition: one}}
"""


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MCM_RULES_PATH", str(tmp_path))
    (tmp_path / "first.yml").write_text(RULE.format(name="first", number=1))
    return tmp_path


async def names(rules: RuleCatalogue) -> set[str]:
    return {rule.name for rule in (await rules.ruleset()).all} & {"first", "second"}


async def test_rules_are_read_again_when_asked(pack: Path) -> None:
    rules = RuleCatalogue()
    assert await names(rules) == {"first"}
    (pack / "second.yml").write_text(RULE.format(name="second", number=2))
    assert await names(rules) == {"first"}

    rules.reload()

    assert await names(rules) == {"first", "second"}


async def test_rules_that_cannot_be_read_again_stay_as_they_were_known(pack: Path) -> None:
    rules = RuleCatalogue()
    assert await names(rules) == {"first"}
    (pack / "first.yml").write_text("title: [")

    rules.reload()

    assert await names(rules) == {"first"}


async def test_rules_that_were_never_read_are_none(pack: Path) -> None:
    (pack / "first.yml").write_text("title: [")

    assert (await RuleCatalogue().ruleset()).all == ()
