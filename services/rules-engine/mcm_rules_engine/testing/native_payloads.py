"""Payloads of every native source: whole ones, to be recognised and to be spoiled."""

import json
from typing import Any, Final

_STORAGE: Final = "Microsoft.Storage/storageAccounts"
_OWNER: Final = "/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
_SENDER: Final = {"login": "mona", "type": "User"}
_REPOSITORY: Final = {"name": "payments", "full_name": "example/payments", "pushed_at": 1_795_176_000}


def _azure(operation: str, request: Any) -> dict[str, Any]:
    return {
        "time": "2026-11-20T12:00:00.1234567Z",
        "resourceId": "/subscriptions/0/providers/Microsoft.Storage/storageAccounts/data",
        "operationName": operation,
        "category": "Administrative",
        "resultType": "Success",
        "callerIpAddress": "192.0.2.7:443",
        "correlationId": "c-1",
        "identity": {"claims": {"name": "Mona"}, "authorization": {"evidence": {"role": "Owner"}}},
        "properties": {"requestbody": json.dumps(request)},
    }


def _cloudtrail(service: str, name: str, **said: Any) -> dict[str, Any]:
    return {
        "eventVersion": "1.09",
        "eventTime": "2026-11-20T12:00:00Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "eventID": "e-1",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "192.0.2.7",
        "recipientAccountId": "111122223333",
        "userIdentity": {
            "type": "AssumedRole",
            "arn": "arn:aws:sts::111122223333:assumed-role/admin/mona@example.com",
            "sessionContext": {"sessionIssuer": {"userName": "admin"}},
        },
        "requestParameters": None,
        "responseElements": None,
        **said,
    }


def _audit(activity: str, name: str, value: Any) -> dict[str, Any]:
    return {
        "id": "a-1",
        "activityDateTime": "2026-11-20T12:00:00Z",
        "activityDisplayName": activity,
        "category": "RoleManagement",
        "result": "success",
        "initiatedBy": {"user": {"userPrincipalName": "mona@example.com", "ipAddress": "192.0.2.7"}},
        "targetResources": [
            {
                "type": "User",
                "userPrincipalName": "omar@example.com",
                "modifiedProperties": [{"displayName": name, "oldValue": None, "newValue": json.dumps(value)}],
            }
        ],
    }


def _webhook(action: str | None, **said: Any) -> dict[str, Any]:
    return {"action": action, "repository": _REPOSITORY, "sender": _SENDER, **said}


