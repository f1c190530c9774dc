"""Changes of access that the vendors' catalogues name become events with the facts the built-in rules read."""

import json
from typing import Any

import pytest

from mcm_rules_engine.sources import normalise, recognise
from mcm_rules_engine.testing.rulesets import builtin_rules
from mcm_shared.contracts.events import SourceEvent

RULESET = builtin_rules()
ADMIN_POLICY = json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
POLICY = "arn:aws:iam::111122223333:policy/Reports"


def aws(service: str, name: str, request: Any, **said: Any) -> SourceEvent:
    """Normalises a CloudTrail record."""
    record = {
        "eventTime": "2026-11-20T12:00:00Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "recipientAccountId": "111122223333",
        "userIdentity": {"type": "IAMUser", "userName": "mona"},
        "requestParameters": request,
        **said,
    }
    return normalise(record, "aws.cloudtrail", "x")


def okta(event_type: str, result: str = "SUCCESS", **said: Any) -> SourceEvent:
    """Normalises an entry of Okta's System Log about Omar."""
    omar = {"type": "User", "id": "00u2", "alternateId": "omar@example.com"}
    entry = {
        "published": "2026-11-20T12:00:00Z",
        "eventType": event_type,
        "actor": {"type": "User", "alternateId": "mona@example.com"},
        "outcome": {"result": result},
        "target": [omar, {"type": "UserGroup", "displayName": "Admins"}],
        **said,
    }
    return normalise(entry, "okta.system", "x")


def github(action: str, **said: Any) -> SourceEvent:
    """Normalises an entry of GitHub's audit log."""
    entry = {"action": action, "created_at": 1_795_176_000_000, "actor": "mona", "org": "example", **said}
    return normalise(entry, "github.audit", "x")


def rules_of(event: SourceEvent) -> list[str]:
    """Lists the built-in rules that hold for an event."""
    return [match.rule.name for match in RULESET.match(event) if match.rule.raises_finding]


