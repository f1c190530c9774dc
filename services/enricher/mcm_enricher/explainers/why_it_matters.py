"""Why a finding matters: what its facts add to the guidance of its family."""

from collections.abc import Callable, Mapping
from typing import Final

from mcm_enricher.scoring.facts import FindingFacts
from mcm_enricher.scoring.score import Score
from mcm_shared.contracts.findings import FindingMessage, Severity

_LINES_UNREVIEWABLE: Final = 1000
_LINES_SKIMMED: Final = 400


Reasons = Mapping[str, str]
"""Reasons for the score, by factor."""


def why_it_matters(family: str, finding: FindingMessage, facts: FindingFacts, score: Score) -> str | None:
    """Explains why a finding matters where its facts say more than its family does; else None."""
    explain = _REASONS.get(family)
    return explain(finding, facts, {factor.name: factor.reason for factor in score.factors}) if explain else None


def _auth(finding: FindingMessage, _facts: FindingFacts, reasons: Reasons) -> str | None:
    if "user" not in finding.group:
        return "one source trying many accounts needs a single weak or leaked password among them to get in."
    if _is(reasons, "privilege", "administrator", "root"):
        return "this account can do more than most, so a guessed password here costs more than elsewhere."
    if finding.severity.rank >= Severity.HIGH.rank:
        return "this many tries in so short a time are a tool, not a person who forgot a password."
    return None


def _mfa(finding: FindingMessage, facts: FindingFacts, _reasons: Reasons) -> str | None:
    if facts.event_type == "mfa_success":
        if finding.severity == Severity.LOW:
            return "mostly a mistyped code; it counts if the user did not start this login."
        return "whoever kept asking knows the password, and was let in at last by one tap."
    return None


def _permissions(finding: FindingMessage, facts: FindingFacts, reasons: Reasons) -> str | None:
    if facts.actor and facts.actor == facts.text("target"):
        return "nobody should be able to give rights to themselves, whatever the reason."
    if _is(reasons, "environment", "production"):
        return "these rights reach production, where a mistake or a misuse is felt by customers at once."
    if _is(reasons, "privilege", "owner"):
        return (
            "an owner can remove all other members and every safeguard, so there should be few and all of them known."
        )
    if _is(reasons, "privilege", "administrator"):
        return "an administrator can make more administrators, so one that is not meant to be is hard to get rid of."
    if finding.severity.rank <= Severity.MEDIUM.rank:
        return "read access became write access: harmless if the work needs it, a foothold if it was not requested."
    return None


def _api_tokens(_: FindingMessage, facts: FindingFacts, reasons: Reasons) -> str | None:
    if _is(reasons, "privilege", "administrator"):
        return "the holder of this token is an administrator, from anywhere, without password or MFA."
    if facts.event_type == "api_token_created":
        return "a token without expiry works for anyone who finds it, long after its purpose is forgotten."
    return None


def _git(_: FindingMessage, facts: FindingFacts, _reasons: Reasons) -> str | None:
    lines = _number(facts.text("lines_changed"))
    if _number(facts.text("approvals")) == 0:
        return "nobody approved it, and a change of this size can carry a mistake or a back door into production."
    if lines is not None and lines >= _LINES_UNREVIEWABLE:
        return "nobody reads that many lines with care, and what hides among them goes out with the next release."
    if lines is not None and lines <= _LINES_SKIMMED:
        return "reviews get shallow at this size; it is worth a second look, not an alarm."
    return None


def _deployments(finding: FindingMessage, _facts: FindingFacts, reasons: Reasons) -> str | None:
    if _is(reasons, "environment", "production"):
        if finding.detection_count > 1:
            return "it failed again, so customers may be on a half-finished release and a person may be skipping steps."
        return "customers may be on a half-finished release, old and new side by side, until it is rolled back."
    if _is(reasons, "environment", "staging", "development"):
        return (
            "no customer sees it, but what fails here is either a change that is not ready or a pipeline that is not."
        )
    return None


def _storage(_: FindingMessage, facts: FindingFacts, reasons: Reasons) -> str | None:
    label = reasons.get("sensitivity", "").partition("public and named like ")[2]
    if label:
        return f"going by its name it holds {label}, and scanners find open buckets within hours."
    if facts.text("public_access_block").lower() == "false":
        return "the guard is off: from now on one careless grant opens the bucket to the whole internet."
    return None


_REASONS: Final[dict[str, Callable[[FindingMessage, FindingFacts, Reasons], str | None]]] = {
    "auth": _auth,
    "mfa": _mfa,
    "permissions": _permissions,
    "api_tokens": _api_tokens,
    "git": _git,
    "deployments": _deployments,
    "storage": _storage,
}


def _is(reasons: Reasons, factor: str, *words: str) -> bool:
    return any(word in reasons.get(factor, "") for word in words)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None
