"""Sign-ins to AWS IAM Identity Center, by the CloudTrail records of its sign-in pages."""

from collections.abc import Callable
from typing import Any, Final

from mcm_rules_engine.sources.read import text_at

Facts = dict[str, Any]

_PASSWORD: Final = "PASSWORD"  # noqa: S105 (a kind of credential)


def _credential(payload: dict[str, Any], facts: Facts) -> str:
    kind = text_at(payload, "additionalEventData", "CredentialType")
    if kind is not None:
        facts["method" if kind == _PASSWORD else "factor"] = kind.lower()
    return kind or _PASSWORD


def _challenge(payload: dict[str, Any], facts: Facts) -> str:
    return "" if _credential(payload, facts) == _PASSWORD else "mfa_challenge"


def _verification(payload: dict[str, Any], facts: Facts) -> str:
    is_password = _credential(payload, facts) == _PASSWORD
    match _outcome(payload, "CredentialVerification"):
        case "Success":
            # the sign-in itself follows as UserAuthentication
            return "" if is_password else "mfa_success"
        case "Failure":
            facts["reason"] = "bad_password" if is_password else "bad_code"
            return "login_failed" if is_password else "mfa_failed"
    return ""


def _authentication(payload: dict[str, Any], facts: Facts) -> str:
    _credential(payload, facts)
    outcome = _outcome(payload, "UserAuthentication")
    return {"Success": "login_success", "Failure": "login_failed"}.get(outcome or "", "")


def _outcome(payload: dict[str, Any], step: str) -> str | None:
    return text_at(payload, "serviceEventDetails", step)


IDENTITY_CENTER_SIGN_INS: Final[dict[str, Callable[[dict[str, Any], Facts], str]]] = {
    "CredentialChallenge": _challenge,
    "CredentialVerification": _verification,
    "UserAuthentication": _authentication,
}
"""Steps of a sign-in by event name; each adds its facts and returns the event type, or '' for none of the known."""