@pytest.mark.parametrize(
    ("event", "role"),
    [
        (
            aws(
                "iam",
                "CreatePolicyVersion",
                {"policyArn": POLICY, "policyDocument": ADMIN_POLICY, "setAsDefault": True},
            ),
            "admin",
        ),
        (aws("sts", "AssumeRoot", {"targetPrincipal": "444455556666", "taskPolicyArn": {"arn": "a"}}), "root"),
        (
            aws(
                "sso",
                "AttachManagedPolicyToPermissionSet",
                {"managedPolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
            ),
            "admin",
        ),
        (aws("sso", "PutInlinePolicyToPermissionSet", {"inlinePolicy": ADMIN_POLICY}), "admin"),
        (github("business.add_admin", user="omar"), "admin"),
        (github("org.update_member", user="omar", permission="admin", old_permission="read"), "owner"),
        (github("repo.update_member", user="omar", new_repo_permission="admin", old_repo_permission="write"), "admin"),
        (github("team.update_repository_permission", team="example/ops", new_repo_permission="admin"), "admin"),
        (github("org.add_outside_collaborator", user="omar", permission="admin"), "admin"),
    ],
)
def test_a_new_administrator_is_found(event: SourceEvent, role: str) -> None:
    assert (event.event_type, event.facts["new_role"]) == ("permission_changed", role)
    assert rules_of(event) == ["role_escalated_to_admin"]


@pytest.mark.parametrize(
    ("event", "event_type", "facts"),
    [
        (
            aws("iam", "CreatePolicyVersion", {"policyArn": POLICY, "policyDocument": ADMIN_POLICY}),
            "aws.cloudtrail.CreatePolicyVersion",
            {"policy": POLICY},
        ),
        (
            aws("iam", "SetDefaultPolicyVersion", {"policyArn": POLICY, "versionId": "v3"}),
            "permission_changed",
            {"new_role": "Reports", "version": "v3"},
        ),
        (
            aws("iam", "CreateLoginProfile", {"userName": "omar", "passwordResetRequired": False}),
            "aws.cloudtrail.CreateLoginProfile",
            {"target": "omar", "password_reset_required": False},
        ),
        (
            aws("sts", "AssumeRoot", {"targetPrincipal": "arn:aws:iam::444455556666:root"}),
            "permission_changed",
            {"target": "root:444455556666"},
        ),
        (
            aws("sso", "CreateAccountAssignment", {"principalId": "u-1", "permissionSetArn": "ps-1", "targetId": "1"}),
            "permission_changed",
            {"target": "u-1", "new_role": "ps-1"},
        ),
        (aws("s3", "DeleteBucketPolicy", {"bucketName": "b"}), "storage_bucket_permission_changed", {"bucket": "b"}),
        (
            okta("group.user_membership.add"),
            "permission_changed",
            {"target": "omar@example.com", "new_role": "Admins", "resource": "okta-group:Admins"},
        ),
        (okta("group.user_membership.remove"), "permission_changed", {"old_role": "Admins"}),
        (okta("group.user_membership.add", "FAILURE"), "okta.system.group.user_membership.add", {}),
        (okta("user.mfa.factor.reset_all"), "okta.system.user.mfa.factor.reset_all", {"target": "omar@example.com"}),
        (
            okta("user.mfa.factor.deactivate", debugContext={"debugData": {"factor": "SMS_FACTOR"}}),
            "okta.system.user.mfa.factor.deactivate",
            {"factor": "sms_factor"},
        ),
        (
            okta("user.mfa.attempt_bypass", "FAILURE"),
            "okta.system.user.mfa.attempt_bypass",
            {"target": "omar@example.com"},
        ),
        (okta("user.authentication.auth_via_mfa", "UNANSWERED"), "mfa_failed", {"reason": "unanswered"}),
        (okta("user.authentication.auth_via_radius", "FAILURE"), "login_failed", {"method": "radius"}),
        (
            okta("user.account.update_profile"),
            "okta.system.user.account.update_profile",
            {"target": "omar@example.com"},
        ),
        (
            github(
                "personal_access_token.access_granted",
                user_programmatic_access_name="ci",
                permissions={"contents": "write"},
            ),
            "api_token_created",
            {"token_id": "ci", "scopes": ["contents:write"], "expires_at": "unknown"},
        ),
        (
            github("oauth_access.create", token_id=5, scopes="repo, admin:org", expires_at=None),
            "api_token_created",
            {"token_id": "5", "scopes": ["repo", "admin:org"], "expires_at": None},
        ),
        (github("personal_access_token.access_revoked", token_id=5), "api_token_revoked", {"token_id": "5"}),
        (
            github("public_key.create", title="ci", read_only="false", fingerprint="f"),
            "github.audit.public_key.create",
            {"title": "ci", "read_only": "false", "token_id": "f"},
        ),
        (
            github("protected_branch.destroy", name="main", admin_enforced=True),
            "github.audit.protected_branch.destroy",
            {"branch": "main", "admin_enforced": True},
        ),
        (
            github("repo.access", visibility="public", previous_visibility="private"),
            "github.audit.repo.access",
            {"visibility": "public", "old_visibility": "private"},
        ),
        (
            github("workflows.completed_workflow_run", name="release", conclusion="failure", head_branch="main"),
            "github.audit.workflows.completed_workflow_run",
            {"workflow": "release", "conclusion": "failure", "branch": "main"},
        ),
        (
            github("secret_scanning_alert.create", number=3, secret_type="aws"),
            "github.audit.secret_scanning_alert.create",
            {"number": 3, "secret_type": "aws"},
        ),
        (
            github("team.remove_repository", team="example/ops", permission="write"),
            "permission_changed",
            {"old_role": "write", "target": "team:example/ops"},
        ),
        (github("business.remove_admin", user="omar"), "permission_changed", {"old_role": "admin", "target": "omar"}),
        (
            github("organization_role.assign", user="omar", role_name="auditor"),
            "permission_changed",
            {"new_role": "auditor"},
        ),
    ],
)
def test_what_happened(event: SourceEvent, event_type: str, facts: dict[str, Any]) -> None:
    assert event.event_type == event_type
    assert event.facts.items() >= facts.items()


@pytest.mark.parametrize(
    ("result", "expected"),
    [("Start", "deployment_started"), ("Success", "deployment_succeeded"), ("Failed", "deployment_failed")],
)
def test_a_deployment_of_azure_resource_manager(result: str, expected: str) -> None:
    entry = {
        "time": "2026-11-20T12:00:00Z",
        "category": "Administrative",
        "operationName": "MICROSOFT.RESOURCES/DEPLOYMENTS/WRITE",
        "resultType": result,
        "resourceId": "/SUBSCRIPTIONS/0/RESOURCEGROUPS/PAYMENTS-PROD/PROVIDERS/MICROSOFT.RESOURCES/DEPLOYMENTS/V7",
    }
    event = normalise(entry, "azure.activity", "x")
    assert (event.event_type, event.facts["environment"], event.facts["version"]) == (expected, "production", "V7")
    assert rules_of(event) == (["deployment_failed"] if expected == "deployment_failed" else [])


def test_a_change_of_mfa_in_entra_id_names_the_method() -> None:
    entry = {
        "activityDateTime": "2026-11-20T12:00:00Z",
        "activityDisplayName": "User registered security info",
        "result": "success",
        "resultReason": "User registered Authenticator App with Notification and Code",
        "targetResources": [],
    }
    event = normalise(entry, "azure.audit", "x")
    assert event.event_type == "azure.audit.user_registered_security_info"
    assert event.facts["factor"] == "authenticator app with notification and code"


def test_a_log_stream_of_okta_to_eventbridge_delivers_the_entry_that_a_poll_reads() -> None:
    entry = {
        "uuid": "u-1",
        "published": "2026-11-20T12:00:00Z",
        "eventType": "user.session.start",
        "outcome": {"result": "SUCCESS"},
        "actor": {"type": "User", "alternateId": "mona@example.com"},
    }
    wrapped = {"detail-type": "SystemLog", "source": "aws.partner/okta.com/example/okta", "detail": entry}
    found = recognise(wrapped)
    assert found is not None
    assert found.name == "okta.system"
    assert normalise(wrapped, "okta.system", "x") == normalise(entry, "okta.system", "x")


def test_a_federated_sign_in_to_the_console_says_nothing_of_mfa() -> None:
    said = {"responseElements": {"ConsoleLogin": "Success"}, "additionalEventData": {"MFAUsed": "No"}}
    role = {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/admin/mona@example.com"}
    assert "mfa" not in aws("signin", "ConsoleLogin", None, **said, userIdentity=role).facts
    assert aws("signin", "ConsoleLogin", None, **said).facts["mfa"] is False
