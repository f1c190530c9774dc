"""Mutations of the scoring of behaviour: what is scored again."""

from typing import Final

from tests.mutations.mutation import ENGINE, ENGINE_TESTS, Mutation

_TESTS: Final = f"{ENGINE_TESTS}/test_behaviour.py"
_SCORES: Final = f"{ENGINE}/store/profile_scores.py"
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
        "a change of a week touches the days of the weeks after it",
        _BEHAVIOUR,
        (("            await _touch_days_after_weeks(engine)\n", "            pass\n"),),
        f"{_TESTS}::test_a_change_of_an_earlier_week_scores_the_days_of_others_again",
    ),
)
