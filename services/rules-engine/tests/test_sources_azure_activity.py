"""Events of Azure's activity log become events: who, what, and the facts the rules read."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings

from mcm_rules_engine.sigma.load import parse_rules
from mcm_rules_engine.sources import normalise
from mcm_rules_engine.testing.any_shape import spoiled
from mcm_rules_engine.testing.rulesets import builtin_rules
from mcm_shared.contracts.events import EVENT_TYPES, SourceEvent
from mcm_shared.errors import PoisonEventError

RULESET = builtin_rules()
ACCOUNT = "/subscriptions/0/resourceGroups/example/providers/Microsoft.Storage/storageAccounts/exampledata"
CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
OWNER = "/subscriptions/0/providers/Microsoft.Authorization/roleDefinitions/8E3AF657-a8ff-443c-a75c-2fe8c4bcb635"
WRITE_ROLE = "Microsoft.Authorization/roleAssignments/write"
WRITE_ACCOUNT = "Microsoft.Storage/storageAccounts/write"
WRITE_CONTAINER = "Microsoft.Storage/storageAccounts/blobServices/containers/write"


def an_entry(operation: str = "Microsoft.Compute/virtualMachines/delete", **said: Any) -> dict[str, Any]:
    """Builds an entry of the activity log; ``request`` is the body of the request below ``properties``."""
    request = said.pop("request", None)
    properties = {} if request is None else {"requestbody": json.dumps({"properties": request})}
    return {
        "time": "2026-11-20T12:00:00.1234567Z",
        "resourceId": ACCOUNT,
        "operationName": operation,
        "category": "Administrative",
        "resultType": "Success",
        "callerIpAddress": "192.0.2.7",
        "correlationId": "00000000-0000-4000-8000-000000000001",
        "location": "westeurope",
        "identity": {"claims": {"name": "Mona", f"{CLAIMS}upn": "mona@example.com"}},
        "properties": properties,
        **said,
    }


def event_of(entry: Any) -> SourceEvent:
    """Normalises an entry."""
    return normalise(entry, "azure.activity", "events.raw/0/7")


def rules_of(entry: Any) -> list[tuple[str, str]]:
    """Lists the built-in rules that hold for an entry, with their severities."""
    matches = RULESET.match(event_of(entry))
    return [(match.rule.name, match.severity.value) for match in matches if match.rule.raises_finding]


def test_an_entry_keeps_its_time_user_and_payload() -> None:
    entry = an_entry()
    event = event_of(entry)
    assert event.timestamp.isoformat() == "2026-11-20T12:00:00.123456+00:00"
    assert event.user == "mona@example.com"
    assert event.event_type == "azure.activity.microsoft.compute/virtualmachines/delete"
    assert event.raw_data is entry
    assert event.attributes == {
        "ip": "192.0.2.7",
        "region": "westeurope",
        "resource": ACCOUNT,
        "result": "success",
    }


def test_keys_and_values_come_in_any_case() -> None:
    lower = {key.lower(): value for key, value in an_entry(WRITE_ACCOUNT.upper(), resultType="SUCCEEDED").items()}
    lower["properties"] = {"requestbody": '{"properties": {"allowBlobPublicAccess": true}}'}
    assert event_of(lower).event_type == "storage_bucket_permission_changed"
    assert rules_of(lower) == [("public_access_unblocked", "high")]


def test_an_entry_delivered_again_is_the_same_event_and_its_neighbours_are_others() -> None:
    first = event_of(an_entry())
    assert event_of({key.lower(): value for key, value in an_entry().items()}).uid == first.uid
    for said in ({"resultType": "Start"}, {"time": "2026-11-20T12:00:01Z"}, {"resourceId": "/subscriptions/1"}):
        assert event_of(an_entry(**said)).uid != first.uid
    without = an_entry(correlationId=None)
    assert event_of(without).uid == event_of(dict(reversed(without.items()))).uid
    assert event_of(an_entry(correlationId=None, eventDataId="e-1")).id == "e-1"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"identity": {"claims": {f"{CLAIMS}emailaddress": "omar@example.com"}}}, "omar@example.com"),
        ({"identity": {"claims": {"name": "Omar"}}}, "Omar"),
        ({"identity": {"claims": {"appid": "app-1"}}}, "app-1"),
        ({"identity": json.dumps({"Claims": {f"{CLAIMS}UPN": "Omar@Example.com"}})}, "omar@example.com"),
        ({"identity": "omar", "caller": "omar@example.com"}, "omar@example.com"),
        ({"identity": None}, None),
    ],
)
def test_who_it_was(said: dict[str, Any], expected: str | None) -> None:
    assert event_of(an_entry(**said)).user == expected


@pytest.mark.parametrize(
    ("operation", "request_body", "expected"),
    [
        (WRITE_ROLE, {"roleDefinitionId": OWNER, "principalId": "p-1"}, [("role_escalated_to_admin", "critical")]),
        (WRITE_ROLE, {"roleDefinitionId": "/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"}, []),
        (WRITE_CONTAINER, {"publicAccess": "Blob"}, [("bucket_made_public", "critical")]),
        (WRITE_CONTAINER, {"publicAccess": "None"}, []),
        (WRITE_CONTAINER, {}, []),
        (WRITE_ACCOUNT, {"allowBlobPublicAccess": True}, [("public_access_unblocked", "high")]),
        (WRITE_ACCOUNT, {"allowBlobPublicAccess": False}, []),
        (WRITE_ACCOUNT, {"supportsHttpsTrafficOnly": True}, []),
    ],
)
def test_what_the_built_in_rules_make_of_it(
    operation: str, request_body: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert rules_of(an_entry(operation, request=request_body)) == expected


ASSIGNMENT = {"roleDefinitionId": OWNER, "principalId": "p-1"}
IN_CAPITALS = {"Id": "a-1", "Properties": {"RoleDefinitionId": OWNER, "PrincipalId": "p-1", "Scope": "/"}}


@pytest.mark.parametrize(
    "properties",
    [
        {"requestbody": json.dumps(IN_CAPITALS)},
        {"requestBody": json.dumps(IN_CAPITALS)},
        {"RequestBody": IN_CAPITALS},
        {"requestbody": json.dumps({"PROPERTIES": {"ROLEDEFINITIONID": OWNER}})},
        {"requestbody": json.dumps({"properties": json.dumps(ASSIGNMENT)})},
        {"requestbody": json.dumps(ASSIGNMENT)},
        {"requestbody": json.dumps(json.dumps({"properties": ASSIGNMENT}))},
        {"request_body": json.dumps({"properties": ASSIGNMENT})},
        {"Response_Body": json.dumps({"properties": ASSIGNMENT})},
        {"responseBody": json.dumps({"properties": ASSIGNMENT, "id": "a-1"})},
        json.dumps({"requestbody": json.dumps(IN_CAPITALS)}),
    ],
)
def test_an_owner_is_granted_however_the_request_is_spelled(properties: Any) -> None:
    for key in ("properties", "Properties"):
        entry = {**an_entry(WRITE_ROLE), key: properties}
        entry = {name: value for name, value in entry.items() if name == key or name.lower() != "properties"}
        assert rules_of(entry) == [("role_escalated_to_admin", "critical")]


def test_elevated_access_is_an_escalation() -> None:
    entry = an_entry("Microsoft.Authorization/elevateAccess/action")
    assert rules_of(entry) == [("role_escalated_to_admin", "critical")]
    assert event_of(entry).facts["target"] == "mona@example.com"
    assert rules_of({**entry, "resultType": "Failure"}) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.7:51234", "192.0.2.7"),
        ("192.0.2.7", "192.0.2.7"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"),
    ],
)
def test_an_address_may_come_with_a_port(text: str, expected: str) -> None:
    assert event_of(an_entry(callerIpAddress=text)).facts["ip"] == expected


def test_the_spellings_of_the_api_and_of_log_analytics_are_read() -> None:
    rest = {
        "eventTimestamp": "2026-11-20T12:00:00Z",
        "operationName": {"value": WRITE_ROLE, "localizedValue": "Create role assignment"},
        "status": {"value": "Succeeded"},
        "caller": "Mona@example.com",
        "httpRequest": {"clientIpAddress": "192.0.2.7"},
        "properties": {"requestbody": json.dumps(IN_CAPITALS)},
        "eventDataId": "e-1",
    }
    row = {
        "TimeGenerated": "2026-11-20T12:00:00Z",
        "OperationNameValue": WRITE_ROLE.upper(),
        "ActivityStatusValue": "Success",
        "Caller": "mona@example.com",
        "CallerIpAddress": "192.0.2.7",
        "Properties": json.dumps({"requestbody": json.dumps(IN_CAPITALS)}),
    }
    for entry in (rest, row):
        assert rules_of(entry) == [("role_escalated_to_admin", "critical")]
        assert (event_of(entry).user, event_of(entry).facts["ip"]) == ("mona@example.com", "192.0.2.7")


@pytest.mark.parametrize("key", ["operationName", "OperationName", "OPERATIONNAME", "operationname"])
def test_native_rules_match_keys_in_any_case(key: str) -> None:
    rule = (
        "title: A rule\nid: 00000000-0000-4000-8000-0000000000a4\nlevel: low\n"
        "logsource: {product: azure, service: activitylogs}\n"
        f"detection: {{s: {{operationName: {WRITE_ROLE}, properties.requestBody|contains: Owner}}, condition: s}}\n"
    )
    entry = an_entry(WRITE_ROLE, properties=None)
    del entry["operationName"], entry["properties"]
    ruleset = parse_rules(rule)
    assert ruleset.match(event_of({**entry, key: WRITE_ROLE, "Properties": {"requestbody": "the Owner"}}))
    assert not ruleset.match(event_of({**entry, key: WRITE_ROLE, "Properties": {"requestbody": "a reader"}}))


def test_a_container_is_named_with_its_account() -> None:
    entry = an_entry(
        WRITE_CONTAINER, request={"publicAccess": "Blob"}, resourceId=f"{ACCOUNT}/blobServices/default/containers/docs"
    )
    assert event_of(entry).facts["bucket"] == "exampledata/docs"


@pytest.mark.parametrize("result", ["Start", "Accept", "Failed", None])
def test_what_has_not_succeeded_is_no_change(result: str | None) -> None:
    entry = an_entry(WRITE_ACCOUNT, request={"allowBlobPublicAccess": True}, resultType=result)
    assert event_of(entry).event_type == f"azure.activity.{WRITE_ACCOUNT.lower()}"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (None, "must be a JSON object"),
        ({}, "operationName is missing"),
        (an_entry(time=None), "time is missing"),
        (an_entry(time="2025-01-15 09:30:45.123"), "has no time zone"),
        (an_entry(correlationId=None, eventDataId="x" * 513), "has 513 characters"),
    ],
)
def test_what_cannot_be_an_event_is_refused_with_a_reason(payload: Any, expected: str) -> None:
    with pytest.raises(PoisonEventError) as caught:
        event_of(payload)
    assert expected in caught.value.reason


@settings(deadline=None)
@given(
    spoiled(
        [
            an_entry(),
            an_entry(WRITE_ROLE, request={"roleDefinitionId": OWNER, "principalId": "p-1"}),
            an_entry(WRITE_CONTAINER, properties={"requestbody": {"properties": {"publicAccess": "Blob"}}}),
            an_entry(WRITE_ACCOUNT, properties={"requestbody": {"properties": {"allowBlobPublicAccess": True}}}),
        ]
    )
)
def test_an_entry_of_any_shape_becomes_an_event_or_is_refused(entry: dict[str, Any]) -> None:
    before = copy.deepcopy(entry)
    try:
        event = event_of(entry)
    except PoisonEventError:
        return
    assert event.raw_data == before
    assert event.event_type in EVENT_TYPES or event.event_type.startswith("azure.activity.")
    assert event.user is None or isinstance(event.user, str)
    json.dumps(event.attributes)
    RULESET.match(event)


@pytest.mark.parametrize("key", ["requestbody", "requestBody", "RequestBody"])
@pytest.mark.parametrize("body", ['{"Properties": {"Access": "Deny"}}', '{"properties": "{\\"access\\": \\"Deny\\"}"}'])
def test_rules_read_what_the_body_of_a_request_asks_for(key: str, body: str) -> None:
    rule = """\
title: Closed
logsource: {product: azure, service: activitylogs}
detection:
  selection: {requested.Access: deny}
  condition: selection
"""
    assert parse_rules(rule).match(event_of(an_entry(properties={key: body})))
