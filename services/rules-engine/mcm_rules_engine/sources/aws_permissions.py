"""CloudTrail's calls that change who may do what: policies, groups, access keys and passwords."""

from typing import Any, Final

from mcm_rules_engine.sources.aws_access import group_role, inline_policy_role, managed_policy_role
from mcm_rules_engine.sources.aws_identity import user_of
from mcm_rules_engine.sources.aws_request import Action, Facts, request_of
from mcm_rules_engine.sources.read import first_text, known, text_at, value_at


def _attach_policy(payload: dict[str, Any], facts: Facts) -> str:
    facts["new_role"] = managed_policy_role(request_of(payload).get("policyArn"))
    return _permission_changed(payload, facts)


def _detach_policy(payload: dict[str, Any], facts: Facts) -> str:
    facts["old_role"] = managed_policy_role(request_of(payload).get("policyArn"))
    return _permission_changed(payload, facts)


def _put_policy(payload: dict[str, Any], facts: Facts) -> str:
    request = request_of(payload)
    facts["new_role"] = inline_policy_role(request.get("policyName"), request.get("policyDocument"))
    return _permission_changed(payload, facts)


def _add_to_group(payload: dict[str, Any], facts: Facts) -> str:
    facts["new_role"] = group_role(request_of(payload).get("groupName"))
    return _permission_changed(payload, facts)


def _remove_from_group(payload: dict[str, Any], facts: Facts) -> str:
    facts["old_role"] = group_role(request_of(payload).get("groupName"))
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
    request = request_of(payload)
    names = (text_at(request, key) for key in ("userName", "roleName", "groupName"))
    facts["target"] = next((name for name in names if name is not None), None)
    policy = text_at(request, "policyArn") or text_at(request, "policyName") or text_at(request, "groupName")
    if policy is not None:
        facts["policy"] = policy
    facts["resource"] = f"aws-account/{facts.get('account', 'unknown')}"
    return "permission_changed"


def _policy_version(payload: dict[str, Any], facts: Facts) -> str:
    request = request_of(payload)
    name = managed_policy_role(request.get("policyArn"))
    facts["policy"] = text_at(request, "policyArn")
    # a version takes effect for everyone who has the policy once it is the default
    if request.get("setAsDefault") is not True:
        return ""
    facts["new_role"] = inline_policy_role(name, request.get("policyDocument"))
    return _policy_of_account(payload, facts)


def _default_version(payload: dict[str, Any], facts: Facts) -> str:
    # the record holds the number of the version and not what it allows
    facts["new_role"] = managed_policy_role(request_of(payload).get("policyArn"))
    facts["version"] = text_at(payload, "requestParameters", "versionId")
    return _policy_of_account(payload, facts)


def _policy_of_account(payload: dict[str, Any], facts: Facts) -> str:
    arn = text_at(payload, "requestParameters", "policyArn")
    facts |= {"policy": arn, "target": arn, "resource": f"aws-account/{facts.get('account', 'unknown')}"}
    return "permission_changed"


def _assume_root(payload: dict[str, Any], facts: Facts) -> str:
    # a session of another account's root user, limited by a task policy
    account = first_text(
        text_at(payload, "requestParameters", "targetPrincipal"),
        text_at(payload, "responseElements", "assumedRootUser", "arn"),
    )
    number = (account or "").removesuffix(":root").rpartition(":")[2]
    policy = value_at(payload, "requestParameters", "taskPolicyArn")
    facts |= {
        "new_role": "root",
        "target": f"root:{number}" if number else None,
        "policy": first_text(text_at(policy, "arn"), policy if isinstance(policy, str) else None),
        "resource": f"aws-account/{number or 'unknown'}",
    }
    return "permission_changed"


def _login_profile(payload: dict[str, Any], facts: Facts) -> str:
    facts |= known(
        {
            "target": text_at(payload, "requestParameters", "userName"),
            "password_reset_required": value_at(payload, "requestParameters", "passwordResetRequired"),
        }
    )
    return ""


def _permission_set(payload: dict[str, Any], facts: Facts) -> str:
    request = request_of(payload)
    arn = text_at(request, "managedPolicyArn")
    facts["new_role"] = (
        inline_policy_role("inline policy", request.get("inlinePolicy")) if arn is None else managed_policy_role(arn)
    )
    facts |= known({"target": text_at(request, "permissionSetArn"), "policy": arn})
    facts["resource"] = text_at(request, "instanceArn") or "aws-identity-center"
    return "permission_changed"


def _assignment(payload: dict[str, Any], facts: Facts) -> str:
    request = request_of(payload)
    given = "Create" in (text_at(payload, "eventName") or "")
    facts |= known(
        {
            "new_role" if given else "old_role": text_at(request, "permissionSetArn"),
            "target": text_at(request, "principalId"),
            "resource": f"aws-account/{text_at(request, 'targetId') or 'unknown'}",
        }
    )
    return "permission_changed"


ACCESS_CHANGES: Final[dict[tuple[str, str], Action]] = {
    **{("iam", f"Attach{kind}Policy"): _attach_policy for kind in ("User", "Role", "Group")},
    **{("iam", f"Detach{kind}Policy"): _detach_policy for kind in ("User", "Role", "Group")},
    **{("iam", f"Put{kind}Policy"): _put_policy for kind in ("User", "Role", "Group")},
    ("iam", "AddUserToGroup"): _add_to_group,
    ("iam", "RemoveUserFromGroup"): _remove_from_group,
    ("iam", "CreatePolicyVersion"): _policy_version,
    ("iam", "SetDefaultPolicyVersion"): _default_version,
    ("iam", "CreateAccessKey"): _create_access_key,
    ("iam", "DeleteAccessKey"): _delete_access_key,
    **{("iam", f"{verb}LoginProfile"): _login_profile for verb in ("Create", "Update", "Delete")},
    ("sts", "AssumeRoot"): _assume_root,
    ("sso", "AttachManagedPolicyToPermissionSet"): _permission_set,
    ("sso", "PutInlinePolicyToPermissionSet"): _permission_set,
    ("sso", "CreateAccountAssignment"): _assignment,
    ("sso", "DeleteAccountAssignment"): _assignment,
}
"""By service and event name."""
