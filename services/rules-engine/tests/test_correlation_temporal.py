"""temporal and temporal_ordered: which detections complete which, however late they come and whatever lies between."""

from itertools import permutations

from mcm_rules_engine.correlation.protocol import Row
from mcm_rules_engine.testing.rows_in_memory import GroupInMemory, a_correlation, position

BOTH = a_correlation("type: temporal, timespan: 10s", rules=("a", "b"))
TWO_STEPS = a_correlation("type: temporal_ordered, timespan: 10s", rules=("a", "b"))
THREE_STEPS = a_correlation("type: temporal_ordered, timespan: 10s", rules=("a", "b", "c"))
FLOOD = [round(1 + 0.01 * number, 2) for number in range(200)]


async def test_all_rules_in_any_order_fire_at_whichever_comes_last() -> None:
    assert await GroupInMemory(BOTH, [0], [5]).times((0, 0)) == [5]
    assert await GroupInMemory(BOTH, [5], [0]).times((0, 5)) == [5]


async def test_the_earliest_must_be_younger_than_the_timespan() -> None:
    just_in = 10 - 0.000_001
    assert await GroupInMemory(BOTH, [0], [10]).times((1, 10)) == []
    assert await GroupInMemory(BOTH, [0], [just_in]).times((1, just_in)) == [just_in]


async def test_a_late_detection_completes_those_after_it_until_its_rule_has_another() -> None:
    group = GroupInMemory(BOTH, [0, 6], [3, 5, 20])
    assert await group.times((0, 0)) == [3, 5, 6]


async def test_a_late_detection_completes_one_behind_a_flood_of_the_other_rule() -> None:
    group = GroupInMemory(BOTH, [0], FLOOD)
    assert await group.times((0, 0)) == FLOOD


async def test_an_event_that_two_rules_hold_for_stands_for_both() -> None:
    (hit,) = await GroupInMemory(BOTH, [3], [3]).hits((0, 3), (1, 3))
    assert (hit.count, hit.completed_by) == (2, (position(3), position(3)))


async def test_in_order_only_the_last_rule_fires_and_only_after_the_others() -> None:
    assert await GroupInMemory(TWO_STEPS, [0, 6], [3]).times((0, 0), (0, 6), (1, 3)) == [3]
    assert await GroupInMemory(TWO_STEPS, [5], [3]).times((0, 5), (1, 3)) == []


async def test_one_event_cannot_take_two_places_in_a_chain() -> None:
    assert await GroupInMemory(TWO_STEPS, [3], [3]).times((0, 3), (1, 3)) == []
    assert await GroupInMemory(THREE_STEPS, [0], [3], [3]).times((1, 3), (2, 3)) == []


async def test_equal_times_are_in_order_both_ways() -> None:
    first, second = Row(position(3, 1)), Row(position(3, 2))
    for a, b in ((first, second), (second, first)):
        for affected in ((0, a), (1, b)):
            (hit,) = await GroupInMemory(TWO_STEPS, [a], [b]).hits(affected)
            assert (hit.position, hit.completed_by) == (b.position, (a.position, b.position))


async def test_every_order_of_three_equal_times_is_a_chain() -> None:
    for numbers in permutations((1, 2, 3)):
        rows = [Row(position(3, number)) for number in numbers]
        for affected in enumerate(rows):
            (hit,) = await GroupInMemory(THREE_STEPS, *([row] for row in rows)).hits(affected)
            assert hit.completed_by == tuple(row.position for row in rows)


async def test_of_equal_times_each_step_is_another_event_than_the_one_before() -> None:
    shared, other = Row(position(3, 1)), Row(position(3, 2))
    assert await GroupInMemory(TWO_STEPS, [shared], [shared]).times((0, shared), (1, shared)) == []
    (hit,) = await GroupInMemory(TWO_STEPS, [shared, other], [shared]).hits((0, other))
    assert hit.completed_by == (other.position, shared.position)
    # the greatest chain up to the second step ends in the third step's own event: the next one counts
    (hit,) = await GroupInMemory(THREE_STEPS, [0], [shared, other], [other]).hits((0, 0))
    assert hit.completed_by == (position(0), shared.position, other.position)


async def test_a_crowd_of_one_time_is_read_whole() -> None:
    crowd = [Row(position(3, number)) for number in range(1, 301)]
    assert len(await GroupInMemory(TWO_STEPS, [crowd[-1]], crowd[:-1]).hits((0, crowd[-1]))) == 299
    assert len(await GroupInMemory(TWO_STEPS, crowd[1:], [crowd[0]]).hits((0, crowd[-1]))) == 1
    assert len(await GroupInMemory(THREE_STEPS, [crowd[-1]], crowd[:-2], [crowd[-2]]).hits((1, crowd[100]))) == 1
    (hit,) = await GroupInMemory(TWO_STEPS, crowd, [crowd[0]]).hits((1, crowd[0]))
    assert hit.completed_by == (crowd[-1].position, crowd[0].position)


async def test_the_chain_that_starts_latest_decides() -> None:
    # the first chain is too old at 11, the second is not
    assert await GroupInMemory(THREE_STEPS, [0, 4], [2, 6], [11]).times((2, 11)) == [11]
    assert await GroupInMemory(THREE_STEPS, [0], [2, 6], [11]).times((2, 11)) == []


async def test_a_late_first_step_leads_past_a_flood_of_first_steps() -> None:
    # 0 leads to the b at 0.5, and that one to every c, although many an a has come since
    group = GroupInMemory(THREE_STEPS, [0, *FLOOD], [0.5], [*FLOOD, 9])
    fires = await group.hits((0, 0))
    assert len(fires) == len(FLOOD) + 1
    assert fires[-1].completed_by == (position(0), position(0.5), position(9))


async def test_a_late_middle_step_leads_past_a_flood_of_middle_steps() -> None:
    group = GroupInMemory(THREE_STEPS, [0], [0.5, *FLOOD], [0.7, 9])
    assert await group.times((1, 0.5)) == [0.7, 9]


async def test_a_late_last_step_finds_its_chain_behind_floods() -> None:
    group = GroupInMemory(THREE_STEPS, [0], FLOOD, [9])
    (hit,) = await group.hits((2, 9))
    assert hit.completed_by == (position(0), position(FLOOD[-1]), position(9))
