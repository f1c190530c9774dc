"""Deployments with CodeDeploy, ECS and CloudFormation become the events that the built-in rule on failures reads."""

import json
from typing import Any

import pytest

from mcm_rules_engine.sources import normalise, recognise
from mcm_rules_engine.sources.deployments import environment_in
from mcm_rules_engine.testing.rulesets import builtin_rules
from mcm_shared.contracts.events import SourceEvent

RULESET = builtin_rules()
SERVICE_ARN = "arn:aws:ecs:eu-west-1:111122223333:service/production/payments"
STACK_ARN = "arn:aws:cloudformation:eu-west-1:111122223333:stack/payments-prod/0"


def a_call(service: str, name: str, request: Any, **said: Any) -> dict[str, Any]:
    """Builds the record of a call that deploys."""
    return {
        "eventVersion": "1.09",
        "eventTime": "2026-11-20T12:00:00Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "eventID": "e-1",
        "userIdentity": {"type": "IAMUser", "userName": "deployer"},
        "requestParameters": request,
        **said,
    }


def a_change(source: str, detail: dict[str, Any], resources: list[str] | None = None) -> dict[str, Any]:
    """Builds a change of state as EventBridge delivers it."""
    return {
        "version": "0",
        "id": "e-2",
        "detail-type": "State Change",
        "source": source,
        "account": "111122223333",
        "time": "2026-11-20T12:00:00Z",
        "region": "eu-west-1",
        "resources": resources or [],
        "detail": detail,
    }


def event_of(payload: Any) -> SourceEvent:
    """Normalises a record."""
    return normalise(payload, "aws.cloudtrail", "events.raw/0/7")


CODEDEPLOY = {"applicationName": "payments", "deploymentGroupName": "payments-production"}
ECS = {"service": SERVICE_ARN, "taskDefinition": "payments:7"}
STACK = {"stackName": "payments-prod"}
ERROR = {"errorCode": "ValidationError", "errorMessage": "Template format error"}


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (a_call("codedeploy", "CreateDeployment", CODEDEPLOY), "deployment_started"),
        (a_call("codedeploy", "CreateDeployment", CODEDEPLOY, **ERROR), "deployment_failed"),
        (a_call("codedeploy", "StopDeployment", {"deploymentId": "d-1"}), "deployment_failed"),
        (a_call("codedeploy", "StopDeployment", {}, **ERROR), "aws.cloudtrail.StopDeployment"),
        (a_call("codedeploy", "PutLifecycleEventHookExecutionStatus", {"status": "Failed"}), "deployment_failed"),
        (a_call("ecs", "UpdateService", ECS), "deployment_started"),
        (a_call("ecs", "UpdateService", ECS, **ERROR), "deployment_failed"),
        (a_call("ecs", "UpdateService", {"service": "a", "desiredCount": 3}), "aws.cloudtrail.UpdateService"),
        (a_call("ecs", "UpdateService", {"service": "a", "forceNewDeployment": True}), "deployment_started"),
        (a_call("cloudformation", "UpdateStack", STACK), "deployment_started"),
        (a_call("cloudformation", "UpdateStack", STACK, **ERROR), "deployment_failed"),
        (
            a_call(
                "cloudformation",
                "UpdateStack",
                STACK,
                errorCode="V",
                errorMessage="No updates are to be performed.",
            ),
            "aws.cloudtrail.UpdateStack",
        ),
        (a_call("cloudformation", "RollbackStack", STACK), "deployment_failed"),
        (a_call("cloudformation", "SignalResource", {**STACK, "status": "FAILURE"}), "deployment_failed"),
        (a_call("cloudformation", "SignalResource", {**STACK, "status": "SUCCESS"}), "aws.cloudtrail.SignalResource"),
        (a_change("aws.codedeploy", {"state": "FAILURE"}), "deployment_failed"),
        (a_change("aws.codedeploy", {"state": "SUCCESS"}), "deployment_succeeded"),
        (a_change("aws.codedeploy", {"state": "READY"}), "aws.cloudtrail.StateChange"),
        (a_change("aws.ecs", {"eventName": "SERVICE_DEPLOYMENT_FAILED"}, [SERVICE_ARN]), "deployment_failed"),
        (a_change("aws.ecs", {"eventName": "SERVICE_DEPLOYMENT_COMPLETED"}), "deployment_succeeded"),
        (
            a_change(
                "aws.cloudformation",
                {"status-details": {"status": "UPDATE_ROLLBACK_COMPLETE"}},
            ),
            "deployment_failed",
        ),
        (a_change("aws.cloudformation", {"status-details": {"status": "CREATE_COMPLETE"}}), "deployment_succeeded"),
        (a_change("aws.cloudformation", {"status-details": {"status": "DELETE_FAILED"}}), "aws.cloudtrail.StateChange"),
    ],
)
def test_what_happened(payload: dict[str, Any], expected: str) -> None:
    assert event_of(payload).event_type == expected


@pytest.mark.parametrize(
    ("payload", "service"),
    [
        (a_call("codedeploy", "CreateDeployment", CODEDEPLOY, **ERROR), "payments"),
        (a_call("ecs", "UpdateService", ECS, **ERROR), "payments"),
        (a_call("cloudformation", "CreateStack", STACK, **ERROR), "payments-prod"),
        (
            a_call(
                "ecs",
                "StopServiceDeployment",
                {"serviceDeploymentArn": "arn:aws:ecs:eu-west-1:111122223333:service-deployment/production/payments/0"},
            ),
            "payments",
        ),
        (
            a_change(
                "aws.codedeploy", {"state": "FAILURE", "application": "payments", "deploymentGroup": "production"}
            ),
            "payments",
        ),
        (a_change("aws.ecs", {"eventName": "SERVICE_DEPLOYMENT_FAILED"}, [SERVICE_ARN]), "payments"),
        (
            a_change(
                "aws.cloudformation", {"stack-id": STACK_ARN, "status-details": {"status": "ROLLBACK_IN_PROGRESS"}}
            ),
            "payments-prod",
        ),
    ],
)
def test_a_failure_in_production_is_found_by_the_built_in_rule(payload: dict[str, Any], service: str) -> None:
    event = event_of(payload)
    assert (event.facts["service"], event.facts["environment"]) == (service, "production")
    assert [(match.rule.name, match.severity) for match in RULESET.match(event) if match.rule.raises_finding] == [
        ("deployment_failed", "high")
    ]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("payments-prod",), "production"),
        (("Payments_PRD", "staging"), "production"),
        (("pre-production",), "preprod"),
        (("nonprod",), "development"),
        (("non-prod-cluster",), "development"),
        (("product-service", "stg"), "staging"),
        (("blue", None), "blue"),
        ((None,), None),
    ],
)
def test_the_environment_stands_in_the_names(names: tuple[str | None, ...], expected: str | None) -> None:
    assert environment_in(*names) == expected


def test_one_record_is_one_event_from_a_file_eventbridge_and_lookup_events() -> None:
    record = a_call("iam", "CreateUser", {"userName": "omar"})
    wrapped = {**a_change("aws.iam", record), "detail-type": "AWS API Call via CloudTrail"}
    looked_up = {"EventId": "e-1", "EventName": "CreateUser", "CloudTrailEvent": json.dumps(record)}
    assert {event_of(each).uid for each in (record, wrapped, looked_up)} == {event_of(record).uid}
    assert {event_of(each).event_type for each in (record, wrapped, looked_up)} == {"aws.cloudtrail.CreateUser"}
    found = [recognise(each) for each in (wrapped, looked_up)]
    assert [each.name for each in found if each is not None] == ["aws.cloudtrail"] * 2
