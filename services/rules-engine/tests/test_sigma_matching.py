"""What a detection means: each case is a selection, an event's facts, and whether the rule holds."""

from textwrap import indent
from typing import Any

import pytest
import yaml

from mcm_rules_engine.sigma.load import parse_rules
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.testing.builders import an_event

FACTS: dict[str, Any] = {
    "text": "PowerShell -EncodedCommand",
    "path": "C:\\Windows\\cmd.exe",
    "star": "5*3 really?",
    "number": 400,
    "numeric_text": "400",
    "price": 12.5,
    "whole": 3.0,
    "yes": True,
    "no_text": "false",
    "nothing": None,
    "empty": "",
    "empty_list": [],
    "tags": ["alpha", "Beta", None],
    "one_tag": "ALPHA",
    "both_tags": ["beta", "alpha"],
    "numbers": [1, 2, 30],
    "nested": {"actor": {"name": "Mona", "ids": [7, 8]}},
    "targets": [{"name": "one", "kind": "user"}, {"name": "two", "kind": "group"}],
    "dotted.key": "found",
    "deep": {"dotted.key": {"more": "found too"}},
    "ip": "192.0.2.77",
    "ipv6": "2001:db8::7",
    "mapped": "::ffff:192.0.2.1",
    "same": "powershell -encodedcommand",
    "prefix": "PowerShell",
    "object": {"a": "b", "list": [1]},
    "policy": {"name": "p", "document": '{"Effect":"Allow"}'},
    "at": "2026-11-20T23:59:00+01:00",
    "epoch": 1_763_683_140,
    "epoch_ms": 1_763_683_140_000,
    "lines": "first\nsecond",
    "user": "shadowed by the event",
}


