"""Scanning files: what is read, what is found, what is said of what cannot be read."""

import gzip
import json
import subprocess
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mcm_rules_engine.offline.scan import MAX_EVENT_IDS, scan
from mcm_rules_engine.sigma.load import parse_rules
from mcm_shared.contracts.sources import CANONICAL
from mcm_shared.testing.builders import NOON, an_event_payload
from tests.forked_commands import run_forked, run_forked_text

RunScan = Callable[..., subprocess.CompletedProcess[str]]

RULES = """\
title: Upload
id: 00000000-0000-4000-8000-000000000001
name: upload
level: low
description: '{user} uploaded {file}.'
logsource: {category: activity}
detection: {s: {event_type: upload}, condition: s}
---
title: Many uploads
id: 00000000-0000-4000-8000-000000000002
name: many_uploads
level: high
description: '{user} uploaded {count} files within {timespan}.'
correlation:
  type: event_count
  rules: [upload]
  group-by: [user]
  timespan: 10m
  condition: {gte: 3}
  generate: true
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A rule, and a correlation over it."""
    (tmp_path / "rules.yml").write_text(RULES)
    return tmp_path / "rules.yml"


@pytest.fixture
def run_scan(rules: Path, tmp_path: Path) -> RunScan:
    """Runs ``mcm-rules-engine scan`` with those rules alone."""

    def run(*arguments: str | Path, given: bytes = b"", **environment: str) -> subprocess.CompletedProcess[str]:
        ran = run_forked(
            "mcm-rules-engine",
            "scan",
            "--rules",
            rules,
            "--no-builtin",
            *arguments,
            given=given,
            env={"PATH": "/nowhere", "COLUMNS": "80", **environment},
            cwd=tmp_path,
        )
        return subprocess.CompletedProcess(ran.args, ran.returncode, ran.stdout.decode(), ran.stderr.decode())

    return run


def upload(number: int, minute: int = 0, **said: Any) -> bytes:
    """Builds the JSON of an upload, so many minutes past noon."""
    at = NOON.replace(minute=minute)
    fields = {"event_type": "upload", "id": f"u-{number}", "timestamp": at, "file": f"f{number}", **said}
    return an_event_payload(**fields)


def found_by(ran: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """Reads the findings a scan printed as JSON."""
    return [json.loads(line) for line in ran.stdout.splitlines()]


FOUR = [upload(1, 0), upload(2, 5), upload(3, 9), upload(4, 30)]


def test_a_finding_is_a_line_of_json_with_the_events_that_took_part(run_scan: RunScan, tmp_path: Path) -> None:
    (tmp_path / "events.ndjson").write_bytes(b"\n".join(FOUR))
    ran = run_scan("events.ndjson", "--format", "json")
    single, many = sorted(found_by(ran), key=lambda finding: str(finding["rule_name"]), reverse=True)
    assert single == {
        "rule_id": "00000000-0000-4000-8000-000000000001",
        "rule_name": "upload",
        "severity": "low",
        "group": {"user": "mona@example.com"},
        "user": "mona@example.com",
        "first_seen": "2026-11-20T12:00:00Z",
        "last_seen": "2026-11-20T12:30:00Z",
        "detection_count": 4,
        "event_ids": ["u-1", "u-2", "u-3", "u-4"],
    }
    assert list(single) == list(many)
    assert (many["rule_name"], many["severity"], many["detection_count"]) == ("many_uploads", "high", 1)
    assert many["first_seen"] == many["last_seen"] == "2026-11-20T12:09:00Z"
    assert many["event_ids"] == ["u-1", "u-2", "u-3"]
    assert (ran.returncode, ran.stderr) == (1, "4 events, 2 findings\n")


def test_the_table_is_readable_at_80_columns(run_scan: RunScan) -> None:
    ran = run_scan("-", given=b"\n".join([upload(5, user="a-very-long-name-of-a-user@example.com"), *FOUR]))
    assert ran.stdout == textwrap.dedent("""\
        severity  rule          user                                   first seen
        low       upload        a-very-long-name-of-a-user@example.c…  2026-11-20 12:00Z
                  a-very-long-name-of-a-user@example.com uploaded f5.
        low       upload        mona@example.com                       2026-11-20 12:00Z
                  4 detections. mona@example.com uploaded f1.
        high      many_uploads  mona@example.com                       2026-11-20 12:09Z
                  mona@example.com uploaded 3 or more files within 10 minutes.
        """)
    assert max(map(len, ran.stdout.splitlines())) <= 80


def test_what_an_event_says_cannot_move_the_cursor(run_scan: RunScan) -> None:
    ran = run_scan("-", given=upload(1, user="\x1b[2Jmona", file="\u202etxt.exe"))
    assert "\x1b" not in ran.stdout
    assert "\\u001b[2Jmona" in ran.stdout
    assert "\\u202etxt.exe" in ran.stdout


def test_a_scan_that_could_not_read_everything_did_not_find_nothing(run_scan: RunScan) -> None:
    ran = run_scan("-", given=b"{nonsense\n" + an_event_payload(event_type="download"))
    assert ran.stderr.splitlines()[0].startswith("stdin:1: not valid JSON")
    assert ran.stderr.splitlines()[1:] == ["1 event, 1 refused, 0 findings"]
    assert ran.returncode == 1


def test_nothing_found_exits_0(run_scan: RunScan) -> None:
    ran = run_scan("-", given=an_event_payload(event_type="download"))
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "1 event, 0 findings\n")


