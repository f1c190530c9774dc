"""Who acted, by a CloudTrail record."""

import re
from typing import Any, Final

from mcm_rules_engine.sources.read import text_at
from mcm_shared.contracts.events import MAX_TEXT

_MADE_BY_MACHINES: Final = re.compile(
    r"i-[0-9a-f]{8,}|(aws-(go-)?sdk|botocore-session|aws-cli).*|[0-9.-]+", re.IGNORECASE
)
"""Session names that software makes up; they would tell every run of a role apart."""


def user_of(payload: dict[str, Any]) -> str | None:
    """Names the person or service behind a record: short, and the same each time they come.

    IAM and SAML users by name, root as ``root``, a role as ``role/session`` (by the session alone when it names a
    person, by the role alone when software made the session's name up), a service by its host name.
    """
    name = _name(payload)
    return None if name is None else name[:MAX_TEXT]


def _name(payload: dict[str, Any]) -> str | None:
    identity = payload.get("userIdentity")
    match text_at(identity, "type"):
        case "Root":
            return "root"
        case "AssumedRole":
            return _assumed_role(identity) or _fallback(identity)
        case "AWSService":
            return text_at(identity, "invokedBy") or _fallback(identity)
        case "IdentityCenterUser":
            return (
                text_at(identity, "userName")
                or text_at(payload, "additionalEventData", "UserName")
                or text_at(identity, "onBehalfOf", "userId")
                or _fallback(identity)
            )
    return text_at(identity, "userName") or _fallback(identity)


def _assumed_role(identity: Any) -> str | None:
    who = text_at(identity, "sessionContext", "sourceIdentity")
    if who is not None:
        return who
    _, _, path = (text_at(identity, "arn") or "").partition(":assumed-role/")
    role, _, session = path.partition("/")
    role = role or text_at(identity, "sessionContext", "sessionIssuer", "userName") or ""
    if not session:
        _, _, session = (text_at(identity, "principalId") or "").partition(":")
    if not role or "@" in session or (session and role.startswith("AWSReservedSSO_")):
        return session or None
    if not session or _MADE_BY_MACHINES.fullmatch(session):
        return role
    return f"{role}/{session}"


def _fallback(identity: Any) -> str | None:
    arn = text_at(identity, "arn")
    if arn is not None and "/" in arn:
        return arn.rpartition("/")[2] or arn
    _, _, session = (text_at(identity, "principalId") or "").rpartition(":")
    return session or text_at(identity, "invokedBy") or text_at(identity, "accountId")