def holds(selection: Any, event: SourceEvent | None = None, condition: str = "selection", **others: Any) -> bool:
    """Tells whether a rule with this detection matches an event, by default one with FACTS."""
    detection = {"selection": selection, **others, "condition": condition}
    ruleset = parse_rules(
        "title: t\nid: 5b1e7a52-6c1f-4f0e-9a4d-2f3d0c7b9e11\nlevel: low\nlogsource: {category: activity}\n"
        f"detection:\n{indent(yaml.safe_dump(detection, sort_keys=False), '  ')}"
    )
    return bool(ruleset.match(event or an_event(raw_data=FACTS)))


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        # text: the whole of it, whatever its case
        ({"text": "powershell -ENCODEDcommand"}, True),
        ({"text": "powershell"}, False),
        ({"text": ["other", "powershell -encodedcommand"]}, True),
        ({"missing": "x"}, False),
        ({"empty": ""}, True),
        ({"text": ""}, False),
        ({"text": "x", "number": 400}, False),
        # wildcards and their escapes
        ({"text": "power*"}, True),
        ({"text": "*command"}, True),
        ({"text": "p*-*d"}, True),
        ({"text": "p*x*d"}, False),
        ({"text": "Powe?Shell -EncodedCommand"}, True),
        ({"text": "Powe?hell -EncodedCommand"}, False),
        ({"star": r"5\*3 really\?"}, True),
        ({"star": r"5\*3 reall\?"}, False),
        ({"text": r"power\*"}, False),
        ({"path": r"C:\Windows\cmd.exe"}, True),
        ({"path": r"*\cmd.exe"}, True),
        ({"path": r"C:\\Windows\\*.exe"}, True),
        ({"text": "*"}, True),
        ({"nothing": "*"}, False),
        ({"empty_list": "*"}, False),
        # modifiers of text
        ({"text|contains": "shell -enc"}, True),
        ({"text|startswith": "POWER"}, True),
        ({"text|startswith": "shell"}, False),
        ({"text|endswith": "command"}, True),
        ({"text|contains|all": ["power", "command"]}, True),
        ({"text|contains|all": ["power", "absent"]}, False),
        ({"star|contains": r"\*3"}, True),
        ({"text|cased": "PowerShell -EncodedCommand"}, True),
        ({"text|cased": "powershell -encodedcommand"}, False),
        ({"text|cased|contains": "Shell"}, True),
        ({"text|contains|cased": "shell"}, False),
        ({"text|windash|contains": "/EncodedCommand"}, True),
        ({"text|neq": "power*"}, False),
        ({"text|neq": "other"}, True),
        ({"missing|neq": "other"}, True),
        # regular expressions search, case-sensitively unless told
        ({"text|re": "Shell.-Enc"}, True),
        ({"text|re": "shell"}, False),
        ({"text|re|i": "shell"}, True),
        ({"text|re": "^Shell"}, False),
        ({"lines|re": "^second$"}, False),
        ({"lines|re|m": "^second$"}, True),
        ({"lines|re": "first.second"}, False),
        ({"lines|re|s": "first.second"}, True),
        ({"number|re": "^4[0-9]+$"}, True),
        # numbers, as numbers or as text
        ({"number": 400}, True),
        ({"number": 401}, False),
        ({"numeric_text": 400}, True),
        ({"number": "400"}, True),
        ({"number": "4*"}, True),
        ({"price": 12.5}, True),
        ({"whole": 3}, True),
        ({"whole": "3"}, True),
        ({"text": 400}, False),
        ({"number|gte": 400}, True),
        ({"number|gt": 400}, False),
        ({"number|lt": 401}, True),
        ({"number|lte": 399}, False),
        ({"numeric_text|gt": 399.5}, True),
        ({"text|gt": 0}, False),
        ({"yes|gte": 1}, False),
        ({"missing|lt": 5}, False),
        ({"number|neq": 400}, False),
        # true and false
        ({"yes": True}, True),
        ({"yes": False}, False),
        ({"no_text": False}, True),
        ({"yes": "TRUE"}, True),
        ({"number": True}, False),
        # null, missing, present
        ({"nothing": None}, True),
        ({"missing": None}, True),
        ({"empty_list": None}, True),
        ({"empty": None}, False),
        ({"text": None}, False),
        ({"text": [None, "power*"]}, True),
        ({"nothing|exists": True}, True),
        ({"empty|exists": True}, True),
        ({"missing|exists": True}, False),
        ({"missing|exists": False}, True),
        ({"text|exists": False}, False),
        # arrays match if any element does
        ({"tags": "beta"}, True),
        ({"tags": "gamma"}, False),
        ({"tags|contains|all": ["alp", "bet"]}, True),
        ({"numbers|gt": 29}, True),
        ({"numbers|gt": 30}, False),
        ({"tags": None}, True),
        # dotted paths, through objects and arrays, and keys with dots
        ({"nested.actor.name": "mona"}, True),
        ({"nested.actor.ids": 8}, True),
        ({"nested.actor": "mona"}, False),
        ({"targets.name": "two"}, True),
        ({"targets.kind": "role"}, False),
        ({"targets.kind|exists": True}, True),
        ({"dotted.key": "found"}, True),
        ({"deep.dotted.key.more": "found too"}, True),
        ({"nested.missing.name": None}, True),
        ({"text.more": "x"}, False),
        # an object is its JSON
        ({"object|contains": '"a":"b"'}, True),
        ({"object": "*"}, True),
        ({"policy|contains|all": ['"Effect":"Allow"', '"name":"p"']}, True),
        # addresses
        ({"ip|cidr": "192.0.2.0/24"}, True),
        ({"ip|cidr": "198.51.100.0/24"}, False),
        ({"ip|cidr": ["198.51.100.0/24", "192.0.2.64/26"]}, True),
        ({"ipv6|cidr": "2001:db8::/32"}, True),
        ({"mapped|cidr": "192.0.2.0/24"}, True),
        ({"text|cidr": "0.0.0.0/0"}, False),
        # other fields
        ({"text|fieldref": "same"}, True),
        ({"text|fieldref": "path"}, False),
        ({"text|fieldref": "missing"}, False),
        ({"number|fieldref": "numeric_text"}, True),
        ({"text|fieldref|startswith": "prefix"}, True),
        ({"text|fieldref|neq": "path"}, True),
        ({"text|differs": "path"}, True),
        ({"text|differs": "same"}, False),
        ({"text|differs": "missing"}, True),
        ({"missing|differs": "text"}, False),
        ({"number|differs": "numeric_text"}, False),
        ({"tags|differs": "one_tag"}, True),
        ({"tags|differs": "both_tags"}, False),
        # parts of a time, in UTC
        ({"at|hour": 22}, True),
        ({"at|minute": 59}, True),
        ({"at|day": 20}, True),
        ({"at|month": 11}, True),
        ({"at|year": 2026}, True),
        ({"at|week": 47}, True),
        ({"at|hour|gte": 22}, True),
        ({"at|hour|lt": 22}, False),
        ({"epoch|year": 2025}, True),
        ({"epoch_ms|year": 2025}, True),
        ({"text|hour": 1}, False),
        ({"timestamp|hour": 12}, True),
        # the event's own names win over facts of the same name
        ({"event_type": "login_success"}, True),
        ({"user": "mona@example.com"}, True),
        ({"user": "shadowed*"}, False),
        ({"source": "test-app"}, True),
        ({"timestamp": "2026-11-20T12:00:00Z"}, True),
        ({"id": "evt-*"}, True),
        # lists of maps are alternatives, keywords stand anywhere
        ([{"text": "x"}, {"number": 400}], True),
        ([{"text": "x"}, {"number": 1}], False),
        (["encodedcommand"], True),
        (["absent", "mona@*"], True),
        ({"|all": ["encodedcommand", "windows"]}, True),
        ({"|all": ["encodedcommand", "absent"]}, False),
        ([192], True),
        (["text"], False),
        ({"|re": "^Mona$"}, True),
    ],
)
def test_selection(selection: Any, expected: bool) -> None:
    assert holds(selection) is expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("yes1", True),
        ("not yes1", False),
        ("yes1 and not no1", True),
        ("no1 or yes1 and yes2", True),
        ("(no1 or yes1) and no2", False),
        ("not (no1 or no2)", True),
        ("1 of them", True),
        ("all of them", False),
        ("1 of no*", False),
        ("all of yes*", True),
        ("any of yes*", True),
        ("1 of _hidden*", True),
        (["no1", "yes1"], True),
        (["no1", "no2"], False),
    ],
)
def test_condition(condition: Any, expected: bool) -> None:
    others: dict[str, Any] = {
        "yes1": {"number": 400},
        "yes2": {"yes": True},
        "no1": {"number": 1},
        "no2": {"missing": "x"},
        "_hidden": {"number": 400},
    }
    assert holds({"number": 400}, condition=condition, **others) is expected


