"""Our matches against those of an independent Sigma backend, which turns the same rules into SQL over flat events."""

import json
import re
import sqlite3
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from sigma.backends.sqlite.sqlite import sqliteBackend
from sigma.collection import SigmaCollection

from mcm_rules_engine.sigma.compile.fields import EventView
from mcm_rules_engine.sigma.load import parse_rules
from mcm_shared.testing.builders import an_event

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases"

DETECTIONS = {
    "a text": "s: {eventName: getsecretvalue}\n  condition: s",
    "several texts": "s: {eventName: [StopLogging, DeleteTrail, PutEventSelectors]}\n  condition: s",
    "two fields": "s: {eventSource: iam.amazonaws.com, eventName: AttachUserPolicy}\n  condition: s",
    "contains": "s: {userAgent|contains: stratus}\n  condition: s",
    "contains all": "s: {userIdentity.arn|contains|all: [assumed-role, 'test']}\n  condition: s",
    "startswith": "s: {eventName|startswith: describe}\n  condition: s",
    "endswith": "s: {eventSource|endswith: [Connect.amazonaws.com, s.amazonaws.com]}\n  condition: s",
    "wildcards": "s: {eventName: 'Get*Value', eventSource: 'secrets*.amazon???.com'}\n  condition: s",
    "escaped wildcards": r"""s: {userAgent|contains: ['\*', '\?', '100%', 'a_b']}
  condition: s""",
    "cased": "s: {eventName|cased: [Getsecretvalue, GetSecretValue]}\n  condition: s",
    "cased contains": "s: {eventName|cased|contains: Instance}\n  condition: s",
    "regular expression": "s: {userIdentity.arn|re: ':(user|root)/?[a-z]*$'}\n  condition: s",
    "regular expression, any case": "s: {eventName|re|i: '^(START|stop)'}\n  condition: s",
    "number": "s: {requestParameters.durationSeconds: [900, 3600]}\n  condition: s",
    "greater": "s: {requestParameters.durationSeconds|gt: 900}\n  condition: s",
    "at most": "s: {requestParameters.maxResults|lte: 50}\n  condition: s",
    "boolean": "s: {readOnly: false}\n  condition: s",
    "null": "s: {errorCode: null}\n  condition: s",
    "null or a text": "s: {errorCode: [null, AccessDenied]}\n  condition: s",
    "not": "s: {eventSource: sts.amazonaws.com}\n  f: {errorCode|contains: Denied}\n  condition: s and not f",
    "not a missing field": "s: {eventSource: iam.amazonaws.com}\n  f: {nowhere.to.be: found}\n  condition: s and not f",
    "not equal": "s: {eventSource|neq: ec2.amazonaws.com}\n  condition: s",
    "exists": "s: {userIdentity.sessionContext.sessionIssuer.arn|exists: true}\n  condition: s",
    "does not exist": "s: {userIdentity.sessionContext.sessionIssuer.arn|exists: false}\n  condition: s",
    "network": "s: {sourceIPAddress|cidr: [200.0.0.0/8, 111.111.111.0/24]}\n  condition: s",
    "field reference": "s: {userIdentity.accountId|fieldref: recipientAccountId}\n  condition: s",
    "field reference, start": "s: {userIdentity.arn|fieldref|contains: userIdentity.accountId}\n  condition: s",
    "hour": "s: {eventTime|hour|gte: 21}\n  condition: s",
    "month": "s: {eventTime|month: 7}\n  condition: s",
    "list of maps": "s: [{eventName: ConsoleLogin}, {errorCode: AccessDenied}]\n  condition: s",
    "one of them": "a: {eventName: ConsoleLogin}\n  b: {userIdentity.type: Root}\n  condition: 1 of them",
    "all of a pattern": "s_1: {userIdentity.type: Root}\n  s_2: {eventName: ConsoleLogin}\n  condition: all of s_*",
    "nested": (
        "a: {eventSource: s3.amazonaws.com}\n  b: {errorCode: null}\n  c: {eventName|startswith: Put}\n"
        "  condition: a and not (b and not c) or (c and 1 of b*)"
    ),
    "several conditions": "a: {eventName: ConsoleLogin}\n  b: {eventName: CreateUser}\n  condition: [a, b]",
    "keyword": "k: [AdministratorAccess]\n  condition: k",
    "keywords, all": "k: {'|all': [stratus, 'secret*']}\n  condition: k",
    "keyword, not": "k: [stratus]\n  s: {eventName: ConsoleLogin}\n  condition: s and not k",
    "windash": "s: {userAgent|windash|contains: '-cli'}\n  condition: s",
    "base64": "s: {requestParameters.userData|base64offset|contains: 'curl'}\n  condition: s",
}
MAY_BE_SILENT = {"escaped wildcards", "base64", "windash"}
"""Constructs that no case happens to hold; there both must be silent."""

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the recorded cases are not on this machine")


@cache
def records() -> tuple[dict[str, Any], ...]:
    """Reads every CloudTrail record of the cases."""
    attacks = [path.read_text() for path in sorted((CASES / "cloudtrail-attacks").glob("*.ndjson"))]
    found = [json.loads(line) for text in attacks for line in text.splitlines()]
    for path in (CASES / "published-detection-tests.ndjson", *sorted((CASES / "scenarios").glob("*.ndjson"))):
        wrapped = [json.loads(line) for line in path.read_text().splitlines()]
        found.extend(each["payload"] for each in wrapped if each["source"] == "aws.cloudtrail")
    return tuple(found)


