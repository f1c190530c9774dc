"""value_count: how many distinct values lie in the window, also among many repeats of few."""

from mcm_rules_engine.correlation.protocol import Row
from mcm_rules_engine.testing.rows_in_memory import GroupInMemory, a_correlation, position
from mcm_shared.contracts.findings import Severity

THREE_VALUES = a_correlation("type: value_count, timespan: 10s, condition: {field: ip, gte: 3}")
FLOOD = [(round(2 + 0.01 * number, 2), "x") for number in range(300)]


async def test_it_fires_where_enough_distinct_values_lie_in_the_window() -> None:
    group = GroupInMemory(THREE_VALUES, [(0, "x"), (1, "x"), (2, "y"), (3, "z"), (4, "z")])
    assert await group.times((0, 0), (0, 3), (0, 4)) == [3, 4]


async def test_a_value_is_as_old_as_its_latest_detection() -> None:
    group = GroupInMemory(THREE_VALUES, [(0, "x"), (1, "y"), (5, "x"), (10.5, "z"), (11, "z")])
    assert await group.times((0, 5)) == [10.5]


async def test_a_late_value_counts_until_it_comes_again() -> None:
    group = GroupInMemory(THREE_VALUES, [(0, "x"), (1, "y"), (2, "z"), (3, "z"), (4, "x"), (5, "z")])
    assert await group.times((0, 0)) == [2, 3, 4, 5]


async def test_values_behind_a_flood_of_another_are_found() -> None:
    group = GroupInMemory(THREE_VALUES, [(0, "y"), (1, "z"), *FLOOD, (9, "x")])
    (hit,) = await group.hits((0, 9))
    assert hit.completed_by == (position(0), position(1), position(9))
    assert group.asked_by_value == 1


async def test_a_late_value_counts_to_the_end_of_a_flood_of_another() -> None:
    group = GroupInMemory(THREE_VALUES, [(0, "y"), (1, "z"), *FLOOD, (9, "x"), (10.5, "x")])
    assert await group.times((0, 1)) == [*(time for time, _ in FLOOD), 9]


async def test_severity_rises_with_the_values_and_counting_stops_at_the_highest_step() -> None:
    correlation = a_correlation(
        "type: value_count, timespan: 10s, condition: {field: ip, gte: 2}", escalate="{high: 3}"
    )
    fires = await GroupInMemory(correlation, [(0, "w"), (1, "x"), (2, "y"), (3, "z")]).hits((0, 0))
    assert [(hit.severity, hit.count) for hit in fires] == [
        (Severity.LOW, 2),
        (Severity.HIGH, 3),
        (Severity.HIGH, 3),
    ]
    assert fires[-1].completed_by == (position(1), position(2), position(3))


async def test_ties_in_time_are_ordered_by_event() -> None:
    rows = [Row(position(5, number), value) for number, value in ((1, "x"), (2, "y"), (3, "z"))]
    fires = await GroupInMemory(THREE_VALUES, rows).hits((0, rows[0]))
    assert [hit.position for hit in fires] == [position(5, 3)]