def test_identifiers_with_an_underscore_are_not_among_them() -> None:
    assert not holds({"number": 1}, condition="1 of them", _aside={"number": 400})


@pytest.mark.parametrize(
    ("key", "encoded"),
    [
        ("command|base64", "d2hvYW1p"),
        ("command|wide|base64", "dwBoAG8AYQBtAGkA"),
        ("command|utf16le|base64", "dwBoAG8AYQBtAGkA"),
        ("command|base64offset|contains", "xxd2hvYW1pyy"),
        ("command|base64offset|contains", "IHdob2FtaQ=="),
    ],
)
def test_encoded_text(key: str, encoded: str) -> None:
    assert holds({key: "whoami"}, an_event(command=encoded))
    assert not holds({key: "whoami"}, an_event(command="bHM="))


def test_an_event_without_a_user_has_none() -> None:
    event = an_event(user=None)
    assert holds({"user": None}, event)
    assert holds({"user|exists": False}, event)
    assert not holds({"user": "*"}, event)


def test_a_native_rule_reads_the_payload_of_its_source_only() -> None:
    rule = (
        "title: t\nid: 5b1e7a52-6c1f-4f0e-9a4d-2f3d0c7b9e11\nlevel: low\n"
        "logsource: {product: aws, service: cloudtrail}\n"
        "detection: {s: {eventName: StopLogging, user: null}, condition: s}\n"
    )
    ruleset = parse_rules(rule)
    assert ruleset.match(an_event(source="aws.cloudtrail", raw_data={"eventName": "StopLogging"}))
    assert not ruleset.match(an_event(source="aws.cloudtrail", raw_data={"eventName": "StartLogging"}))
    assert not ruleset.match(an_event(source="other", raw_data={"eventName": "StopLogging"}))


def test_a_long_text_does_not_make_wildcards_or_regular_expressions_slow() -> None:
    event = an_event(text="a" * 200_000)
    assert not holds({"text": "*a*a*a*a*a*a*a*a*b"}, event)
    assert not holds({"text": "?*a?a?a?a?a?a?a?a*b"}, event)
    assert not holds({"text|re": "(a+)+$b"}, event)
