"""Mutations of the scoring of behaviour: what is scored again."""

from typing import Final

from tests.mutations.mutation import ENGINE, ENGINE_TESTS, Mutation

_TESTS: Final = f"{ENGINE_TESTS}/test_behaviour.py"
_SCORES: Final = f"{ENGINE}/store/profile_scores.py"
_WEEKS: Final = f"{ENGINE}/store/profile_weeks.py"
_BEHAVIOUR: Final = f"{ENGINE}/pipeline/behaviour.py"

BEHAVIOUR: Final = (
    Mutation(
        "a day that is touched while it is scored stays touched",
        _SCORES,
        (
            (" AND p.touched = r.touched", ""),
            ('WHERE ("user", day, shard, touched) IN (', 'WHERE ("user", day, shard) IN ('),
            (
                "json_extract(value, '$[2]'),\n           json_extract(value, '$[3]') FROM",
                "json_extract(value, '$[2]') FROM",
            ),
        ),
        f"{_TESTS}::test_a_day_that_an_event_touches_while_it_is_scored_stays_touched",
    ),
    Mutation(
        "a touch of a week leaves those of events, which a scorer may not have read",
        _WEEKS,
        (("touched = new_touch()", "touched = 1"), (" AND p.touched = 0", "")),
        f"{_TESTS}::test_a_day_that_an_event_and_then_a_week_touch_while_it_is_scored_stays_touched",
    ),
    Mutation(
        "a day has what was added to it since its values were counted",
        _BEHAVIOUR,
        (("return touch.user, touch.day, touch.pending", 'return touch.user, touch.day, ""'),),
        f"{_TESTS}::test_batches_between_the_transactions_of_a_scorer_are_counted",
    ),
    Mutation(
        "a late event scores the later days of its user again",
        _BEHAVIOUR,
        (("day <= ordered[place - 1] + HISTORY", "day == ordered[place - 1]"),),
        f"{_TESTS}::test_a_late_event_withdraws_a_finding_which_shows_the_same_in_any_order",
    ),
    Mutation(
        "a withdrawn finding shows what the set of events says, not what it said before",
        _BEHAVIOUR,
        (("return replace(state, description=why, withdrawn_by", "return replace(state, withdrawn_by"),),
        f"{_TESTS}::test_a_late_event_withdraws_a_finding_which_shows_the_same_in_any_order",
    ),
    Mutation(
        "findings that count the events of all sources have no source",
        _BEHAVIOUR,
        (("events), source=None)", "events))"),),
        f"{_TESTS}::test_a_late_event_withdraws_a_finding_which_shows_the_same_in_any_order",
    ),
    Mutation(
        "a value that is pending in rows of two workers is counted once",
        _SCORES,
        (("set()).update(read_values(one.pending))", "set()).symmetric_difference_update(read_values(one.pending))"),),
        f"{_TESTS}::test_a_value_that_two_workers_bring_counts_once",
    ),
    Mutation(
        "a change of a week touches the days of the weeks after it",
        _BEHAVIOUR,
        (("            await _touch_days_after_weeks(engine)\n", "            pass\n"),),
        f"{_TESTS}::test_a_change_of_an_earlier_week_scores_the_days_of_others_again",
    ),
)
