"""The pack for clouds: complete, tested both ways, and held against recorded attacks and published cases."""

import contextlib
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mcm_rules_engine.offline.in_memory import Evaluation
from mcm_rules_engine.offline.run_rule_tests import run_rule_tests
from mcm_rules_engine.sigma.model.correlation import Correlation
from mcm_rules_engine.sigma.model.rule import Rule
from mcm_rules_engine.sources import normalise
from mcm_rules_engine.testing.published_detections import OURS
from mcm_rules_engine.testing.rulesets import cloud_rules
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.findings import Severity
from mcm_shared.db.memory import memory_database
from mcm_shared.errors import PoisonEventError

TOP = Path(__file__).resolve().parents[3]
PACK = TOP / "packs" / "cloud"
CASES = TOP.parent / "shared" / "cases"

RULESET = cloud_rules()
ALL: list[Rule | Correlation] = [*RULESET.rules, *RULESET.correlations]
IN_PACK = [rule for rule in ALL if Path(rule.path).is_relative_to(PACK)]
RAISING = [rule for rule in IN_PACK if rule.raises_finding]

TIMES = {
    "aws.cloudtrail": ("eventTime", "2026-01-05T12:00:00Z"),
    "azure.activity": ("time", "2026-01-05T12:00:00Z"),
    "azure.signin": ("time", "2026-01-05T12:00:00Z"),
    "github.audit": ("created_at", 1_767_614_400_000),
    "github.webhook": ("received_at", "2026-01-05T12:00:00Z"),
    "okta.system": ("published", "2026-01-05T12:00:00Z"),
}
"""Where each source keeps the time of an event, and a time to put there."""

OKTA_SPELLS = {"eventtype": "eventType", "debugcontext": "debugContext", "legacyeventtype": "legacyEventType"}

with_cases = pytest.mark.skipif(not CASES.is_dir(), reason="the published cases are not on this machine")


PARTS = [IN_PACK[start : start + 50] for start in range(0, len(IN_PACK), 50)]
"""The pack in parts, since one test for all of it would take minutes."""


@pytest.mark.parametrize("rules", PARTS, ids=lambda part: f"{part[0].name}-and-{len(part) - 1}-more")
async def test_every_rule_passes_its_own_tests_in_every_order(rules: list[Rule | Correlation]) -> None:
    failed = {
        verdict.rule.name: (verdict.missing, [test for test in verdict.tests if test.differences])
        async for verdict in run_rule_tests(RULESET, rules)
        if not verdict.passed
    }
    assert failed == {}


@pytest.mark.parametrize("rule", RAISING, ids=lambda rule: rule.name)
def test_a_rule_is_complete(rule: Rule | Correlation) -> None:
    assert Path(rule.path).stem == rule.name
    assert rule.description != rule.title
    assert rule.falsepositives
    assert len(re.findall(r"^\d\. ", rule.runbook, re.MULTILINE)) >= 2
    assert {"soc2", "iso27001", "nist", "cis", "pci"} <= {tag.partition(".")[0] for tag in rule.tags}
    assert len(set(rule.tags)) == len(rule.tags)
    assert any(test.expect for test in rule.tests)
    assert any(not test.expect for test in rule.tests)


def test_what_only_counts_is_counted_by_a_correlation() -> None:
    counted = {member.rule_id for each in RULESET.correlations for series in each.inputs for member in series.members}
    silent = [rule for rule in IN_PACK if not rule.raises_finding]
    assert [rule.name for rule in silent if rule.id not in counted] == []


@cache
def published() -> Mapping[str, list[dict[str, Any]]]:
    """Reads the published cases, by detection."""
    cases: dict[str, list[dict[str, Any]]] = {}
    for line in (CASES / "published-detection-tests.ndjson").read_text().splitlines():
        case = json.loads(line)
        cases.setdefault(case["rule"], []).append(case)
    return cases


def event_of(case: dict[str, Any]) -> SourceEvent:
    """Normalises a published case.

    Many are trimmed: without a time, or one without a zone, they would be dead letters, and so all of them get the
    same time. Those of Okta come from a library that writes some of Okta's keys in lower case.
    """
    key, moment = TIMES[case["source"]]
    payload = {**case["payload"], key: moment}
    if case["source"] == "okta.system":
        payload = {OKTA_SPELLS.get(name, name): value for name, value in payload.items()}
    return normalise(payload, case["source"], "events.raw/0/7")


