"""Tests inside rule files: their events, and the comparison of findings with the expected ones."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from mcm_rules_engine.sigma.model.rule import RuleTest
from mcm_rules_engine.sigma.parse.durations import parse_duration
from mcm_shared.contracts.events import SourceEvent, event_uid
from mcm_shared.contracts.findings import Severity
from mcm_shared.suggestions import did_you_mean

STARTS_AT: Final = datetime(2026, 1, 5, 12, tzinfo=UTC)
"""The time that ``at: 0s`` means: a whole hour, so that a test knows its time buckets."""

MAX_REPEAT: Final = 10_000

_TEST_KEYS: Final = ("name", "events", "expect")
_EVENT_KEYS: Final = ("at", "repeat", "every", "id", "source", "event_type", "user", "raw_data")
_EXPECT_KEYS: Final = ("severity", "user", "detections", "group", "description")


@dataclass(frozen=True, slots=True)
class RaisedFinding:
    """A finding as a test sees it."""

    severity: Severity
    user: str | None
    detections: int
    group: dict[str, Any]
    description: str


def expand_events(test: RuleTest) -> list[SourceEvent]:
    """Builds the events of a test, in the order they are written.

    An event's keys are those of a canonical event, but instead of ``timestamp``: ``at`` (a duration after STARTS_AT),
    and ``repeat`` times, each ``every`` after the one before.
    """
    events = []
    for number, entry in enumerate(test.events):
        at = STARTS_AT + parse_duration(entry.get("at", "0s"))
        every = parse_duration(entry.get("every", "1s"))
        repeat = entry.get("repeat", 1)
        source = entry.get("source", "test")
        for turn in range(repeat):
            name = str(entry.get("id", f"{number}-{turn}"))
            events.append(
                SourceEvent(
                    uid=event_uid(source, name),
                    id=name,
                    source=source,
                    event_type=entry.get("event_type", f"{source}.event"),
                    user=entry.get("user"),
                    timestamp=at + turn * every,
                    raw_data=dict(entry.get("raw_data", {})),
                )
            )
    return events


def check(test: RuleTest, findings: Iterable[RaisedFinding]) -> list[str]:
    """Compares findings with what a test expects, in any order; returns what differs, nothing when it passes."""
    left = list(findings)
    differences = []
    # the most specific expectation chooses first, so that a vague one does not take its finding
    for expected in sorted(test.expect, key=len, reverse=True):
        match = next((finding for finding in left if _meets(finding, expected)), None)
        if match is None:
            differences.append(f"expected a finding with {_shown(expected)}, got {_raised(left)}")
        else:
            left.remove(match)
    if left and not differences:
        differences.append(f"expected no other finding, got {_raised(left)}")
    return differences


def check_test_document(value: Any, wrong: Callable[[tuple[str | int, ...], str], None]) -> RuleTest | None:
    """Reads one test as written in a rule file; reports each mistake to ``wrong`` with its place."""
    if not isinstance(value, dict):
        wrong((), "must be a map with name, events and expect")
        return None
    _check_keys(value, _TEST_KEYS, (), wrong)
    name = value.get("name")
    if not isinstance(name, str) or not name:
        wrong(("name",), "must be a text that says what the test shows")
    events, expect = value.get("events", []), value.get("expect")
    if not events or not _is_list_of_maps(events):
        wrong(("events",), "must be a list of events, at least one")
        return None
    if expect is None or not _is_list_of_maps(expect):
        wrong(("expect",), "must be a list of findings; [] when the rule must stay silent")
        return None
    for at, event in enumerate(events):
        _check_event(event, ("events", at), wrong)
    for at, expected in enumerate(expect):
        _check_keys(expected, _EXPECT_KEYS, ("expect", at), wrong)
        severity = expected.get("severity")
        if severity is not None and severity not in tuple(Severity):
            wrong(("expect", at, "severity"), f"{severity!r} is not one of {', '.join(Severity)}")
    return RuleTest(str(name), tuple(events), tuple(expect))


def _check_event(
    event: dict[str, Any], at: tuple[str | int, ...], wrong: Callable[[tuple[str | int, ...], str], None]
) -> None:
    _check_keys(event, _EVENT_KEYS, at, wrong)
    for key in ("at", "every"):
        try:
            parse_duration(event.get(key, "0s"))
        except ValueError as error:
            wrong((*at, key), str(error))
    repeat = event.get("repeat", 1)
    if not isinstance(repeat, int) or isinstance(repeat, bool) or not 1 <= repeat <= MAX_REPEAT:
        wrong((*at, "repeat"), f"must be a whole number from 1 to {MAX_REPEAT}")
    elif repeat > 1 and "id" in event:
        wrong((*at, "id"), "a repeated event must not have an id: its copies would be one event")
    for key in ("source", "event_type", "user"):
        if not isinstance(event.get(key, ""), str | None):
            wrong((*at, key), "must be a text")
    raw_data = event.get("raw_data", {})
    if not isinstance(raw_data, dict):
        wrong((*at, "raw_data"), "must be a map")
    elif not _is_json(raw_data):
        wrong(
            (*at, "raw_data"), "must be JSON: keys that are texts, whole numbers of at most 64 bits, no NUL character"
        )
    if "event_type" not in event and "source" not in event:
        wrong(at, "needs an event_type, or a source and its native payload as raw_data")


def _check_keys(
    mapping: dict[Any, Any],
    known: tuple[str, ...],
    at: tuple[str | int, ...],
    wrong: Callable[[tuple[str | int, ...], str], None],
) -> None:
    for key in mapping:
        if key not in known:
            wrong((*at, key), f"is not a known key{did_you_mean(str(key), known)}; known are {', '.join(known)}")


def _is_json(value: dict[Any, Any]) -> bool:
    try:
        return b"\\u0000" not in orjson.dumps(value)
    except (orjson.JSONEncodeError, RecursionError):
        return False


def _is_list_of_maps(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def _meets(finding: RaisedFinding, expected: dict[str, Any]) -> bool:
    return all(getattr(finding, key) == value for key, value in expected.items())


def _shown(expected: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value!r}" for key, value in expected.items()) or "anything"


def _raised(findings: list[RaisedFinding]) -> str:
    if not findings:
        return "none"
    return "; ".join(
        f"severity {finding.severity}, user {finding.user!r}, detections {finding.detections}, group {finding.group!r}"
        for finding in findings
    )
