"""What a batch costs: rows read depend on the rows it touched and on the threshold, never on what the group holds."""

from collections.abc import Callable

import pytest

from mcm_rules_engine.correlation.protocol import Row
from mcm_rules_engine.testing.rows_in_memory import GroupInMemory, a_correlation, position

TOUCHED = 20
HOUR = 3600
SMALL, LARGE = 100, 10_000
"""Rows that a group's window holds."""


def evenly(count: int, start: float = 0.0) -> list[float]:
    return [round(start + HOUR / count * number, 3) for number in range(count)]


def counted(rows: int) -> GroupInMemory:
    correlation = a_correlation("type: event_count, timespan: 1h, condition: {gte: 10}")
    return GroupInMemory(correlation, evenly(rows))


def of_both_rules(rows: int) -> GroupInMemory:
    correlation = a_correlation("type: temporal, timespan: 1h", rules=("a", "b"))
    return GroupInMemory(correlation, evenly(rows), evenly(rows, 0.1))


def in_two_steps(rows: int) -> GroupInMemory:
    correlation = a_correlation("type: temporal_ordered, timespan: 1h", rules=("a", "b"))
    return GroupInMemory(correlation, evenly(rows), evenly(rows, 0.1))


def in_three_steps(rows: int) -> GroupInMemory:
    correlation = a_correlation("type: temporal_ordered, timespan: 1h", rules=("a", "b", "c"))
    return GroupInMemory(correlation, evenly(rows), evenly(rows, 0.1), evenly(rows, 0.2))


def with_values(rows: int) -> GroupInMemory:
    correlation = a_correlation("type: value_count, timespan: 1h, condition: {field: ip, gte: 5}")
    return GroupInMemory(correlation, [(time, f"192.0.2.{number % 7}") for number, time in enumerate(evenly(rows))])


GROUPS = pytest.mark.parametrize(
    ("group", "a_look"),
    [(counted, 20), (of_both_rules, 30), (in_two_steps, 30), (in_three_steps, 60), (with_values, 110)],
    ids=lambda value: value.__name__ if callable(value) else "",
)
"""A group, and the rows that one touched row may cost in it at most."""


@GROUPS
@pytest.mark.parametrize("rows", [SMALL, LARGE])
async def test_the_newest_rows_cost_no_more_in_a_large_group(
    group: Callable[[int], GroupInMemory], a_look: int, rows: int
) -> None:
    here = group(rows)
    await here.times(*((0, row) for row in here.rows[0][-TOUCHED:]))
    assert here.rows_read <= TOUCHED * a_look


@GROUPS
@pytest.mark.parametrize("rows", [SMALL, LARGE])
async def test_late_rows_far_apart_cost_no_more_in_a_large_group(
    group: Callable[[int], GroupInMemory], a_look: int, rows: int
) -> None:
    here = group(rows)
    await here.times(*((0, row) for row in here.rows[0][:: rows // TOUCHED]))
    assert here.rows_read <= TOUCHED * a_look
    # side by side, not one after the other
    assert here.rounds <= 7


async def test_a_flood_after_a_late_row_costs_nothing_once_another_has_taken_its_place() -> None:
    correlation = a_correlation("type: temporal_ordered, timespan: 1h", rules=("a", "b"))
    here = GroupInMemory(correlation, [0, *evenly(LARGE, 1)], [HOUR])
    await here.times((0, 0))
    assert here.rows_read < TOUCHED


async def test_a_late_value_is_followed_no_further_than_it_can_count() -> None:
    correlation = a_correlation("type: value_count, timespan: 1h, condition: {field: ip, gte: 5}")
    here = GroupInMemory(
        correlation, [(0, "once"), *((time, str(number)) for number, time in enumerate(evenly(LARGE, 1)))]
    )
    await here.times((0, Row(position(0), "once")))
    assert here.rows_read < TOUCHED
