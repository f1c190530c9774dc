"""How the heuristic ranks what the built-in rules find in their own tests: the table in docs/scoring.md.

``python -m tests.scoring_report`` writes it anew.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from mcm_enricher.contexts import RuleGuidance, make_context
from mcm_enricher.scoring.score import Score
from mcm_rules_engine.offline.in_memory import Evaluation
from mcm_rules_engine.sigma.load import load_rules
from mcm_rules_engine.sigma.parse.rule_tests import expand_events
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.db.memory import empty_tables, memory_database
from tests.architecture.sources import ROOT

SCORING: Final = ROOT / "docs" / "scoring.md"
BEGIN: Final = "<!-- scoring report: written by python -m tests.scoring_report -->\n"
END: Final = "<!-- end of scoring report -->\n"


@dataclass(frozen=True, slots=True)
class Scored:
    """What one test of a rule raised, and its score."""

    rule: str
    test: str
    finding: FindingMessage
    score: Score


async def score_rule_tests() -> list[Scored]:
    """Scores every finding that the built-in rules raise in their tests, the gravest first."""
    scored = [one async for one in _scored()]
    return sorted(scored, key=lambda one: (-one.score.value, -one.finding.severity.rank, one.rule, one.test))


def scoring_table(scored: list[Scored]) -> str:
    """Writes the table in Markdown."""
    lines = ["| score | severity | rule | test | factors beside the severity |", "| --- | --- | --- | --- | --- |"]
    for one in scored:
        severity, *others = one.score.factors
        factors = ", ".join(f"{factor.reason} {factor.points:+d}" for factor in others) or "none"
        test = one.test.replace("|", "\\|")
        lines.append(
            f"| {one.score.value} | {one.finding.severity} ({severity.points}) | `{one.rule}` | {test} | {factors} |"
        )
    return "\n".join(lines) + "\n"


def with_table(document: str, table: str) -> str:
    """Puts the table into the document, in place of the one that is there."""
    before, rest = document.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}{table}{END}{after}"


async def _scored() -> AsyncIterator[Scored]:
    ruleset = load_rules()
    async with memory_database() as engine:
        for rule in ruleset.all:
            for test in rule.tests if rule.raises_finding else ():
                await empty_tables(engine)
                evaluation = Evaluation(engine, ruleset)
                await evaluation.add(expand_events(test))
                for finding in await evaluation.findings():
                    if finding.rule_name == rule.name:
                        yield Scored(rule.name, test.name, finding, make_context(finding, RuleGuidance()).score)


def main() -> None:
    """Writes the table into docs/scoring.md."""
    table = scoring_table(asyncio.run(score_rule_tests()))
    SCORING.write_text(with_table(SCORING.read_text(), table))


if __name__ == "__main__":
    main()
