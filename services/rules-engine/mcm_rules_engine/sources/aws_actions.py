"""CloudTrail's calls that are known event types, by service and event name."""

from typing import Any, Final

from mcm_rules_engine.sources.aws_deployments import DEPLOYMENTS
from mcm_rules_engine.sources.aws_identity_center import IDENTITY_CENTER_SIGN_INS
from mcm_rules_engine.sources.aws_permissions import ACCESS_CHANGES
from mcm_rules_engine.sources.aws_request import Action, Facts
from mcm_rules_engine.sources.aws_storage import BUCKET_CHANGES
from mcm_rules_engine.sources.read import text_at

_SIGN_INS: Final = frozenset({"ConsoleLogin", *IDENTITY_CENTER_SIGN_INS})


def event_type_of(record: dict[str, Any], name: str, facts: Facts) -> str:
    """Returns the event type of a call and adds its facts; '' when it is none of the known types."""
    action = _ACTIONS.get((_service(record), name))
    return action(record, facts) if action is not None and _may_have_succeeded(record, name) else ""


def _may_have_succeeded(payload: dict[str, Any], name: str) -> bool:
    # a failed sign-in and a failed deployment are event types of their own
    return name in _SIGN_INS or (_service(payload), name) in DEPLOYMENTS or not payload.get("errorCode")


def _service(payload: dict[str, Any]) -> str:
    return (text_at(payload, "eventSource") or "").removesuffix(".amazonaws.com")


def _console_login(payload: dict[str, Any], facts: Facts) -> str:
    outcome = text_at(payload, "responseElements", "ConsoleLogin")
    kind = text_at(payload, "userIdentity", "type")
    facts["method"] = "password" if kind in ("IAMUser", "Root") else "federated"
    mfa = text_at(payload, "additionalEventData", "MFAUsed")
    # of a federated sign-in AWS does not know whether the identity provider asked for MFA
    if mfa == "Yes" or (mfa is not None and facts["method"] == "password"):
        facts["mfa"] = mfa == "Yes"
    if outcome == "Success":
        return "login_success"
    if outcome == "Failure":
        facts["reason"] = text_at(payload, "errorMessage") or "unknown"
        return "login_failed"
    return ""


_ACTIONS: Final[dict[tuple[str, str], Action]] = {
    ("signin", "ConsoleLogin"): _console_login,
    **{(service, name): action for service in ("signin", "sso") for name, action in IDENTITY_CENTER_SIGN_INS.items()},
    **ACCESS_CHANGES,
    **BUCKET_CHANGES,
    **DEPLOYMENTS,
}