@with_cases
@pytest.mark.parametrize("detection", OURS)
def test_a_published_detection_comes_out_as_published(detection: str) -> None:
    ours = {
        case["test"]: not {match.rule.name for match in RULESET.match(event_of(case))}.isdisjoint(OURS[detection])
        for case in published()[detection]
    }
    assert ours == {case["test"]: case["fires"] for case in published()[detection]}


@with_cases
def test_the_pack_speaks_to_most_of_the_published_detections() -> None:
    compared = sum(len(published()[detection]) for detection in OURS)
    assert (len(OURS), len(published()), compared) == (122, 138, 420)
    assert {name for names in OURS.values() for name in names} <= {rule.name for rule in RULESET.rules}


OTHER_KINDS = {
    "AWS.CloudTrail.VPCE.AccessDenied": {"vpc_endpoint_used_by_external_account"},
    "AWS.Console.RootLoginFailed": {"console_login_without_mfa", "root_account_used"},
    "AWS.EC2.Traffic.Mirroring": {"codebuild_project_made_public"},
    "AWS.IAM.CreateUser": {"role_escalated_to_admin"},
    "AWS.S3.DisableMfaDelete": {"s3_bucket_configuration_deleted"},
    "Azure.MonitorActivity.EventHub.Deleted": {"azure_storage_account_deleted"},
    "Azure.MonitorActivity.Kubernetes.RoleBindingCreated": {"azure_kubernetes_role_changed"},
    "Azure.MonitorActivity.Network.FirewallPolicyDeleted": {"azure_firewall_changed"},
    "Azure.MonitorActivity.Network.WatcherDeleted": {"azure_virtual_network_deleted"},
    "Azure.MonitorActivity.Storage.BlobPermissionsModified": {"azure_storage_account_deleted"},
    "Azure.MonitorActivity.StorageAccount.BlobAnonymousAccessEnabled": {"azure_storage_account_deleted"},
    "Azure.MonitorActivity.StorageAccount.SharedKeyAccessEnabled": {"azure_storage_account_deleted"},
    "GitHub.Action.Failed": {"github_branch_protection_removed"},
    "Github.Repository.Transfer": {"github_repository_made_public"},
    "Okta.User.MFA.Factor.Suspend": {"okta_mfa_reset_all"},
    "Okta.User.MFA.Reset.All": {"okta_rate_limit_exceeded"},
    "Okta.User.Reported.Suspicious.Activity": {"okta_mfa_reset_all"},
}
"""What cases that a detection must not match raise of medium or above: each is another change, which did happen."""


@with_cases
def test_negative_cases_raise_nothing_but_what_else_happened_in_them() -> None:
    raised: dict[str, set[str]] = {}
    for detection, cases in published().items():
        for case in cases:
            with contextlib.suppress(PoisonEventError):
                matches = [] if case["fires"] else RULESET.match(event_of(case))
                names = {
                    each.rule.name for each in matches if each.rule.raises_finding and each.severity != Severity.LOW
                }
                if names:
                    raised[detection] = raised.get(detection, set()) | names
    assert raised == OTHER_KINDS


