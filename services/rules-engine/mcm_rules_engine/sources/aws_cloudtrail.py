"""AWS CloudTrail: one record of a trail's log files or of an event data store."""

from collections.abc import Callable
from typing import Any, Final

from mcm_rules_engine.sources.aws_access import (
    acl_visibility,
    group_role,
    inline_policy_role,
    managed_policy_role,
    policy_visibility,
    unblocks_public_access,
)
from mcm_rules_engine.sources.aws_identity import actor_type_of, session_of, user_of
from mcm_rules_engine.sources.aws_identity_center import IDENTITY_CENTER_SIGN_INS
from mcm_rules_engine.sources.read import first_text, id_at, known, other_type, text_at, time_at, value_at
from mcm_rules_engine.sources.source import Payload, Source
from mcm_shared.contracts.events import SourceEvent, event_uid
from mcm_shared.errors import PoisonEventError

NAME: Final = "aws.cloudtrail"

_SIGN_INS: Final = frozenset({"ConsoleLogin", *IDENTITY_CENTER_SIGN_INS})

Facts = dict[str, Any]
Action = Callable[[dict[str, Any], Facts], str]
"""Adds the facts of one action and returns the event type."""


def normalise(payload: Any, _fallback_id: str) -> SourceEvent:
    """Makes the event of a CloudTrail record.

    A failed call (``errorCode``) keeps the type of its action, ``aws.cloudtrail.<eventName>``, because nothing changed.
    A record without an event name (Insights) has the type of its insight.
    """
    if not isinstance(payload, dict):
        raise PoisonEventError(f"a CloudTrail record must be a JSON object, not {type(payload).__name__}")
    name = _event_name(payload)
    if name is None:
        raise PoisonEventError("eventName is missing: is this a CloudTrail record?")
    timestamp = time_at(payload, "eventTime")
    event_id = id_at(payload, "eventID", payload)
    facts = _common_facts(payload)
    action = _ACTIONS.get((_service(payload), name))
    event_type = action(payload, facts) if action is not None and _may_have_succeeded(payload, name) else ""
    return SourceEvent(
        uid=event_uid(NAME, event_id),
        id=event_id,
        source=NAME,
        event_type=event_type or other_type(NAME, name),
        user=user_of(payload),
        timestamp=timestamp,
        raw_data=payload,
        attributes=facts,
    )


def _event_name(payload: dict[str, Any]) -> str | None:
    return first_text(
        text_at(payload, "eventName"), text_at(payload, "insightDetails", "insightType"), _kind_of_record(payload)
    )


def _kind_of_record(payload: dict[str, Any]) -> str | None:
    return text_at(payload, "eventType") if "eventVersion" in payload else None


def _may_have_succeeded(payload: dict[str, Any], name: str) -> bool:
    # a failed sign-in is an event type of its own, and reports its error elsewhere
    return name in _SIGN_INS or not payload.get("errorCode")


def _service(payload: dict[str, Any]) -> str:
    return (text_at(payload, "eventSource") or "").removesuffix(".amazonaws.com")


def _common_facts(payload: dict[str, Any]) -> Facts:
    ip = text_at(payload, "sourceIPAddress")
    facts = {
        # AWS names itself there when it acts on a customer's behalf
        "ip": None if ip is None or ip.endswith(".amazonaws.com") or ip == "AWS Internal" else ip,
        "user_agent": text_at(payload, "userAgent"),
        "region": text_at(payload, "awsRegion"),
        "account": text_at(payload, "recipientAccountId") or text_at(payload, "userIdentity", "accountId"),
        "error": text_at(payload, "errorCode"),
        "session": session_of(payload),
        "actor_type": actor_type_of(payload),
        **_insight(payload),
    }
    return known(facts)


def _insight(payload: dict[str, Any]) -> Facts:
    details = payload.get("insightDetails")
    return {
        "insight_of": text_at(details, "eventName"),
        "service": (text_at(details, "eventSource") or "").removesuffix(".amazonaws.com") or None,
        "state": text_at(details, "state"),
    }


def _console_login(payload: dict[str, Any], facts: Facts) -> str:
    outcome = text_at(payload, "responseElements", "ConsoleLogin")
    kind = text_at(payload, "userIdentity", "type")
    facts["method"] = "password" if kind in ("IAMUser", "Root") else "federated"
    mfa = text_at(payload, "additionalEventData", "MFAUsed")
    if mfa is not None:
        facts["mfa"] = mfa == "Yes"
    if outcome == "Success":
        return "login_success"
    if outcome == "Failure":
        facts["reason"] = text_at(payload, "errorMessage") or "unknown"
        return "login_failed"
    return ""


def _create_bucket(payload: dict[str, Any], facts: Facts) -> str:
    facts["visibility"] = acl_visibility(_request(payload)) or "private"
    _add_bucket(payload, facts)
    return "storage_bucket_created"


def _put_bucket_acl(payload: dict[str, Any], facts: Facts) -> str:
    visibility = acl_visibility(_request(payload))
    if visibility is not None:
        facts["visibility"] = visibility
    _add_bucket(payload, facts)
    return "storage_bucket_permission_changed"


def _put_bucket_policy(payload: dict[str, Any], facts: Facts) -> str:
    visibility = policy_visibility(_request(payload).get("bucketPolicy"))
    if visibility is not None:
        facts["visibility"] = visibility
    _add_bucket(payload, facts)
    return "storage_bucket_permission_changed"


