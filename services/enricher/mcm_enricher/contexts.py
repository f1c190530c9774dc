"""Finding context: everything an explainer may need to know about a finding."""

from dataclasses import dataclass

from mcm_enricher.scoring.facts import FindingFacts, facts_of
from mcm_enricher.scoring.score import Score, score_finding
from mcm_shared.contracts.findings import FindingMessage


@dataclass(frozen=True, slots=True)
class RuleGuidance:
    """A rule's guidance for people: its description, with names of facts in braces, and its runbook in Markdown."""

    description: str = ""
    runbook: str = ""


@dataclass(frozen=True, slots=True)
class FindingContext:
    """A finding, its facts, its deterministic score, and its rule's guidance (empty for an unknown rule)."""

    finding: FindingMessage
    facts: FindingFacts
    score: Score
    guidance: RuleGuidance


def make_context(finding: FindingMessage, guidance: RuleGuidance) -> FindingContext:
    """Builds the context of a finding."""
    facts = facts_of(finding)
    return FindingContext(finding, facts, score_finding(finding, facts), guidance)
