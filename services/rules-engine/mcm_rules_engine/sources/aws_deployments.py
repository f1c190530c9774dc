"""Deployments with AWS CodeDeploy, ECS and CloudFormation: CloudTrail's calls, and EventBridge's changes of state."""

from typing import Any, Final

from mcm_rules_engine.sources.aws_request import Action, Facts, request_of, response_of
from mcm_rules_engine.sources.deployments import environment_in
from mcm_rules_engine.sources.read import first_text, known, text_at, value_at

STARTED: Final = "deployment_started"
SUCCEEDED: Final = "deployment_succeeded"
FAILED: Final = "deployment_failed"

_NOTHING_TO_DO: Final = "no updates are to be performed"
_ROLLED_BACK: Final = ("ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE", "_FAILED")
_CODEDEPLOY_STATES: Final = {"START": STARTED, "SUCCESS": SUCCEEDED, "FAILURE": FAILED, "STOP": FAILED}
_ECS_EVENTS: Final = {
    "SERVICE_DEPLOYMENT_IN_PROGRESS": STARTED,
    "SERVICE_DEPLOYMENT_COMPLETED": SUCCEEDED,
    "SERVICE_DEPLOYMENT_FAILED": FAILED,
}


def _call(payload: dict[str, Any], facts: Facts, event_type: str) -> str:
    error = text_at(payload, "errorCode")
    message = text_at(payload, "errorMessage")
    if error is None:
        return event_type
    if _NOTHING_TO_DO in (message or "").lower():
        return ""
    facts["reason"] = message or error
    return FAILED


def _codedeploy(payload: dict[str, Any], facts: Facts) -> str:
    request = request_of(payload)
    group = text_at(request, "deploymentGroupName")
    service = text_at(request, "applicationName")
    facts |= known(
        {
            "service": service,
            "environment": environment_in(group, service),
            "version": first_text(
                text_at(request, "revision", "s3Location", "key"),
                text_at(request, "revision", "gitHubLocation", "commitId"),
            ),
            "commit": text_at(request, "revision", "gitHubLocation", "commitId"),
            "deployment": text_at(response_of(payload), "deploymentId"),
        }
    )
    return _call(payload, facts, STARTED)


def _codedeploy_ended(payload: dict[str, Any], facts: Facts) -> str:
    request = request_of(payload)
    facts |= known({"deployment": text_at(request, "deploymentId"), "reason": text_at(request, "status")})
    if text_at(payload, "eventName") == "StopDeployment":
        facts["reason"] = "stopped"
        return "" if payload.get("errorCode") else FAILED
    return FAILED if text_at(request, "status") == "Failed" and not payload.get("errorCode") else ""


def _ecs(payload: dict[str, Any], facts: Facts) -> str:
    request = request_of(payload)
    task = text_at(request, "taskDefinition")
    # a change of the number of tasks is no deployment
    if task is None and request.get("forceNewDeployment") is not True:
        return ""
    service = first_text(text_at(request, "service"), text_at(request, "serviceName"))
    facts |= known(_ecs_facts(service, text_at(request, "cluster"), task))
    return _call(payload, facts, STARTED)


def _ecs_stopped(payload: dict[str, Any], facts: Facts) -> str:
    arn = text_at(payload, "requestParameters", "serviceDeploymentArn") or ""
    # arn:aws:ecs:<region>:<account>:service-deployment/<cluster>/<service>/<id>
    parts = arn.split("/")
    cluster, service = (parts[1], parts[2]) if len(parts) > 3 else (None, None)
    facts |= known({**_ecs_facts(service, cluster, None), "reason": text_at(payload, "requestParameters", "stopType")})
    return "" if payload.get("errorCode") else FAILED


def _ecs_facts(service: str | None, cluster: str | None, task: str | None) -> Facts:
    cluster = None if cluster is None else cluster.rpartition("/")[2]
    if cluster is None and service is not None and service.startswith("arn:") and service.count("/") > 1:
        cluster = service.split("/")[-2]
    name = None if service is None else service.rpartition("/")[2]
    return {
        "service": name,
        "environment": environment_in(cluster, name),
        "version": None if task is None else task.rpartition("/")[2],
    }


