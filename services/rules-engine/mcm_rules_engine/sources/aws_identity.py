"""Actor of a CloudTrail record: user, service and session."""

import re
from typing import Any, Final

from mcm_rules_engine.sources.identity import SERVICE, user_name
from mcm_rules_engine.sources.read import text_at

_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_SSO_ROLE: Final = "AWSReservedSSO_"


def user_of(payload: dict[str, Any]) -> str | None:
    """Names the user behind a record, the same way each time; None when the record hides or does not know the user.

    An IAM or SAML user by name, a person in Identity Center by the name they sign in with, root as ``root:<account>``.
    An assumed role by the person it was assumed by where the session says so (a source identity, an e-mail address,
    an Identity Center session), else by the role that issued the session. A service by its host name. An account
    number is no user.
    """
    return user_name(*map(_without_account, _candidates(payload)))


def actor_type_of(payload: dict[str, Any]) -> str | None:
    """Returns SERVICE for an AWS service, None for any other actor."""
    identity = payload.get("userIdentity")
    return SERVICE if text_at(identity, "type") == "AWSService" else None


def session_of(payload: dict[str, Any]) -> str | None:
    """Returns the session name of an assumed role, which the caller of AssumeRole chose."""
    identity = payload.get("userIdentity")
    return _session(identity)[1] if text_at(identity, "type") == "AssumedRole" else None


def _candidates(payload: dict[str, Any]) -> list[str | None]:
    identity = payload.get("userIdentity")
    match text_at(identity, "type"):
        case "Root":
            in_arn = (text_at(identity, "arn") or "").removesuffix(":root").rpartition(":")[2]
            account = text_at(identity, "accountId") or in_arn or text_at(payload, "recipientAccountId")
            return [f"root:{account}" if account else "root"]
        case "AssumedRole":
            return [_assumed_role(identity)]
        case "FederatedUser":
            _, _, session = (text_at(identity, "arn") or "").partition(":federated-user/")
            return [session if "@" in session else text_at(identity, *_ISSUER), session, *_others(identity)]
        case "AWSService":
            return [text_at(identity, "invokedBy"), *_others(identity)]
        case "IdentityCenterUser" | "Unknown" | None:
            # the sign-in pages of Identity Center name the user beside the identity
            return [
                text_at(payload, "additionalEventData", "UserName"),
                text_at(identity, "userName"),
                text_at(identity, "onBehalfOf", "userId"),
                *_others(identity),
            ]
    return [text_at(identity, "userName"), *_others(identity)]


_ISSUER: Final = ("sessionContext", "sessionIssuer", "userName")


def _assumed_role(identity: Any) -> str | None:
    who = text_at(identity, "sessionContext", "sourceIdentity")
    if who is not None:
        return who
    role, session = _session(identity)
    if session is not None and ("@" in session or role is None or role.startswith(_SSO_ROLE)):
        return session
    return role


def _session(identity: Any) -> tuple[str | None, str | None]:
    _, _, path = (text_at(identity, "arn") or "").partition(":assumed-role/")
    role, _, session = path.partition("/")
    if not session:
        _, _, session = (text_at(identity, "principalId") or "").partition(":")
    return text_at(identity, *_ISSUER) or role or None, session or None


def _others(identity: Any) -> list[str | None]:
    arn = text_at(identity, "arn") or ""
    _, colon, session = (text_at(identity, "principalId") or "").rpartition(":")
    named_by_arn = arn.rpartition("/")[2] if "/" in arn else None
    return [named_by_arn, session if colon or session else None, text_at(identity, "invokedBy")]


def _without_account(name: str | None) -> str | None:
    return None if name is None or _ACCOUNT.fullmatch(name) else name