async def scanned(*names: Path, source: str = CANONICAL, rules: str = RULES) -> tuple[list[dict[str, Any]], list[str]]:
    """Scans files by rules; returns the findings as JSON tells them, and what is said of records refused."""
    refused: list[str] = []
    found = await scan(
        [str(name) for name in names],
        source,
        parse_rules(rules),
        1_000_000,
        lambda place, reason: refused.append(f"{Path(place).name}: {reason}"),
    )
    assert found.refused == len(refused)
    return [json.loads(finding.json()) for finding in found.findings], refused


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("lines.ndjson", b"\n".join(FOUR)),
        ("array.json", b"[" + b",".join(FOUR) + b"]"),
        ("pretty.json", json.dumps([json.loads(event) for event in FOUR], indent=2).encode()),
        ("records.json", b'{"Records": [' + b",".join(FOUR) + b"]}"),
        ("lines.ndjson.gz", gzip.compress(b"\n".join(FOUR))),
    ],
)
async def test_files_come_in_every_form(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    findings, refused = await scanned(tmp_path / name)
    assert [finding["detection_count"] for finding in findings] == [4, 1]
    assert [finding["event_ids"] for finding in findings] == [["u-1", "u-2", "u-3", "u-4"], ["u-1", "u-2", "u-3"]]
    assert refused == []


async def test_order_and_repeats_and_files_change_nothing(tmp_path: Path) -> None:
    files = {
        "straight": FOUR,
        "a": [FOUR[3], FOUR[1]],
        "b": [FOUR[2], FOUR[0], FOUR[1]],
    }
    for name, events in files.items():
        (tmp_path / name).write_bytes(b"\n".join(events))
    straight = await scanned(tmp_path / "straight")
    assert await scanned(tmp_path / "a", tmp_path / "b", tmp_path / "a") == straight


NOT_CHECKED = """\
title: Check
id: 00000000-0000-4000-8000-000000000003
name: check
level: informational
logsource: {category: activity}
detection: {s: {event_type: check}, condition: s}
---
title: Upload not checked
id: 00000000-0000-4000-8000-000000000004
level: high
group_for: 1d
correlation: {type: not_followed_by, rules: [upload, check], group-by: [user], timespan: 10m}
"""


@pytest.mark.parametrize("step", [1, -1])
async def test_what_did_not_follow_is_found_where_the_file_shows_what_came_later(tmp_path: Path, step: int) -> None:
    checked = upload(2, 14, event_type="check")
    # the last upload is pending: nothing shows what came later
    lines = [upload(1, 0), checked, upload(3, 5), upload(7, 17), upload(4, 30), upload(5, 45), upload(6, 54)]
    (tmp_path / "events.ndjson").write_bytes(b"\n".join(lines[::step]))
    rules = f"{RULES.partition('---')[0]}---\n{NOT_CHECKED}"
    findings, _ = await scanned(tmp_path / "events.ndjson", rules=rules)
    (found,) = [finding for finding in findings if finding["severity"] == "high"]
    assert found["event_ids"] == ["u-1", "u-7", "u-4"]


async def test_bad_records_are_told_with_file_line_and_reason_and_their_neighbours_are_read(tmp_path: Path) -> None:
    lines = [FOUR[0], b"{nonsense", b"", b'{"source": "a", "event_type": "upload"}', FOUR[1], b'{"id": "\\u0000"}']
    (tmp_path / "events.ndjson").write_bytes(b"\n".join(lines))
    findings, refused = await scanned(tmp_path / "events.ndjson")
    assert [finding["event_ids"] for finding in findings] == [["u-1", "u-2"]]
    assert refused[0].startswith("events.ndjson:2: not valid JSON")
    assert refused[1:] == [
        "events.ndjson:4: timestamp is missing",
        "events.ndjson:6: a text holds a NUL character (\\u0000), which a database cannot store",
    ]


async def test_an_event_without_an_id_is_named_by_its_line(tmp_path: Path) -> None:
    event = json.loads(upload(1))
    del event["id"]
    (tmp_path / "e").write_bytes(b"\n".join([b"", json.dumps(event).encode(), json.dumps(event).encode()]))
    ((finding,), _) = await scanned(tmp_path / "e")
    assert finding["detection_count"] == 2
    # both at the same time: which comes first goes by their uids
    assert sorted(Path(event_id).name for event_id in finding["event_ids"]) == ["e:2", "e:3"]


async def test_native_records_are_read_by_their_source(tmp_path: Path) -> None:
    rules = (
        "title: Bucket\nid: 00000000-0000-4000-8000-000000000009\nlevel: low\n"
        "logsource: {product: aws, service: cloudtrail}\ndetection: {s: {eventName: CreateBucket}, condition: s}\n"
    )
    record = {
        "eventID": "c-1",
        "eventName": "CreateBucket",
        "eventSource": "s3.amazonaws.com",
        "eventTime": "2026-11-20T12:00:00Z",
    }
    envelopes = [{"source": "aws.cloudtrail", "payload": record}, {"source": "nobody", "payload": {}}, {"payload": {}}]
    (tmp_path / "native").write_text(json.dumps(record))
    (tmp_path / "envelopes").write_text("\n".join(map(json.dumps, envelopes)))
    ((finding,), _) = await scanned(tmp_path / "native", source="aws.cloudtrail", rules=rules)
    ((same,), refused) = await scanned(tmp_path / "envelopes", source="envelope", rules=rules)
    assert finding == same
    assert finding["event_ids"] == ["c-1"]
    assert refused[0].startswith("envelopes:2: unknown source header 'nobody'; known are aws.cloudtrail")
    assert refused[1] == 'envelopes:3: an envelope must be {"source": "<name>", "payload": {…}}'


async def test_the_earliest_hundred_events_are_named_those_of_tumbling_windows_too(tmp_path: Path) -> None:
    count = MAX_EVENT_IDS + 150
    events = [
        upload(number, timestamp=NOON.replace(second=number % 60, minute=number // 60)) for number in range(count)
    ]
    (tmp_path / "events").write_bytes(b"\n".join(events[1::2] + events[::2]))
    findings, _ = await scanned(tmp_path / "events", rules=RULES + "  window: tumbling\n")
    found = {finding["rule_name"]: finding for finding in findings}
    earliest = [f"u-{number}" for number in range(MAX_EVENT_IDS)]
    assert [found[name]["event_ids"] for name in ("upload", "many_uploads")] == [earliest, earliest]
    assert [found[name]["detection_count"] for name in ("upload", "many_uploads")] == [count, 1]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["absent.ndjson"], "absent.ndjson cannot be read: No such file or directory"),
        (["-", "--source", "unknown"], "unknown --source unknown; use one of canonical, envelope, aws.cloudtrail"),
        (["-", "--rules", "absent"], "absent: there is no such file or folder"),
    ],
)
def test_wrong_use_exits_2_and_says_what(run_scan: RunScan, arguments: list[str], reason: str) -> None:
    ran = run_scan(*arguments)
    assert ran.returncode == 2
    assert reason in ran.stderr
    assert ran.stdout == ""


def test_a_scan_without_any_rule_is_wrong_use(tmp_path: Path) -> None:
    ran = run_forked_text("mcm-rules-engine", "scan", "-", "--no-builtin", given=FOUR[0].decode())
    assert ran.returncode == 2
    assert "no rules: name some with --rules" in ran.stderr


def test_the_built_in_rules_hold_beside_others(rules: Path) -> None:
    given = b"\n".join([an_event_payload(event_type="api_token_created", scopes=["admin:*"]), FOUR[0]])
    ran = run_forked_text("mcm-rules-engine", "scan", "-", "--rules", rules, "--format", "json", given=given.decode())
    names = {json.loads(line)["rule_name"] for line in ran.stdout.splitlines()}
    assert names == {"admin_token_created", "token_without_expiry", "upload"}
