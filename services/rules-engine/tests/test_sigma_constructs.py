# ruff: noqa: E501 - one case a line
"""Constructs of published rules, as they are written there: each loads, and matches what it means."""

from typing import Any

import pytest

from mcm_rules_engine.sigma.load import parse_rules
from mcm_shared.testing.builders import an_event

HEAD = """\
title: Published
id: 5f1abf38-0000-4000-8000-0000000000AB
related:
    - id: 5f1abf38-0000-4000-8000-0000000000ac
      type: obsolete
status: experimental
description: |
    Detects {GUID} folders, ${env:TEMP} and "{{templates}}"
references:
    - https://example.com/a?b={c}
author: A. Author, B. Author (idea)
date: 2026/01/31
modified: 2026-02-01
tags:
    - attack.privilege-escalation
    - attack.T1078.004
    - cve.2021-44228
    - detection.emerging-threats
logsource:
    category: activity
    definition: 'Requirements: audit logs'
fields:
    - actor
falsepositives: Unknown
detection:
"""

CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "selection:\n  name: a\nfilter_main_x:\n  ip|startswith: '10.'\nfilter_optional_y:\n  ip|cidr: ['fc00::/7', '::1/128']\ncondition: selection and not 1 of filter_main_* and not 1 of filter_optional_*",
        {"name": "A", "ip": "192.0.2.1"},
        {"name": "a", "ip": "fc00::1"},
    ),
    ("selection_a:\n  a: 1\nselection_b:\n  b: 2\ncondition: all of selection_*", {"a": "1", "b": 2}, {"a": 1}),
    ("a:\n  a: 1\nb:\n  b: 2\ncondition: 1 of them", {"b": 2}, {"c": 1}),
    ("a:\n  a: 1\nb:\n  b: 2\ncondition:\n  - a\n  - b", {"b": 2}, {"c": 1}),
    ("keywords:\n  '|all':\n    - one\n    - two\ncondition: keywords", {"x": "one and two"}, {"x": "one"}),
    ("keywords:\n  - 'evil'\n  - 4444\ncondition: keywords", {"x": "port 4444"}, {"x": "port 44"}),
    ("s:\n  - a: 1\n    b: 2\n  - c|endswith:\n      - '.exe'\n      - '\\cmd'\ncondition: s", {"c": "X\\CMD"}, {"a": 1}),
    ("s:\n  line|contains|all|windash:\n    - '-enc'\n    - '-nop'\ncondition: s", {"line": "/nop /enc"}, {"line": "-enc"}),
    ("s:\n  line|contains|windash: ' -x '\ncondition: s", {"line": "a /x b"}, {"line": "a x b"}),
    ("s:\n  f: null\n  g: ''\ncondition: s", {"g": ""}, {"f": 1, "g": ""}),
    ("s:\n  f|exists: false\n  g:\n    - null\n    - 'x*'\ncondition: s", {"g": "xy"}, {"f": None}),
    ("s:\n  f|re: '(?i)^ab{2,3}c$'\ncondition: s", {"f": "ABBC"}, {"f": "abc"}),
    ("s:\n  f|re|i|m: '^b$'\ncondition: s", {"f": "a\nB"}, {"f": "ab"}),
    ("s:\n  path: 'C:\\\\Windows\\\\*\\cmd?exe'\ncondition: s", {"path": "c:\\windows\\x\\CMD.exe"}, {"path": "c:\\cmd.exe"}),
    ("s:\n  n|gte: 0x10\n  m|lt: 1.5e1\ncondition: s", {"n": "16", "m": 14}, {"n": 15, "m": 14}),
    ("s:\n  data|base64offset|contains: '/bin/sh'\ncondition: s", {"data": "IC9iaW4vc2gg"}, {"data": "/bin/sh"}),
    ("s:\n  data|wide|base64offset|contains: 'ping'\ncondition: s", {"data": "cABpAG4AZwA="}, {"data": "ping"}),
    ("s:\n  'Product Name': x\n  c-uri|contains: '?q='\ncondition: s", {"Product Name": "X", "c-uri": "/a?q=1"}, {"c-uri": "?q="}),
    ("s:\n  a|fieldref: b\nf:\n  a: x\ncondition: s and not f", {"a": "y", "b": "Y"}, {"a": "x", "b": "x"}),
    ("s:\n  a|cased: Mona\ncondition: s", {"a": "Mona"}, {"a": "mona"}),
    ("s:\n  on: yes\n  flag: true\n  no: [NO, off]\ncondition: s", {"on": "yes", "flag": "True", "no": "no"}, {"flag": True}),
    ("a:\n  a: 1\nb:\n  b: 1\nc:\n  c: 1\ncondition: (a or b) and not (b and not c)", {"b": 1, "c": 1}, {"b": 1}),
    ("selection:\n  a|neq: x\ncondition: selection", {"a": "y"}, {"a": "X"}),
    ("selection:\n  at|hour|gte: 22\ncondition: selection", {"at": "2026-01-05T23:00:00Z"}, {"at": "2026-01-05T12:00:00Z"}),
]  # fmt: skip


@pytest.mark.parametrize(("detection", "matching", "other"), CASES)
def test_a_published_construct_loads_and_means_what_it_says(
    detection: str, matching: dict[str, Any], other: dict[str, Any]
) -> None:
    ruleset = parse_rules(HEAD + "".join(f"    {line}\n" for line in detection.splitlines()))
    assert ruleset.match(an_event(raw_data=matching))
    assert not ruleset.match(an_event(raw_data=other))
