"""Facts of GitHub's webhook events about code: changes, deployments, workflows and security alerts."""

from collections.abc import Callable
from typing import Any, Final

from mcm_rules_engine.sources.read import first_text, number_at, text_at, value_at
from mcm_rules_engine.sources.source import Payload

Facts = dict[str, Any]
Action = Callable[[Payload, Facts], str]
"""Adds the facts of one event and returns its type; '' when it is none of the known types."""


def _pull_request(payload: Payload, facts: Facts) -> str:
    pull = payload.get("pull_request")
    added, deleted = (number_at(pull, key) for key in ("additions", "deletions"))
    facts |= {
        "number": number_at(pull, "number"),
        "title": text_at(pull, "title"),
        "lines_changed": None if added is None or deleted is None else added + deleted,
        "files_changed": number_at(pull, "changed_files"),
        "branch": text_at(pull, "base", "ref"),
        "head_branch": text_at(pull, "head", "ref"),
        "author": text_at(pull, "user", "login"),
        "from_fork": _differ(text_at(pull, "head", "repo", "full_name"), text_at(pull, "base", "repo", "full_name")),
    }
    match text_at(payload, "action"):
        case "opened":
            return "pull_request_opened"
        case "closed" if value_at(pull, "merged") is True:
            return "pull_request_merged"
    return ""


def _review(payload: Payload, facts: Facts) -> str:
    facts |= {
        "number": number_at(payload.get("pull_request"), "number"),
        "state": text_at(payload, "review", "state"),
        "author": text_at(payload, "pull_request", "user", "login"),
    }
    return ""


def _push(payload: Payload, facts: Facts) -> str:
    commits = payload.get("commits")
    facts |= {
        "branch": (text_at(payload, "ref") or "").removeprefix("refs/heads/") or None,
        "commits": len(commits) if isinstance(commits, list) else None,
        "commit": first_text(text_at(payload, "after"), text_at(payload, "head_commit", "id")),
        **{name: payload.get(name) for name in ("forced", "created", "deleted")},
    }
    return ""


def _deployment(payload: Payload, facts: Facts) -> str:
    deployment = payload.get("deployment")
    facts |= {
        "service": text_at(payload, "repository", "name"),
        "environment": first_text(
            text_at(payload, "deployment_status", "environment"), text_at(deployment, "environment")
        ),
        "version": text_at(deployment, "ref"),
        "commit": text_at(deployment, "sha"),
    }
    return "deployment_started"


def _deployment_status(payload: Payload, facts: Facts) -> str:
    _deployment(payload, facts)
    state = text_at(payload, "deployment_status", "state")
    facts["state"] = state
    return {"success": "deployment_succeeded", "failure": "deployment_failed", "error": "deployment_failed"}.get(
        state or "", ""
    )


def _workflow(payload: Payload, facts: Facts) -> str:
    run = _first_object(payload.get("workflow_run"), payload.get("workflow_job"))
    facts |= {
        "workflow": first_text(text_at(run, "workflow_name"), text_at(run, "name")),
        "conclusion": text_at(run, "conclusion"),
        "branch": text_at(run, "head_branch"),
        "commit": text_at(run, "head_sha"),
        "trigger": text_at(run, "event"),
        "from_fork": _differ(text_at(run, "head_repository", "full_name"), text_at(payload, "repository", "full_name")),
    }
    return ""


def _alert(payload: Payload, facts: Facts) -> str:
    alert = payload.get("alert")
    facts |= {
        "number": number_at(alert, "number"),
        "state": text_at(alert, "state"),
        "resolution": first_text(text_at(alert, "resolution"), text_at(alert, "dismissed_reason")),
        "secret_type": text_at(alert, "secret_type"),
        "validity": text_at(alert, "validity"),
        "push_protection_bypassed": value_at(alert, "push_protection_bypassed"),
        "publicly_leaked": value_at(alert, "publicly_leaked"),
        "severity": first_text(
            text_at(alert, "security_advisory", "severity"),
            text_at(alert, "rule", "security_severity_level"),
            text_at(alert, "rule", "severity"),
        ),
    }
    return ""


def _first_object(*values: Any) -> dict[str, Any] | None:
    """Returns the first value that is an object."""
    return next((value for value in values if isinstance(value, dict)), None)


def _differ(one: str | None, other: str | None) -> bool | None:
    return None if one is None or other is None else one != other


CODE_ACTIONS: Final[dict[str, Action]] = {
    "pull_request": _pull_request,
    "pull_request_review": _review,
    "push": _push,
    "deployment": _deployment,
    "deployment_status": _deployment_status,
    "workflow_run": _workflow,
    "workflow_job": _workflow,
    "secret_scanning_alert": _alert,
    "code_scanning_alert": _alert,
    "dependabot_alert": _alert,
}
"""Events about code, by event name."""