def _put_public_access_block(payload: dict[str, Any], facts: Facts) -> str:
    unblocked = unblocks_public_access(_request(payload).get("PublicAccessBlockConfiguration"))
    if unblocked is not None:
        facts["public_access_block"] = not unblocked
    if unblocked is False:
        facts["visibility"] = "private"
    _add_bucket(payload, facts)
    return "storage_bucket_permission_changed"


def _delete_public_access_block(payload: dict[str, Any], facts: Facts) -> str:
    # the bucket is not public by this alone, but nothing keeps it from becoming so
    facts["public_access_block"] = False
    _add_bucket(payload, facts)
    return "storage_bucket_permission_changed"


def _attach_policy(payload: dict[str, Any], facts: Facts) -> str:
    facts["new_role"] = managed_policy_role(_request(payload).get("policyArn"))
    return _permission_changed(payload, facts)


def _detach_policy(payload: dict[str, Any], facts: Facts) -> str:
    facts["old_role"] = managed_policy_role(_request(payload).get("policyArn"))
    return _permission_changed(payload, facts)


def _put_policy(payload: dict[str, Any], facts: Facts) -> str:
    request = _request(payload)
    facts["new_role"] = inline_policy_role(request.get("policyName"), request.get("policyDocument"))
    return _permission_changed(payload, facts)


def _add_to_group(payload: dict[str, Any], facts: Facts) -> str:
    facts["new_role"] = group_role(_request(payload).get("groupName"))
    return _permission_changed(payload, facts)


def _remove_from_group(payload: dict[str, Any], facts: Facts) -> str:
    facts["old_role"] = group_role(_request(payload).get("groupName"))
    return _permission_changed(payload, facts)


def _create_access_key(payload: dict[str, Any], facts: Facts) -> str:
    # an access key never expires
    facts["token_id"] = text_at(payload, "responseElements", "accessKey", "accessKeyId")
    facts["target"] = text_at(payload, "responseElements", "accessKey", "userName") or _key_owner(payload)
    facts["expires_at"] = None
    return "api_token_created"


def _delete_access_key(payload: dict[str, Any], facts: Facts) -> str:
    facts["token_id"] = text_at(payload, "requestParameters", "accessKeyId")
    facts["target"] = _key_owner(payload)
    return "api_token_revoked"


def _key_owner(payload: dict[str, Any]) -> str | None:
    # without a name the call is about the caller's own key
    return text_at(payload, "requestParameters", "userName") or user_of(payload)


def _permission_changed(payload: dict[str, Any], facts: Facts) -> str:
    request = _request(payload)
    names = (text_at(request, key) for key in ("userName", "roleName", "groupName"))
    facts["target"] = next((name for name in names if name is not None), None)
    policy = text_at(request, "policyArn") or text_at(request, "policyName") or text_at(request, "groupName")
    if policy is not None:
        facts["policy"] = policy
    facts["resource"] = f"aws-account/{facts.get('account', 'unknown')}"
    return "permission_changed"


def _add_bucket(payload: dict[str, Any], facts: Facts) -> None:
    bucket = text_at(payload, "requestParameters", "bucketName")
    if bucket is None and "Account" in (text_at(payload, "eventName") or ""):
        bucket = f"all of aws-account/{facts.get('account', 'unknown')}"
    if bucket is not None:
        facts["bucket"] = bucket


def _request(payload: dict[str, Any]) -> dict[str, Any]:
    request = value_at(payload, "requestParameters")
    return request if isinstance(request, dict) else {}


_ACTIONS: Final[dict[tuple[str, str], Action]] = {
    ("signin", "ConsoleLogin"): _console_login,
    **{(service, name): action for service in ("signin", "sso") for name, action in IDENTITY_CENTER_SIGN_INS.items()},
    ("s3", "CreateBucket"): _create_bucket,
    ("s3", "PutBucketAcl"): _put_bucket_acl,
    ("s3", "PutBucketPolicy"): _put_bucket_policy,
    **{("s3", f"Put{scope}PublicAccessBlock"): _put_public_access_block for scope in ("", "Bucket", "Account")},
    **{("s3", f"Delete{scope}PublicAccessBlock"): _delete_public_access_block for scope in ("", "Bucket", "Account")},
    **{("iam", f"Attach{kind}Policy"): _attach_policy for kind in ("User", "Role", "Group")},
    **{("iam", f"Detach{kind}Policy"): _detach_policy for kind in ("User", "Role", "Group")},
    **{("iam", f"Put{kind}Policy"): _put_policy for kind in ("User", "Role", "Group")},
    ("iam", "AddUserToGroup"): _add_to_group,
    ("iam", "RemoveUserFromGroup"): _remove_from_group,
    ("iam", "CreateAccessKey"): _create_access_key,
    ("iam", "DeleteAccessKey"): _delete_access_key,
}


def _recognise(payload: Payload) -> bool:
    return "eventVersion" in payload or ("eventSource" in payload and "eventName" in payload)


SOURCE: Final = Source(
    name=NAME,
    log_source=("aws", "cloudtrail"),
    payload="one CloudTrail record",
    normalise=normalise,
    recognise=_recognise,
    envelope="Records",
)
