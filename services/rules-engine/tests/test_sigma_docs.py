"""The page on writing rules says what is so."""

import re
from pathlib import Path

from sigma.modifiers import modifier_mapping

from mcm_rules_engine.offline.run_rule_tests import run_rule_tests
from mcm_rules_engine.sigma.load import parse_rules
from mcm_rules_engine.sigma.parse.documents import OUR_KEYS

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "writing-rules.md").read_text()
EXAMPLES = re.findall(r"^```yaml\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE)


async def test_the_examples_load_and_pass_their_tests() -> None:
    rule, counted_and_counting, recomputed, excluding = EXAMPLES
    alone = parse_rules(rule)
    together = parse_rules("---\n".join(EXAMPLES))
    for ruleset in (alone, together, parse_rules(recomputed)):
        verdicts = [verdict async for verdict in run_rule_tests(ruleset, ruleset.all)]
        assert [verdict.rule.name for verdict in verdicts if not verdict.passed] == []
    assert together.rules[0].version != alone.rules[0].version
    assert parse_rules(counted_and_counting).correlations[0].name == "many_exports"
    assert excluding


def test_every_modifier_and_every_key_of_ours_is_on_the_page() -> None:
    words = set(re.findall(r"`([a-z0-9_]+)`", PAGE))
    assert set(modifier_mapping) <= words
    assert set(OUR_KEYS) <= words
