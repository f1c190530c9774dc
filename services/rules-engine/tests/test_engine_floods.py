"""Cases that chance seldom makes: floods, events in several groups at once, the ends of time."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from mcm_rules_engine.correlation.protocol import LatestByValue, RangeQuery, RangeResult
from mcm_rules_engine.pipeline import detect
from mcm_rules_engine.store.detections import range_query
from mcm_rules_engine.testing.agreement import assert_as_the_rules_say
from mcm_rules_engine.testing.generated_cases import Case, Delivery
from mcm_shared.contracts.events import EARLIEST, END_OF_TIME, SourceEvent
from mcm_shared.contracts.findings import Severity
from mcm_shared.db.engine import AsyncConnection, AsyncEngine
from mcm_shared.testing.builders import NOON, an_event

_RULE = """
title: {name}
id: 00000000-0000-4000-8000-00000000000{number}
name: {name}
level: informational
logsource: {{category: activity}}
detection: {{one: {{event_type: [{name}, both]}}, condition: one}}
---
"""
RULES = "".join(_RULE.format(name=name, number=number) for number, name in enumerate("abc", start=1))


def a_correlation(number: int, correlation: str, more: str = "{}") -> str:
    return (
        f"title: Correlation {number}\nid: 00000000-0000-4000-8000-00000000001{number}\nname: correlation_{number}\n"
        f"level: low\ndescription: '{{count}} within {{timespan}}'\n"
        f"correlation: {{{correlation}}}\nescalate: {more}\n---\n"
    )


def events(event_type: str, seconds: Sequence[float], start: datetime = NOON, **facts: Any) -> list[SourceEvent]:
    return [
        an_event(
            id=f"{event_type} {second} {facts}",
            event_type=event_type,
            timestamp=start + timedelta(seconds=second),
            raw_data=facts,
        )
        for second in seconds
    ]


def a_case(rules: str, *batches: list[SourceEvent]) -> Case:
    return Case(RULES + rules, tuple(Delivery(0, tuple(batch)) for batch in batches), workers=1, seed=None)


def flood(start: float, count: int = 200) -> list[float]:
    return [round(start + number / 100, 2) for number in range(count)]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts what the engine asks the database for, by kind."""
    counter: Counter[str] = Counter()

    async def counting(
        connection: AsyncConnection, requested: Sequence[RangeQuery | LatestByValue]
    ) -> list[RangeResult]:
        for one in requested:
            counter[_kind(one)] += 1
        return await range_query(connection, requested)

    monkeypatch.setattr(detect, "range_query", counting)
    return counter


def _kind(one: RangeQuery | LatestByValue) -> str:
    if isinstance(one, LatestByValue):
        return "by value"
    return "further on" if one.before == 0 and one.after > 100 else "around"


async def test_many_repeats_of_few_values_hide_no_value_before_them(
    engines: list[AsyncEngine], asked: Counter[str]
) -> None:
    values = a_correlation(
        1, "type: value_count, rules: [a], timespan: 1m, condition: {field: ip, gte: 3}", "{high: 5}"
    )
    expected = await assert_as_the_rules_say(
        engines,
        a_case(
            values,
            events("a", [0], ip="192.0.2.1") + events("a", [1], ip="192.0.2.2"),
            events("a", flood(2), ip="192.0.2.3"),
            events("a", [20], ip="192.0.2.4"),
            events("a", [0.5], ip="192.0.2.5"),
        ),
    )
    (finding,) = expected.findings.values()
    assert finding.severity is Severity.HIGH
    assert asked["by value"] > 0
    assert asked["further on"] > 0


