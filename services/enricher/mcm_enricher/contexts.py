"""A finding with everything an explainer may need to know about it."""

from dataclasses import dataclass

from mcm_enricher.scoring.facts import FindingFacts, facts_of
from mcm_enricher.scoring.score import Score, score_finding
from mcm_shared.contracts.findings import FindingMessage


@dataclass(frozen=True, slots=True)
class RuleGuidance:
    """What a rule says to people: its description, with names of facts in braces, and its runbook, Markdown."""

    description: str = ""
    runbook: str = ""


@dataclass(frozen=True, slots=True)
class FindingContext:
    """A finding, its facts, its deterministic score and its rule's notes (empty where the rule is not known)."""

    finding: FindingMessage
    facts: FindingFacts
    score: Score
    notes: RuleGuidance


def make_context(finding: FindingMessage, notes: RuleGuidance) -> FindingContext:
    """Gathers the case of a finding."""
    facts = facts_of(finding)
    return FindingContext(finding, facts, score_finding(finding, facts), notes)
