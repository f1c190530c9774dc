"""The table of scores in docs/scoring.md is what the heuristic says today, and the ranking makes sense."""

import pytest

from mcm_rules_engine.sigma.load import load_rules
from tests.scoring_report import SCORING, Scored, score_rule_tests, scoring_table, with_table


@pytest.fixture
async def scored() -> list[Scored]:
    """Every finding of the rules' tests, scored."""
    return await score_rule_tests()


async def test_the_table_of_scores_is_up_to_date(scored: list[Scored]) -> None:
    document = SCORING.read_text()

    assert document == with_table(document, scoring_table(scored)), "run: python -m tests.scoring_report"


async def test_every_rule_that_raises_findings_is_in_the_table(scored: list[Scored]) -> None:
    raising = {rule.name for rule in load_rules().all if rule.raises_finding}

    assert {one.rule for one in scored} == raising


async def test_graver_findings_come_first_but_for_a_few_with_good_reasons(scored: list[Scored]) -> None:
    for above in scored:
        for below in scored:
            if above.score.value > below.score.value:
                assert above.finding.severity.rank >= below.finding.severity.rank - 1, (above, below)
