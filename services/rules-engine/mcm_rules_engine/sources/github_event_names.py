"""GitHub's webhook events by name: recognised by what a payload holds."""

from typing import Final

from mcm_rules_engine.sources.source import Payload

_SHAPES: Final = (
    (("deployment_status",), "deployment_status"),
    (("deployment",), "deployment"),
    (("workflow_job",), "workflow_job"),
    (("workflow_run",), "workflow_run"),
    (("review", "pull_request"), "pull_request_review"),
    (("comment", "pull_request"), "pull_request_review_comment"),
    (("pull_request",), "pull_request"),
    (("comment", "issue"), "issue_comment"),
    (("issue",), "issues"),
    (("pages",), "gollum"),
    (("commits", "ref"), "push"),
    (("commits", "pusher"), "push"),
    (("ref", "pusher_type"), "create"),
    (("personal_access_token_request",), "personal_access_token_request"),
    (("release",), "release"),
    (("forkee",), "fork"),
    (("key", "repository"), "deploy_key"),
    (("membership", "organization"), "organization"),
    (("invitation", "organization"), "organization"),
    (("member", "team"), "membership"),
    (("member", "repository"), "member"),
    (("team", "repository"), "team_add"),
    (("team",), "team"),
)
"""Keys that a payload of an event has, and the name of the event; the most special first."""


def event_name_of(payload: Payload) -> str | None:
    """Recognises an event by what its payload holds; None when that is not plain."""
    alert = payload.get("alert")
    if isinstance(alert, dict):
        if "secret_type" in alert:
            return "secret_scanning_alert"
        return "dependabot_alert" if "dependency" in alert else "code_scanning_alert" if "rule" in alert else None
    if isinstance(payload.get("rule"), dict) and "authorized_actors_only" in payload["rule"]:
        return "branch_protection_rule"
    for keys, name in _SHAPES:
        for key in keys:
            if payload.get(key) is None:
                break
        else:
            return name
    return "repository" if "repository" in payload and "action" in payload else None
