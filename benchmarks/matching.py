"""What matching costs an event: 25 and 250 rules, events that no rule is about, and events that several match."""

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid5

from mcm_rules_engine.sigma.load import load_rules
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_shared.contracts.events import EVENT_NAMESPACE, SourceEvent, event_uid

ROUNDS = 7
EVENTS = 20_000

_RULE = """\
title: Benchmark {number}
id: {id}
name: benchmark_{number}
level: medium
logsource: {logsource}
detection:
  selection:
    {selection}
  filter:
    {field}|startswith: service-
  condition: selection and not filter
---
"""


def main() -> None:
    """Prints µs per event, the median of seven rounds."""
    rows = {
        "25 rules, an event no rule is about": (25, _login),
        "250 rules, an event no rule is about": (250, _login),
        "25 rules, a CloudTrail record no rule is about": (25, _describe_instances),
        "250 rules, a CloudTrail record no rule is about": (250, _describe_instances),
        "25 rules, an event of a rule's type that does not match": (25, _small_merge),
        "250 rules, an event of a rule's type that does not match": (250, _small_merge),
        "25 rules, an event that a rule matches": (25, _large_merge),
        "250 rules, an event that a rule matches": (250, _large_merge),
    }
    with tempfile.TemporaryDirectory() as folder:
        rulesets = {count: rules_of(Path(folder), count) for count in (25, 250)}
    for name, (count, make) in rows.items():
        print(f"{_cost(rulesets[count], make):6.2f} µs  {name}")


def _cost(ruleset: Ruleset, make: Callable[[int], SourceEvent]) -> float:
    events = [make(number) for number in range(EVENTS)]
    rounds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for event in events:
            ruleset.match(event)
        rounds.append((time.perf_counter() - started) / EVENTS * 1e6)
    return statistics.median(rounds)


def rules_of(folder: Path, count: int) -> Ruleset:
    """Loads the built-in rules and as many more as make ``count`` single-event rules."""
    builtin = len(load_rules().rules)
    path = folder / f"{count}.yml"
    path.write_text("".join(_rule(number) for number in range(count - builtin)))
    ruleset = load_rules([path])
    assert len(ruleset.rules) == count
    return ruleset


def _rule(number: int) -> str:
    # half on normalised events, half on CloudTrail, as published rules are: by service and by one or two actions
    native = number % 2 == 1
    return _RULE.format(
        number=number,
        id=uuid5(EVENT_NAMESPACE, f"benchmark {number}"),
        logsource="{product: aws, service: cloudtrail}" if native else "{category: activity}",
        selection=(
            f"eventSource: iam.amazonaws.com\n    eventName: [PutThing{number}, DeleteThing{number}]"
            if native
            else f"event_type: benchmark.action_{number}\n    target|contains: prod"
        ),
        field="userIdentity.userName" if native else "user",
    )


def _event(number: int, source: str, event_type: str, raw_data: dict[str, Any]) -> SourceEvent:
    return SourceEvent(
        uid=event_uid(source, str(number)),
        id=str(number),
        source=source,
        event_type=event_type,
        user=f"user-{number % 50}@example.com",
        timestamp=datetime(2026, 11, 20, 12, tzinfo=UTC),
        raw_data=raw_data,
    )


def _login(number: int) -> SourceEvent:
    return _event(number, "okta", "login_success", {"ip": "192.0.2.7", "method": "password", "country": "PT"})


def _describe_instances(number: int) -> SourceEvent:
    record = {
        "eventName": "DescribeInstances",
        "eventSource": "ec2.amazonaws.com",
        "userIdentity": {"type": "IAMUser", "userName": "mona"},
    }
    return _event(number, "aws.cloudtrail", "aws.cloudtrail.DescribeInstances", record)


def _small_merge(number: int) -> SourceEvent:
    facts = {"repository": "example/payments", "number": number, "lines_changed": 40, "approvals": 1}
    return _event(number, "github", "pull_request_merged", facts)


def _large_merge(number: int) -> SourceEvent:
    facts = {"repository": "example/payments", "number": number, "lines_changed": 900, "approvals": 1}
    return _event(number, "github", "pull_request_merged", facts)


if __name__ == "__main__":
    main()