PAYLOADS: Final[dict[str, list[dict[str, Any]]]] = {
    "aws.cloudtrail": [
        _cloudtrail(
            "signin",
            "ConsoleLogin",
            responseElements={"ConsoleLogin": "Failure"},
            additionalEventData={"MFAUsed": "No", "UserName": "mona@example.com"},
        ),
        _cloudtrail(
            "iam", "AttachUserPolicy", requestParameters={"userName": "omar", "policyArn": "arn:aws:iam::aws:policy/A"}
        ),
        _cloudtrail("s3", "PutBucketAcl", requestParameters={"bucketName": "b", "x-amz-acl": ["public-read"]}),
        _cloudtrail(
            "ecs",
            "UpdateService",
            requestParameters={"service": "api", "cluster": "c", "taskDefinition": "t"},
        ),
        {
            "id": "e-2",
            "time": "2026-11-20T12:00:00Z",
            "source": "aws.codedeploy",
            "detail-type": "CodeDeploy Deployment State-change Notification",
            "resources": [],
            "detail": {"state": "FAILURE", "application": "payments", "deploymentGroup": "production"},
        },
    ],
    "azure.activity": [
        _azure("Microsoft.Authorization/roleAssignments/write", {"Properties": {"RoleDefinitionId": _OWNER}}),
        _azure(
            "Microsoft.Storage/storageAccounts/blobServices/containers/write", {"properties": {"publicAccess": "Blob"}}
        ),
        _azure(f"{_STORAGE}/write", {"properties": {"allowBlobPublicAccess": True}}),
        _azure("Microsoft.Authorization/elevateAccess/action", None),
    ],
    "azure.audit": [
        _audit("Add member to role", "Role.DisplayName", "Global Administrator"),
        _audit("Update conditional access policy", "ConditionalAccessPolicy", {"state": "disabled"}),
        _audit("Add service principal credentials", "KeyDescription", ["[KeyIdentifier=00000000-0000]"]),
        {"time": "2026-11-20T12:00:00Z", "category": "AuditLogs", "operationName": "Delete user", "properties": "{}"},
    ],
    "azure.signin": [
        {
            "id": "s-1",
            "createdDateTime": "2026-11-20T12:00:00Z",
            "userPrincipalName": "mona@example.com",
            "ipAddress": "192.0.2.7",
            "clientAppUsed": "Browser",
            "status": {"errorCode": 500121, "additionalDetails": "MFA denied; user declined the authentication"},
            "location": {"city": "Berlin", "countryOrRegion": "DE"},
            "authenticationDetails": [{"authenticationMethod": "Password"}],
        },
        {
            "time": "2026-11-20T12:00:00Z",
            "category": "SignInLogs",
            "operationName": "Sign-in activity",
            "resultType": "50126",
            "properties": {"userPrincipalName": "mona@example.com", "status": {"errorCode": 50126}},
        },
    ],
    "github.audit": [
        {
            "_document_id": "d-1",
            "@timestamp": 1_795_176_000_000,
            "created_at": 1_795_176_000_000,
            "action": "repo.add_member",
            "actor": "mona",
            "user": "omar",
            "permission": "admin",
            "repo": "example/payments",
        },
        {"created_at": 1_795_176_000_000, "action": "pull_request.merge", "actor": "mona", "pull_request_id": 7},
    ],
    "github.events": [
        {
            "id": "4711",
            "type": kind,
            "actor": {"login": "mona"},
            "repo": {"name": "example/payments"},
            "org": {"login": "example"},
            "payload": said,
            "created_at": "2026-11-20T12:00:00Z",
        }
        for kind, said in (
            ("PullRequestEvent", {"action": "merged", "pull_request": {"number": 7, "additions": 1, "deletions": 2}}),
            ("PushEvent", {"ref": "refs/heads/main", "commits": [{}], "head": "c0ffee"}),
            ("MemberEvent", {"action": "added", "member": {"login": "omar"}}),
            ("PublicEvent", {}),
        )
    ],
    "github.webhook": [
        _webhook("closed", pull_request={"number": 7, "merged": True, "additions": 1, "deletions": 2}),
        _webhook("edited", member={"login": "omar"}, changes={"permission": {"from": "write", "to": "admin"}}),
        _webhook("member_added", organization={"login": "example"}, membership={"role": "admin"}),
        _webhook(None, ref="refs/heads/main", commits=[{}], head_commit={"timestamp": "2026-11-20T12:00:00Z"}),
        _webhook("created", deployment_status={"state": "failure"}, deployment={"environment": "production"}),
        _webhook("completed", workflow_run={"name": "release", "conclusion": "failure"}),
        _webhook("created", alert={"number": 3, "secret_type": "aws_access_key_id"}),
        _webhook("approved", personal_access_token_request={"token_id": 5, "permissions_added": {"a": {"b": "c"}}}),
    ],
    "ocsf": [
        {
            "class_uid": number,
            "activity_id": activity,
            "time": 1_795_176_000_000,
            "status_id": 1,
            "metadata": {"uid": "o-1", "product": {"name": "Directory"}},
            "actor": {"user": {"name": "mona", "type": "IAMUser"}},
            "user": {"email_addr": "omar@example.com"},
            "src_endpoint": {"ip": "192.0.2.7", "location": {"country": "DE"}},
            **said,
        }
        for number, activity, said in (
            (3002, 1, {"auth_factors": [{"factor_type": "OTP"}]}),
            (3001, 7, {"policy": {"name": "AdministratorAccess"}}),
            (3005, 1, {"privileges": ["Global Administrator"], "resources": [{"name": "tenant"}]}),
            (3006, 3, {"group": {"name": "admins"}}),
            (
                6003,
                1,
                {
                    "api": {
                        "operation": "CreateAccessKey",
                        "service": {"name": "iam.amazonaws.com"},
                        "request": {"data": '{"userName": "omar"}'},
                        "response": {"data": {"accessKey": {"accessKeyId": "AKIAEXAMPLE"}}},
                    }
                },
            ),
            (6006, 12, {"file": {"name": "plan.pdf", "size": 5}}),
        )
    ],
    "okta.system": [
        {
            "uuid": "u-1",
            "published": "2026-11-20T12:00:00Z",
            "eventType": kind,
            "actor": {"type": "User", "alternateId": "mona@example.com"},
            "outcome": {"result": result, "reason": "INVALID_CREDENTIALS"},
            "client": {"ipAddress": "192.0.2.7", "geographicalContext": {"country": "Germany"}},
            "debugContext": {"debugData": {"factor": "OKTA_VERIFY_PUSH", "privilegeGranted": "Super administrator"}},
            "target": [{"type": "User", "id": "t-1", "alternateId": "omar@example.com"}],
        }
        for kind, result in (
            ("user.session.start", "FAILURE"),
            ("user.authentication.auth_via_mfa", "SUCCESS"),
            ("user.account.privilege.grant", "SUCCESS"),
            ("system.api_token.create", "SUCCESS"),
        )
    ],
}
"""By source; each is recognised as one of it, and becomes an event."""