def _cloudformation(payload: dict[str, Any], facts: Facts) -> str:
    facts |= known(_stack_facts(text_at(payload, "requestParameters", "stackName")))
    return _call(payload, facts, STARTED)


def _cloudformation_rolled_back(payload: dict[str, Any], facts: Facts) -> str:
    facts |= known(_stack_facts(text_at(payload, "requestParameters", "stackName")))
    facts["reason"] = text_at(payload, "eventName")
    return "" if payload.get("errorCode") else FAILED


def _cloudformation_signal(payload: dict[str, Any], facts: Facts) -> str:
    facts |= known(_stack_facts(text_at(payload, "requestParameters", "stackName")))
    failed = text_at(payload, "requestParameters", "status") == "FAILURE" and not payload.get("errorCode")
    return FAILED if failed else ""


def _stack_facts(stack: str | None) -> Facts:
    # a name, or arn:aws:cloudformation:<region>:<account>:stack/<name>/<id>
    name = stack.split("/")[1] if stack is not None and stack.startswith("arn:") and "/" in stack else stack
    return {"service": name, "environment": environment_in(name)}


def state_change(envelope: dict[str, Any], facts: Facts) -> str:
    """Returns the event type of a change of state as EventBridge delivers it; '' when it is no deployment's."""
    detail = envelope.get("detail")
    match text_at(envelope, "source"):
        case "aws.codedeploy":
            service, group = text_at(detail, "application"), text_at(detail, "deploymentGroup")
            facts |= known(
                {
                    "service": service,
                    "environment": environment_in(group, service),
                    "deployment": text_at(detail, "deploymentId"),
                    "reason": text_at(detail, "state"),
                }
            )
            return _CODEDEPLOY_STATES.get(text_at(detail, "state") or "", "")
        case "aws.ecs":
            resources = envelope.get("resources")
            arns = [each for each in resources if isinstance(each, str)] if isinstance(resources, list) else []
            service = next((arn for arn in arns if ":service/" in arn), None)
            facts |= known({**_ecs_facts(service, None, None), "reason": text_at(detail, "reason")})
            return _ECS_EVENTS.get(text_at(detail, "eventName") or "", "")
        case "aws.cloudformation":
            status = text_at(detail, "status-details", "status") or ""
            facts |= known(
                {
                    **_stack_facts(text_at(detail, "stack-id")),
                    "reason": text_at(detail, "status-details", "status-reason") or status or None,
                }
            )
            # the status of one resource of a stack decides nothing
            return "" if value_at(detail, "logical-resource-id") is not None else _stack_status(status)
    return ""


def _stack_status(status: str) -> str:
    if status.endswith(_ROLLED_BACK):
        return "" if status.startswith("DELETE") else FAILED
    if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"):
        return SUCCEEDED
    return STARTED if status in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "IMPORT_IN_PROGRESS") else ""


DEPLOYMENTS: Final[dict[tuple[str, str], Action]] = {
    ("codedeploy", "CreateDeployment"): _codedeploy,
    ("codedeploy", "StopDeployment"): _codedeploy_ended,
    ("codedeploy", "PutLifecycleEventHookExecutionStatus"): _codedeploy_ended,
    ("ecs", "CreateService"): _ecs,
    ("ecs", "UpdateService"): _ecs,
    ("ecs", "CreateTaskSet"): _ecs,
    ("ecs", "StopServiceDeployment"): _ecs_stopped,
    **{("cloudformation", name): _cloudformation for name in ("CreateStack", "UpdateStack", "ExecuteChangeSet")},
    **{
        ("cloudformation", name): _cloudformation_rolled_back
        for name in ("RollbackStack", "CancelUpdateStack", "ContinueUpdateRollback")
    },
    ("cloudformation", "SignalResource"): _cloudformation_signal,
}
"""By service and event name. A call that failed is a failed deployment, so these see failed calls too."""
