"""Guidance by kind of finding: why it matters, and what to check first when its rule has no runbook."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from mcm_enricher.explainers.why_it_matters import why_it_matters
from mcm_enricher.scoring.facts import FindingFacts
from mcm_enricher.scoring.score import Score
from mcm_enricher.scoring.signals import is_about_volume
from mcm_shared.contracts.events import EVENT_FAMILIES
from mcm_shared.contracts.findings import FindingMessage


@dataclass(frozen=True, slots=True)
class Guidance:
    """Guidance for a family of findings."""

    why: str
    steps: tuple[str, ...]


_FAMILY_OF: Final = {event_type: family for family, types in EVENT_FAMILIES.items() for event_type in types}

# the first that a rule is tagged with decides; finer techniques stand before coarser ones
_FAMILY_OF_TAG: Final = (
    ("attack.t1562", "defences"),
    ("attack.t1070", "defences"),
    ("attack.t1621", "mfa"),
    ("attack.t1556.006", "mfa"),
    ("attack.t1098.001", "api_tokens"),
    ("attack.t1528", "api_tokens"),
    ("attack.t1550.001", "api_tokens"),
    ("attack.t1098", "permissions"),
    ("attack.t1136", "permissions"),
    ("attack.t1110", "auth"),
    ("attack.t1078", "auth"),
    ("attack.t1195", "git"),
    ("attack.t1552", "secrets"),
    ("attack.t1555", "secrets"),
    ("attack.t1530", "storage"),
    ("attack.t1537", "exfiltration"),
    ("attack.exfiltration", "exfiltration"),
    ("attack.defense-evasion", "defences"),
    ("attack.credential-access", "secrets"),
    ("attack.privilege-escalation", "permissions"),
    ("attack.persistence", "permissions"),
)

GUIDANCE: Final = {
    "auth": Guidance(
        "repeated failures are how guessed, sprayed or leaked passwords look while they are tried.",
        (
            "Is there a success after the failures, from the same address?",
            "Does the user know the address and the device?",
            "If not, reset the password and end all sessions.",
        ),
    ),
    "auth after failures": Guidance(
        "a success right after failures may mean that another person now knows the password.",
        (
            "Ask the user, not by e-mail, whether it was them.",
            "What was done in the session since the login?",
            "If in doubt, end all sessions and reset the password and factors.",
        ),
    ),
    "mfa": Guidance(
        "unrequested prompts mean that the password is already known, and one careless tap grants access.",
        (
            "Was one of the prompts approved in the end?",
            "Ask the user whether they were signing in.",
            "If not, reset the password and review their factors.",
        ),
    ),
    "permissions": Guidance(
        "rights beyond what the work needs are what an intruder looks for, and they remain when forgotten.",
        (
            "Is there an approved request for this change, and by whom?",
            "Who made it, from which address, and is that usual?",
            "What was done with the new rights since? If unapproved, take them back.",
        ),
    ),
    "api_tokens": Guidance(
        "a token works without password or MFA, from anywhere, until it expires.",
        (
            "What is the token for, and who owns it?",
            "Which calls has it made, and from where?",
            "Replace it by one with narrow scopes and an expiry; revoke this one.",
        ),
    ),
    "git": Guidance(
        "a change too large to review carefully can carry a mistake or a back door into production.",
        (
            "Who approved it, how soon, and did they comment?",
            "Look first at dependencies, build files and credentials in the diff.",
            "Has it been deployed? Have a rollback ready.",
        ),
    ),
    "deployments": Guidance(
        "a release that fails half-way can leave old and new side by side, with checks switched off.",
        (
            "Is the service healthy now, and which version serves?",
            "What does the failed step say, and what changed since the last good release?",
            "Was the change approved and tested before it went out?",
        ),
    ),
    "storage": Guidance(
        "anybody on the internet can list or read what is open to the public, and scanners find it within hours.",
        (
            "Close the public access first, then ask who needed it.",
            "What is stored there, and is any of it personal or secret?",
            "Do the access logs show strangers reading since it was opened?",
        ),
    ),
    "defences": Guidance(
        "disabling logs or safeguards often precedes actions that are meant to stay hidden.",
        (
            "Switch it on again, then ask who turned it off and why.",
            "What else did the same account do around that time?",
            "Which hours are not covered by any log?",
        ),
    ),
    "secrets": Guidance(
        "a reader of credentials can return under another identity.",
        (
            "Which secrets were read, and does this account need them?",
            "Rotate what may have been seen.",
            "Where were those credentials used since?",
        ),
    ),
    "exfiltration": Guidance(
        "data shared outside the company does not come back.",
        (
            "Undo the share, then find out with whom it was shared.",
            "What does the data hold?",
            "What else did the same account share or copy?",
        ),
    ),
    "activity": Guidance(
        "far more activity than usual is how a stolen account, a runaway script or a bulk download looks.",
        (
            "What was done most, and on what?",
            "Is it the usual address and device, or a new one?",
            "Ask the owner; if it is unknown, suspend the account.",
        ),
    ),
}

_OTHER: Final = Guidance(
    "it matches a rule that was written to notice exactly this.",
    (
        "Who did it, from where, and is that usual for them?",
        "What did the same account do in the hour before and after?",
        "Was it expected: a ticket, a change, a test?",
    ),
)


def guidance_for(finding: FindingMessage, facts: FindingFacts, score: Score) -> Guidance:
    """Chooses the guidance by the rule's name, the first event's type, its ATT&CK tags, then its facts."""
    family = _family(finding, facts)
    if family is None:
        return _OTHER
    guidance = GUIDANCE[family]
    why = why_it_matters(family, finding, facts, score)
    return guidance if why is None else replace(guidance, why=why)


def _family(finding: FindingMessage, facts: FindingFacts) -> str | None:
    if is_about_volume(finding):
        return "activity"
    if facts.event_type == "login_success":
        return "auth after failures"
    return _FAMILY_OF.get(facts.event_type) or _family_by_tag(finding.tags)


def _family_by_tag(tags: Sequence[str]) -> str | None:
    lowered = [tag.lower().replace("_", "-") for tag in tags]
    for prefix, family in _FAMILY_OF_TAG:
        if any(tag == prefix or tag.startswith(f"{prefix}.") for tag in lowered):
            return family
    return None
