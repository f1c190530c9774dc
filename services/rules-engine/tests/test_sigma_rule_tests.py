"""The tests inside rules: how their events are made, and what they notice."""

from datetime import timedelta
from typing import Any

import pytest

from mcm_rules_engine.sigma.model.rule import RuleTest
from mcm_rules_engine.sigma.parse.rule_tests import STARTS_AT, RaisedFinding, check, expand_events
from mcm_shared.contracts.findings import Severity


def a_test(*events: dict[str, Any], expect: tuple[dict[str, Any], ...] = ()) -> RuleTest:
    """Builds a test as a rule file holds it."""
    return RuleTest("a test", events, expect)


def a_finding(**said: Any) -> RaisedFinding:
    """Builds a raised finding."""
    fields = {"severity": Severity.LOW, "user": "mona@example.com", "detections": 1, "group": {}, "description": "d"}
    return RaisedFinding(**{**fields, **said})


def test_events_repeat_at_their_times() -> None:
    events = expand_events(a_test({"at": "10m", "repeat": 3, "every": "90s", "event_type": "x", "user": "u"}))
    assert [event.timestamp - STARTS_AT for event in events] == [
        timedelta(minutes=10, seconds=90 * n) for n in range(3)
    ]
    assert len({event.uid for event in events}) == 3
    assert {(event.event_type, event.user, event.source) for event in events} == {("x", "u", "test")}


def test_an_event_may_have_an_id_a_source_and_a_payload() -> None:
    (event,) = expand_events(a_test({"id": "a", "source": "aws.cloudtrail", "raw_data": {"eventName": "X"}}))
    assert (event.id, event.source, event.event_type) == ("a", "aws.cloudtrail", "aws.cloudtrail.event")
    assert event.raw_data == {"eventName": "X"}


@pytest.mark.parametrize(
    ("expect", "findings", "differences"),
    [
        ((), (), 0),
        ((), (a_finding(),), 1),
        (({},), (), 1),
        (({},), (a_finding(),), 0),
        (({"severity": "low", "detections": 1},), (a_finding(),), 0),
        (({"severity": "high"},), (a_finding(),), 1),
        (({"detections": 2},), (a_finding(),), 1),
        (({"user": None},), (a_finding(),), 1),
        (({"group": {"a": 1}},), (a_finding(group={"a": 1}),), 0),
        (({}, {}), (a_finding(),), 1),
        (({}, {"user": "mona@example.com"}), (a_finding(), a_finding(user="omar@example.com")), 0),
        (({"severity": "low"}, {"severity": "low"}), (a_finding(), a_finding(severity=Severity.HIGH)), 1),
    ],
)
def test_findings_are_compared_in_any_order_one_for_one(
    expect: tuple[dict[str, Any], ...], findings: tuple[RaisedFinding, ...], differences: int
) -> None:
    assert len(check(a_test({}, expect=expect), findings)) == differences


def test_a_difference_says_what_was_raised_instead() -> None:
    (difference,) = check(a_test({}, expect=({"severity": "high"},)), [a_finding()])
    assert difference == (
        "expected a finding with severity 'high', got severity low, user 'mona@example.com', detections 1, group {}"
    )