ATTACKS = {
    "aws.credential-access.ec2-get-password-data": "ec2_password_data_read_in_bulk",
    "aws.credential-access.ec2-steal-instance-credentials": "ec2_instance_credentials_identity_check",
    "aws.credential-access.secretsmanager-batch-retrieve-secrets": "secretsmanager_batch_retrieval",
    "aws.credential-access.secretsmanager-retrieve-secrets": "secretsmanager_secrets_read_in_bulk",
    "aws.credential-access.ssm-retrieve-securestring-parameters": "ssm_parameters_decrypted_in_bulk",
    "aws.defense-evasion.cloudtrail-delete": "cloudtrail_logging_stopped",
    "aws.defense-evasion.cloudtrail-event-selectors": "cloudtrail_event_selectors_weakened",
    "aws.defense-evasion.cloudtrail-stop": "cloudtrail_logging_stopped",
    "aws.defense-evasion.dns-delete-logs": "route53_query_logging_deleted",
    "aws.defense-evasion.organizations-leave": "organization_leave_attempted",
    "aws.defense-evasion.vpc-remove-flow-logs": "vpc_flow_logs_deleted",
    "aws.discovery.ec2-download-user-data": "user_data_read_in_bulk",
    "aws.execution.ec2-launch-unusual-instances": "ec2_high_cost_instances_launched",
    "aws.execution.ec2-user-data": "ec2_user_data_modified",
    "aws.execution.ssm-send-command": "ssm_command_run",
    "aws.execution.ssm-start-session": "ssm_sessions_on_many_instances",
    "aws.exfiltration.ec2-security-group-open-port-22-ingress": "security_group_open_to_internet",
    "aws.exfiltration.ec2-share-ami": "ami_shared",
    "aws.exfiltration.ec2-share-ebs-snapshot": "ebs_snapshot_shared",
    "aws.exfiltration.rds-share-snapshot": "rds_snapshot_shared",
    "aws.impact.bedrock-invoke-model": "bedrock_model_access_enabled",
    "aws.initial-access.console-login-without-mfa": "console_login_without_mfa",
    "aws.lateral-movement.ec2-instance-connect": "ec2_instance_connect_keys_pushed_in_bulk",
    "aws.lateral-movement.ec2-serial-console-send-ssh-public-key": "ec2_serial_console_enabled",
    "aws.persistence.iam-backdoor-role": "iam_role_trusts_external_account",
    "aws.persistence.iam-backdoor-user": "iam_access_key_created_for_other_user",
    "aws.persistence.iam-create-admin-user": "role_escalated_to_admin",
    "aws.persistence.iam-create-backdoor-role": "iam_role_trusts_external_account",
    "aws.persistence.iam-create-user-login-profile": "iam_login_profile_set_for_other_user",
    "aws.persistence.lambda-backdoor-function": "lambda_permission_granted_externally",
    "aws.persistence.lambda-layer-extension": "lambda_layer_changed",
    "aws.persistence.lambda-overwrite-code": "lambda_code_updated",
    "aws.persistence.rolesanywhere-create-trust-anchor": "rolesanywhere_trust_anchor_created",
    "aws.persistence.sts-federation-token": "sts_federation_token_issued",
    "aws.privilege-escalation.iam-update-user-login-profile": "iam_login_profile_set_for_other_user",
}
"""The rule that names each recorded attack best."""


async def findings_of(events: list[SourceEvent]) -> set[tuple[str, str]]:
    """Evaluates events: the rules that raise findings, with their severities."""
    async with memory_database() as engine:
        evaluation = Evaluation(engine, RULESET)
        await evaluation.add(events)
        return {(finding.rule_name, finding.severity.value) for finding in await evaluation.findings()}


@with_cases
@pytest.mark.parametrize("attack", ATTACKS)
async def test_a_recorded_attack_raises_the_finding_that_names_it(attack: str) -> None:
    lines = (CASES / "cloudtrail-attacks" / f"{attack}.ndjson").read_text().splitlines()
    findings = await findings_of([normalise(json.loads(line), "aws.cloudtrail", "x") for line in lines])
    assert ATTACKS[attack] in {name for name, _ in findings}


@with_cases
def test_every_recorded_attack_is_in_the_table() -> None:
    assert set(ATTACKS) == {path.stem for path in (CASES / "cloudtrail-attacks").glob("*.ndjson")}


async def story(name: str) -> set[tuple[str, str]]:
    """Evaluates a published story; the same id stands on many of its events, so that each gets one of its own."""
    events = []
    for path in sorted((CASES / "scenarios").glob(f"{name}--*.ndjson")):
        for number, line in enumerate(path.read_text().splitlines()):
            entry = json.loads(line)
            payload = {key: value for key, value in entry["payload"].items() if key not in ("eventID", "uuid")}
            events.append(normalise(payload, entry["source"], f"{path.stem}/{number}"))
    return await findings_of(events)


@with_cases
async def test_the_story_of_guessed_passwords_and_a_new_administrator() -> None:
    assert await story("okta-add-administrator") == {
        ("login_failures", "medium"),
        ("login_after_failures", "critical"),
        ("okta_admin_role_granted", "high"),
        ("okta_user_created", "low"),
        ("role_escalated_to_admin", "high"),
    }


@with_cases
async def test_the_story_of_the_stolen_root_account() -> None:
    assert await story("compromised-root-creds") == {
        ("iam_access_key_created_for_other_user", "medium"),
        ("console_login_without_mfa", "critical"),
        ("ec2_high_cost_instances_launched", "medium"),
        ("ec2_imdsv1_enabled", "low"),
        ("iam_policy_changed", "low"),
        ("iam_user_created", "low"),
        ("role_escalated_to_admin", "high"),
        ("root_access_key_created", "critical"),
        ("root_account_used", "high"),
        ("root_login_failed", "high"),
        ("token_without_expiry", "low"),
    }