def rule_text(detection: str) -> str:
    """Writes a rule."""
    return (
        "title: t\nid: 00000000-0000-4000-8000-000000000001\nlevel: low\n"
        f"logsource: {{product: aws, service: cloudtrail}}\ndetection:\n  {detection}\n"
    )


@cache
def our_hits(text: str) -> set[int]:
    """Evaluates a rule with our predicates."""
    (rule,) = parse_rules(text).rules
    events = (an_event(source="aws.cloudtrail", raw_data=record) for record in records())
    return {number for number, event in enumerate(events) if rule.matches(EventView(event))}


def their_hits(text: str) -> set[int]:
    """Evaluates a rule as SQL over a table with a column for each field and one for all text."""
    backend: Any = sqliteBackend(fulltext_field="all_text")  # type: ignore[no-untyped-call]
    collection = SigmaCollection.from_yaml(text)
    queries = backend.convert(collection)
    fields = sorted({field for rule in collection.rules for field in backend.required_fields(rule)} | {"all_text"})
    connection = sqlite3.connect(":memory:")
    connection.create_function("REGEXP", 2, lambda pattern, text: text is not None and bool(re.search(pattern, text)))
    connection.execute(f"CREATE TABLE logs ({', '.join(f'`{field}` COLLATE NOCASE' for field in fields)})")
    for number, flat in enumerate(flat_records()):
        values = [number, *(flat.get(field) for field in fields)]
        names = ", ".join(f"`{field}`" for field in ("rowid", *fields))
        connection.execute(f"INSERT INTO logs ({names}) VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608
    hits = {row[0] for query in queries for row in connection.execute(query.replace("SELECT *", "SELECT rowid", 1))}
    connection.close()
    return hits


@cache
def flat_records() -> tuple[dict[str, Any], ...]:
    """Lays every record out for a flat table."""
    return tuple({**dict(flattened(record)), "all_text": "\n".join(map(str, leaves(record)))} for record in records())


def flattened(node: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Lists the scalars of a record under their dotted paths; arrays have no place in a flat table."""
    for key, value in node.items():
        if isinstance(value, dict):
            yield from flattened(value, f"{prefix}{key}.")
        elif not isinstance(value, list):
            yield prefix + key, str(value).lower() if isinstance(value, bool) else value


def leaves(node: Any) -> Iterator[Any]:
    """Lists every scalar of a record."""
    if isinstance(node, dict | list):
        for value in node.values() if isinstance(node, dict) else node:
            yield from leaves(value)
    elif node is not None:
        yield node


@pytest.mark.parametrize("construct", DETECTIONS)
def test_both_find_the_same_records(construct: str) -> None:
    text = rule_text(DETECTIONS[construct])
    ours = our_hits(text)
    assert ours == their_hits(text)
    assert construct in MAY_BE_SILENT or 0 < len(ours) < len(records())


PACK = Path(__file__).resolve().parents[3] / "packs" / "cloud" / "cloudtrail"
NO_COLUMN = {
    "s3_access_logging_disabled": "asks for an object's presence",
    "rds_snapshot_shared": "reads an array",
    "ebs_snapshot_shared": "reads arrays of objects",
    "lambda_layer_changed": "asks for an array's presence",
    "ami_shared": "reads arrays of objects",
    "resource_policy_public": "reads an object as text",
    "security_group_open_to_internet": "reads arrays of objects, of some records",
    "cloudtrail_event_selectors_weakened": "reads arrays of objects",
    "iam_role_trusts_everyone": "reads what is derived from a policy",
    "iam_role_trusts_external_account": "reads what is derived from a policy",
}
"""Rules that read what a flat table has no column for. Sigma lets a list match by any element, and ours does."""


CASE_ONLY = {"securityhub_controls_disabled"}
"""Rules that name a field in two cases, which are one column in SQL."""
OURS = re.compile(r"\|differs\b")
"""A modifier that published backends do not have."""


@cache
def rules_of_the_pack() -> dict[str, str]:
    """Reads the single-event rules about CloudTrail, by name, without the keys that are ours."""
    documents = (
        document
        for path in sorted(PACK.glob("*.yml"))
        for document in yaml.load_all(path.read_text(), yaml.CSafeLoader)
    )
    return {
        document["name"]: yaml.safe_dump(
            {key: document[key] for key in ("title", "id", "level", "detection")}
            | {"logsource": {"product": "aws", "service": "cloudtrail"}}
        )
        for document in documents
        if "detection" in document and not OURS.search(str(document["detection"]))
    }


@pytest.mark.parametrize("rule", sorted(rules_of_the_pack().keys() - CASE_ONLY))
def test_both_find_the_same_records_by_the_rules_of_the_pack(rule: str) -> None:
    ours, theirs = our_hits(rules_of_the_pack()[rule]), their_hits(rules_of_the_pack()[rule])
    assert theirs <= ours
    assert (theirs < ours) == (rule in NO_COLUMN)


def test_many_rules_of_the_pack_match_a_recorded_case() -> None:
    # the pack covers the vendor's event catalogue, of which the recorded cases hold a part
    matching = [name for name, text in rules_of_the_pack().items() if our_hits(text)]
    assert len(matching) >= 90
