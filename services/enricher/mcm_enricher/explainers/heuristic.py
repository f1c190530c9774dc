"""Heuristic explainer: the deterministic score in plain words, without a model."""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from mcm_enricher.contexts import FindingContext
from mcm_enricher.explainers import Explanation
from mcm_enricher.explainers.guidance import guidance_for
from mcm_enricher.scoring.facts import FindingFacts
from mcm_enricher.scoring.score import Score
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.text_safety import MAX_WORDS, count_words, defang, plain, sentence, shorten

_STEP: Final = re.compile(r"^\s*(?:\d+[.)]|[-*+])\s+(?=\S)", re.MULTILINE)
_MIN_FOR_STEPS: Final = 20
_MAX_FOR_WHAT: Final = 30
_STEPS_SHOWN: Final = 3


class HeuristicExplainer:
    """Explains findings by rules of thumb: no network, no cost, deterministic."""

    free = True

    async def explain(self, context: FindingContext, timeout_s: float | None = None) -> Explanation:  # noqa: ARG002
        """Explains one finding immediately; never fails."""
        return explain_by_rules(context)

    def ready(self) -> bool:
        """Always ready."""
        return True

    async def close(self) -> None:
        """Closes nothing."""


def explain_by_rules(context: FindingContext, *, source: str = "heuristic", **details: Any) -> Explanation:
    """Explains one finding; ``details`` are stored with it."""
    return Explanation(score=context.score.value, text=defang(_text(context)), source=source, details=details)


def _text(context: FindingContext) -> str:
    finding, facts = context.finding, context.facts
    guidance = guidance_for(finding, facts, context.score)
    background = " ".join(
        (_when_and_where(finding, facts), f"Why it matters: {guidance.why}", _why_this_score(context.score))
    )
    # the description is the only part that may be cut: every factor is named, and there is room for a step
    left = MAX_WORDS - _MIN_FOR_STEPS - count_words(background)
    story = f"{_what(finding, words=min(max(left, 1), _MAX_FOR_WHAT))} {background}"
    return (
        f"{story} {_check_first(steps_of(context.guidance.runbook) or guidance.steps, MAX_WORDS - count_words(story))}"
    )


def _what(finding: FindingMessage, words: int) -> str:
    return sentence(plain(finding.description or finding.title, characters=260, words=words))


def _when_and_where(finding: FindingMessage, facts: FindingFacts) -> str:
    parts = [_when(finding)]
    if facts.actor and facts.actor not in finding.description and not _of_many(finding):
        parts.append(f"by {plain(facts.actor, words=3)}")
    if ip := facts.text("ip", "source_ip"):
        parts.append(f"from {plain(ip, characters=45, words=1)}{_place(facts)}")
    if facts.source:
        parts.append(f"reported by {plain(facts.source, characters=40, words=2)}")
    return sentence(", ".join(parts))


def _of_many(finding: FindingMessage) -> bool:
    # the first user of a correlation over many is arbitrary, and often a victim
    earliest = finding.extra_data.get("earliest")
    return "user" not in finding.group and isinstance(earliest, dict) and "window" in earliest


def _when(finding: FindingMessage) -> str:
    first, last = finding.first_seen, finding.last_seen
    if finding.detection_count <= 1 or first == last:
        times = "once" if finding.detection_count <= 1 else f"{finding.detection_count:,} times"
        return f"Seen {times}, on {_day(first)} at {first:%H:%M} UTC"
    end = f"{last:%H:%M} UTC" if first.date() == last.date() else f"{_day(last)} {last:%H:%M} UTC"
    return f"Seen {finding.detection_count:,} times from {_day(first)} {first:%H:%M} to {end}"


def _day(at: datetime) -> str:
    return f"{at.day} {at:%b %Y}"


def _place(facts: FindingFacts) -> str:
    names = [plain(name, characters=30, words=2) for name in (facts.text("city"), facts.text("country")) if name]
    return f" ({', '.join(names)})" if names else ""


def _why_this_score(score: Score) -> str:
    severity, *others = score.factors
    reasons = [f"{severity.reason} ({severity.points})"]
    reasons += [f"{factor.reason} ({factor.points:+d})" for factor in others]
    return f"Score {score.value} of 100: {', '.join(reasons)}{_held(score)}."


def _held(score: Score) -> str:
    total = sum(factor.points for factor in score.factors)
    if total == score.value:
        return ""
    return f"; {'no lower' if total < score.value else 'no higher'} for this severity"


@lru_cache(maxsize=256)
def steps_of(runbook: str) -> tuple[str, ...]:
    """Reads the steps of a runbook, a Markdown list; () where it has none."""
    _, *steps = _STEP.split(runbook)
    return tuple(plain(step, characters=300, words=30) for step in steps[:_STEPS_SHOWN])


def _check_first(steps: Sequence[str], words: int) -> str:
    published = "Check first:"
    for number, step in enumerate(steps[:_STEPS_SHOWN], start=1):
        left = words - count_words(published) - 1
        if number > 1 and count_words(step) > left:
            break
        published += f" {number}) {sentence(shorten(step, characters=300, words=left))}"
    return published
