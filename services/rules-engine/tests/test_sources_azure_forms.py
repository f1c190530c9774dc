"""The forms of Azure's activity log: rules find the fields of each by the names of all."""

import json
from typing import Any

import pytest

from mcm_rules_engine.sigma.load import parse_rules
from mcm_rules_engine.sources import normalise

WRITE_ACCOUNT = "Microsoft.Storage/storageAccounts/write"


@pytest.mark.parametrize(
    "entry",
    [
        {
            "time": "2026-01-05T12:00:00Z",
            "operationName": WRITE_ACCOUNT,
            "resultType": "Success",
            "category": "Administrative",
            "callerIpAddress": "192.0.2.7",
            "resourceId": "/subscriptions/0/x",
        },
        {
            "eventTimestamp": "2026-01-05T12:00:00Z",
            "operationName": {"value": WRITE_ACCOUNT, "localizedValue": "Create account"},
            "status": {"value": "Succeeded"},
            "category": {"value": "Administrative"},
            "httpRequest": {"clientIpAddress": "192.0.2.7"},
            "resourceId": "/subscriptions/0/x",
        },
        {
            "TimeGenerated": "2026-01-05T12:00:00Z",
            "OperationNameValue": WRITE_ACCOUNT.upper(),
            "ActivityStatusValue": "Success",
            "CategoryValue": "Administrative",
            "CallerIpAddress": "192.0.2.7",
            "_ResourceId": "/subscriptions/0/x",
        },
    ],
    ids=["diagnostic settings", "REST API", "Log Analytics"],
)
@pytest.mark.parametrize(
    "detection",
    [
        {"operationName": WRITE_ACCOUNT, "resultType|startswith": "Succe", "category": "Administrative"},
        {"OperationNameValue": WRITE_ACCOUNT, "ActivityStatusValue|startswith": "Succe",
         "CategoryValue": "Administrative"},
        {"callerIpAddress": "192.0.2.7", "resourceId|startswith": "/subscriptions/"},
        {"CallerIpAddress": "192.0.2.7", "_ResourceId|contains": "subscriptions"},
    ],
)  # fmt: skip
def test_rules_know_the_fields_of_every_form_by_the_names_of_each(
    entry: dict[str, Any], detection: dict[str, str]
) -> None:
    rule = {
        "title": "A write",
        "logsource": {"product": "azure", "service": "activitylogs"},
        "detection": {"s": detection, "condition": "s"},
        "level": "low",
    }
    matches = parse_rules(json.dumps(rule)).match(normalise(entry, "azure.activity", "events.raw/0/7"))
    assert [match.rule.title for match in matches] == ["A write"]
