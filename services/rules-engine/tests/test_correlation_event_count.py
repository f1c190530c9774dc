"""event_count over a sliding window: where it holds, and which rows it reads."""

from mcm_rules_engine.correlation.protocol import Row
from mcm_rules_engine.testing.rows_in_memory import GroupInMemory, a_correlation, position
from mcm_shared.contracts.findings import Severity

THREE_IN_TEN_SECONDS = a_correlation("type: event_count, timespan: 10s, condition: {gte: 3}")


async def test_it_fires_at_the_detection_that_completes_the_count_and_at_each_one_after() -> None:
    group = GroupInMemory(THREE_IN_TEN_SECONDS, [0, 1, 2, 3])
    assert await group.times((0, 0), (0, 1), (0, 2), (0, 3)) == [2, 3]


async def test_the_window_is_open_at_its_start() -> None:
    just_in = 10 - 0.000_001
    assert await GroupInMemory(THREE_IN_TEN_SECONDS, [0, 1, 10]).times((0, 10)) == []
    assert await GroupInMemory(THREE_IN_TEN_SECONDS, [0, 1, just_in]).times((0, just_in)) == [just_in]


async def test_a_late_detection_completes_those_after_it() -> None:
    group = GroupInMemory(THREE_IN_TEN_SECONDS, [0, 4, 8, 20])
    assert await group.times((0, 0)) == [8]


async def test_ties_in_time_are_ordered_by_event() -> None:
    rows = [Row(position(5, number)) for number in (1, 2, 3)]
    fires = await GroupInMemory(THREE_IN_TEN_SECONDS, rows).hits((0, rows[0]))
    assert [hit.position for hit in fires] == [position(5, 3)]


async def test_detections_before_1970_count_as_any_others() -> None:
    assert await GroupInMemory(THREE_IN_TEN_SECONDS, [-12, -10, -3, -1]).times((0, -10)) == [-3, -1]


async def test_others_between_two_touched_ones_hide_nothing_after_the_second() -> None:
    crowd = [0.1 * number for number in range(1, 30)]
    group = GroupInMemory(THREE_IN_TEN_SECONDS, [0, *crowd, 3, 9])
    # 0 and 3 are close enough for one range query, which ends among those between them
    assert await group.times((0, 0), (0, 3)) == [0.2, 0.3, 3, 9]
    assert group.rounds == 2


async def test_a_count_of_one_fires_at_every_detection() -> None:
    group = GroupInMemory(a_correlation("type: event_count, timespan: 10s, condition: {gte: 1}"), [0, 30])
    assert await group.times((0, 0), (0, 30)) == [0, 30]


async def test_severity_rises_with_the_count_and_counting_stops_at_the_highest_step() -> None:
    correlation = a_correlation(
        "type: event_count, timespan: 10s, condition: {gte: 2}", escalate="{high: 3, critical: 4}"
    )
    fires = await GroupInMemory(correlation, [0, 1, 2, 3, 4]).hits((0, 0))
    assert [(hit.severity, hit.count) for hit in fires] == [
        (Severity.LOW, 2),
        (Severity.HIGH, 3),
        (Severity.CRITICAL, 4),
    ]
    (last,) = await GroupInMemory(correlation, [0, 1, 2, 3, 4]).hits((0, 4))
    assert (last.severity, last.count) == (Severity.CRITICAL, 4)
    assert last.completed_by == (position(1), position(2), position(3), position(4))