async def test_many_groups_of_few_values_are_asked_for_at_once(engines: list[AsyncEngine], asked: Counter[str]) -> None:
    statements: list[str] = []

    def note(asked: Any) -> None:
        statements.append(asked.query)

    def log_statements(connection: Any, *_: object) -> None:
        if engines[0].dialect.name == "postgresql":
            connection.driver_connection.add_query_logger(note)

    event.listen(engines[0].sync_engine, "checkout", log_statements)
    values = a_correlation(
        1, "type: value_count, rules: [a], group-by: [to], timespan: 1m, condition: {field: ip, gte: 3}"
    )
    several = ("x", "y", "z")
    crowds = [one for to in several for one in events("a", flood(2, 50), ip="192.0.2.3", to=to)]
    others = [one for to in several for one in events("a", [1], ip="192.0.2.2", to=to)]
    last = [one for to in several for one in events("a", [9], ip="192.0.2.1", to=to)]
    expected = await assert_as_the_rules_say(engines, a_case(values, crowds, others, last))
    assert asked["by value"] == len(several)
    assert len(expected.findings) == len(several)
    if engines[0].dialect.name == "postgresql":
        assert sum("RECURSIVE one(" in statement for statement in statements) == 1


async def test_a_late_first_step_reaches_the_last_one_through_floods(
    engines: list[AsyncEngine], asked: Counter[str]
) -> None:
    chain = a_correlation(1, "type: temporal_ordered, rules: [a, b, c], timespan: 1m")
    expected = await assert_as_the_rules_say(
        engines,
        a_case(
            chain,
            events("a", flood(2)) + events("b", [1, *flood(0)]) + events("c", flood(3)),
            events("a", [-1]),
            events("c", [30]),
        ),
    )
    assert sum(expected.hits.values()) == 201
    assert asked["further on"] > 0


async def test_one_event_stands_for_each_group_that_a_counted_correlation_finds_it_in(
    engines: list[AsyncEngine],
) -> None:
    either = a_correlation(
        1,
        "type: event_count, rules: [a, b], group-by: [who], timespan: 1m, condition: {gte: 2}, "
        "aliases: {who: {a: sender, b: receiver}}",
    )
    several = a_correlation(
        2, "type: value_count, rules: [correlation_1], timespan: 1m, condition: {field: who, gte: 2}"
    )
    first = events("a", [0], sender="mona") + events("b", [1], receiver="omar")
    last = events("both", [2], sender="mona", receiver="omar")
    for batches in ([first + last], [first, last], [last, first[:1], first[1:]], [last, first[1:], first[:1]]):
        expected = await assert_as_the_rules_say(engines, a_case(either + several, *batches))
        (finding,) = expected.findings.values()
        assert (finding.rule_name, finding.detection_count) == ("correlation_2", 1)


async def test_what_completed_a_detection_is_told_the_same_in_any_order(engines: list[AsyncEngine]) -> None:
    all_three = a_correlation(1, "type: temporal, rules: [a, b, c], timespan: 1m")
    first, last = events("both", [0]), events("c", [2])
    between = events("b", [1])
    for batches in ([first + between + last], [first, last, between], [last, between, first]):
        await assert_as_the_rules_say(engines, a_case(all_three, *batches))


async def test_correlations_that_share_a_counter_fire_each_by_its_own_threshold(engines: list[AsyncEngine]) -> None:
    counting = "type: event_count, rules: [a, b], timespan: 1m, window: tumbling, condition: "
    two = a_correlation(1, counting + "{gte: 2}")
    three = a_correlation(2, counting + "{gte: 3}", "{high: 4}")
    for rules in (two + three, three + two):
        expected = await assert_as_the_rules_say(
            engines, a_case(rules, events("both", [0, 10, 20]), events("a", [5, 70, 80]))
        )
        assert sorted((f.rule_name, f.severity) for f in expected.findings.values()) == [
            ("correlation_1", Severity.LOW),
            ("correlation_2", Severity.HIGH),
        ]


@pytest.mark.parametrize(
    ("start", "seconds"),
    [(EARLIEST, (0, 1)), (END_OF_TIME, (-2, -1))],
    ids=["first", "last"],
)
async def test_the_ends_of_time_are_times_as_any_others(
    engines: list[AsyncEngine], start: datetime, seconds: Sequence[float]
) -> None:
    rules = a_correlation(1, "type: event_count, rules: [a], timespan: 90d, condition: {gte: 2}") + a_correlation(
        2, "type: event_count, rules: [b], timespan: 90d, window: tumbling, condition: {gte: 2}"
    )
    expected = await assert_as_the_rules_say(engines, a_case(rules, events("both", seconds, start)))
    assert len(expected.findings) == 2
