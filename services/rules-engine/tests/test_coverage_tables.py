"""Coverage tables of the pack for clouds: each operation of a vendor is detected, or left out for a stated reason.

A table, ``packs/coverage/<source>.yml``, lists the operations of the vendor's event catalogue by family. It lies
outside the pack, where every file is a rule.

- ``rules``: operation -> the rules of the pack that detect it,
- ``facts``: operation -> the event type that the source makes of it and built-in rules read,
- ``none``: reason -> the operations that raise nothing.

``operation`` names the payload's field, or the fields of service and name, that identify an operation. A service
stands before the name and without ``service_suffix``: ``iam:CreateUser``.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from mcm_rules_engine.sigma.load import BUILTIN
from mcm_rules_engine.testing.rulesets import cloud_rules

PACK = Path(__file__).resolve().parents[3] / "packs" / "cloud"
TABLES = sorted((PACK.parent / "coverage").glob("*.yml"))

RULESET = cloud_rules()

KEYS = {"source", "rules", "operation", "service_suffix", "families"}
SECTIONS = {"rules", "facts", "none"}

WILDCARDS = {"contains": "*{}*", "startswith": "{}*", "endswith": "*{}"}


@dataclass(frozen=True)
class Operation:
    """An operation that a rule's detection names; either part may hold wildcards."""

    service: str | None
    name: str

    def covers(self, operation: str) -> bool:
        service, _, name = operation.rpartition(":")
        return fnmatchcase(name.lower(), self.name.lower()) and (
            not service or self.service is None or fnmatchcase(service.lower(), self.service.lower())
        )


@dataclass(frozen=True)
class Table:
    """A coverage table, its families merged."""

    fields: list[str]
    service_suffix: str
    folder: Path
    rules: dict[str, list[str]]
    facts: dict[str, str]
    none: dict[str, str]
    listed: Counter[str]
    """How often each operation is listed: once as detected (by rules, facts or both), once for each reason."""


@cache
def table(path: Path) -> Table:
    """Reads a coverage table."""
    content = yaml.load(path.read_text(), yaml.CSafeLoader)
    assert set(content) <= KEYS
    rules: dict[str, list[str]] = {}
    facts: dict[str, str] = {}
    none: dict[str, str] = {}
    listed: Counter[str] = Counter()
    for family in content["families"].values():
        assert set(family) <= SECTIONS
        rules |= family.get("rules", {})
        facts |= family.get("facts", {})
        listed.update({*family.get("rules", {}), *family.get("facts", {})})
        for reason, operations in family.get("none", {}).items():
            none |= dict.fromkeys(operations, reason)
            listed.update(operations)
    folder = PACK / content["rules"]
    return Table(content["operation"], content.get("service_suffix", ""), folder, rules, facts, none, listed)


@cache
def documents(folder: Path) -> list[dict[str, Any]]:
    """Reads the rules of a folder as they are written, correlations left out: those count the others."""
    texts = (path.read_text() for path in sorted(folder.glob("*.yml")))
    return [each for text in texts for each in yaml.load_all(text, yaml.CSafeLoader) if "detection" in each]


def operations_of(rule: dict[str, Any], of: Table) -> set[Operation]:
    """Lists the operations that a rule's detections name; those with an underscore narrow, escalate or exclude."""
    found: set[Operation] = set()
    for name, detection in rule["detection"].items():
        if name == "condition" or name.startswith("_"):
            continue
        for selection in detection if isinstance(detection, list) else [detection]:
            if isinstance(selection, dict):
                services = [each.removesuffix(of.service_suffix) for each in patterns(selection, of.fields[:-1])]
                names = [each for each in patterns(selection, of.fields[-1:]) if each != "*"]
                within: list[str | None] = [*services] or [None]
                found |= {Operation(service, each) for service in within for each in names}
    return found


def patterns(selection: dict[str, Any], fields: list[str]) -> Iterator[str]:
    for key, value in selection.items():
        field, *modifiers = key.split("|")
        if field in fields:
            form = next((WILDCARDS[each] for each in modifiers if each in WILDCARDS), "{}")
            yield from (form.format(each) for each in (value if isinstance(value, list) else [value]))


each_table = pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)


@each_table
def test_an_operation_is_listed_once(path: Path) -> None:
    assert [operation for operation, times in table(path).listed.items() if times > 1] == []


@each_table
def test_every_rule_of_the_table_exists_and_names_the_operation(path: Path) -> None:
    written = {rule["name"]: operations_of(rule, table(path)) for rule in documents(table(path).folder)}
    missing = {
        (operation, rule)
        for operation, rules in table(path).rules.items()
        for rule in rules
        if not any(each.covers(operation) for each in written.get(rule, ()))
    }
    assert missing == set(), "the table names rules that do not exist or do not name the operation"


@each_table
def test_every_operation_of_a_rule_is_in_the_table(path: Path) -> None:
    missing: dict[str, set[Operation]] = {}
    for rule in documents(table(path).folder):
        listed = [operation for operation, rules in table(path).rules.items() if rule["name"] in rules]
        for name in {each.name for each in operations_of(rule, table(path))}:
            # several services times several names: each name belongs to one of the services at least
            candidates = {each for each in operations_of(rule, table(path)) if each.name == name}
            if not any(each.covers(operation) for each in candidates for operation in listed):
                missing[rule["name"]] = missing.get(rule["name"], set()) | candidates
    assert missing == {}, "these operations are detected, but the table does not list them with the rule"


@each_table
def test_every_fact_is_read_by_a_builtin_rule(path: Path) -> None:
    read = {
        event_type
        for file in BUILTIN.rglob("*.yml")
        for rule in yaml.load_all(file.read_text(), yaml.CSafeLoader)
        for event_type in event_types(rule.get("detection", {}))
    }
    assert set(table(path).facts.values()) - read == set()


def event_types(detection: Any) -> Iterator[str]:
    if isinstance(detection, dict):
        for key, value in detection.items():
            if key == "event_type":
                yield from value if isinstance(value, list) else [value]
            else:
                yield from event_types(value)


@each_table
def test_a_rule_of_the_table_names_technique_and_controls(path: Path) -> None:
    named = {rule for rules in table(path).rules.values() for rule in rules}
    bare = [
        rule.name
        for rule in RULESET.rules
        if rule.name in named
        and rule.raises_finding
        and not {"attack", "soc2", "nist"} <= {tag.partition(".")[0] for tag in rule.tags}
    ]
    assert bare == []


@each_table
def test_what_is_left_out_has_a_reason(path: Path) -> None:
    assert [reason for reason in set(table(path).none.values()) if not re.search(r"\w+ \w+ \w+", reason)] == []
