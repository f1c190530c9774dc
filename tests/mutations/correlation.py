"""Mutations of the evaluation of correlations."""

from typing import Final

from tests.mutations.mutation import ENGINE, ENGINE_TESTS, Mutation

_TEMPORAL: Final = f"{ENGINE_TESTS}/test_correlation_temporal.py"
_CONDITIONS: Final = f"{ENGINE_TESTS}/test_correlation_conditions.py"
_EVENT_COUNT: Final = f"{ENGINE_TESTS}/test_correlation_event_count.py"
_ORDERED: Final = f"{ENGINE}/correlation/temporal_ordered.py"
_MODEL: Final = f"{ENGINE}/sigma/model/correlation.py"

CORRELATION: Final = (
    Mutation(
        "range queries go forward too",
        f"{ENGINE}/correlation/event_count.py",
        (("    limit = len(affected) + reach\n", "    limit = len(affected)\n"),),
        f"{ENGINE_TESTS}/test_engine_mutations.py::test_a_late_event_completes_what_came_before_it",
    ),
    Mutation(
        "a window is open at its start",
        f"{ENGINE}/correlation/event_count.py",
        (("while positions[oldest][0] <= at - window:", "while positions[oldest][0] < at - window:"),),
        f"{_EVENT_COUNT}::test_the_window_is_open_at_its_start",
    ),
    Mutation(
        "affected rows behind many others are evaluated again",
        f"{ENGINE}/correlation/evaluate.py",
        (("for row in found.outside_segment]", "for row in found.outside_segment[:0]]"),),
        f"{_EVENT_COUNT}::test_others_between_two_touched_ones_hide_nothing_after_the_second",
    ),
    Mutation(
        "the inputs of a temporal correlation are read as far as they matter",
        f"{ENGINE}/correlation/forward_scan.py",
        (("        if not still:\n", "        if True:\n"),),
        f"{_TEMPORAL}::test_a_late_detection_completes_one_behind_a_flood_of_the_other_rule",
    ),
    Mutation(
        "the prefilter leaves out nothing beyond what it read",
        f"{ENGINE}/correlation/prefilter.py",
        (("else len(times) == _ROWS", "else False"),),
        f"{ENGINE_TESTS}/test_correlation_prefilter.py::test_a_login_is_found_behind_many_failures_of_long_before",
    ),
    Mutation(
        "the prefilter is only for correlations that need every rule",
        _MODEL,
        (("return self.alternatives is None and self.steps[0][0] == len(self.inputs)", "return True"),),
        f"{_CONDITIONS}::test_two_of_three_rules_are_enough_where_the_condition_says_so",
    ),
    Mutation(
        "a temporal correlation with gte needs so many of its rules",
        _MODEL,
        (("return len(inputs) >= self.steps[0][0]", "return len(inputs) >= 1"),),
        f"{_CONDITIONS}::test_two_of_three_rules_are_enough_where_the_condition_says_so",
    ),
    Mutation(
        "rules joined by or need one alternative",
        _MODEL,
        (("any(needed.issubset(inputs)", "all(needed.issubset(inputs)"),),
        f"{_CONDITIONS}::test_rules_may_be_joined_by_or",
    ),
    Mutation(
        "an alternative needs all of its rules",
        _MODEL,
        (("needed.issubset(inputs)", "needed.intersection(inputs)"),),
        f"{_CONDITIONS}::test_rules_may_be_joined_by_or",
    ),
    Mutation(
        "values that lie behind a flood of others are read by value",
        f"{ENGINE}/correlation/value_count.py",
        (("if len(recent) < highest and not reaches_back:", "if False:"),),
        f"{ENGINE_TESTS}/test_correlation_value_count.py::test_values_behind_a_flood_of_another_are_found",
    ),
    Mutation(
        "a chain is followed past its first rule",
        _ORDERED,
        (("for number in range(row.input, last):", "for number in range(row.input, min(row.input + 1, last)):"),),
        f"{_TEMPORAL}::test_a_late_first_step_leads_past_a_flood_of_first_steps",
    ),
    Mutation(
        "equal times are read whole",
        _ORDERED,
        (("incomplete_input, whole_times=True)", "incomplete_input)"),),
        f"{_TEMPORAL}::test_equal_times_are_in_order_both_ways",
    ),
    Mutation(
        "equal times are in order of the rules",
        _ORDERED,
        (("        for number in range(count):\n", "        for number in reversed(range(count)):\n"),),
        f"{_TEMPORAL}::test_equal_times_are_in_order_both_ways",
    ),
    Mutation(
        "a crowd of one time is read to its end",
        f"{ENGINE}/correlation/forward_scan.py",
        (("or (at is not None and until[0] > at)", "or (at is not None and until[0] >= at)"),),
        f"{_TEMPORAL}::test_a_crowd_of_one_time_is_read_whole",
    ),
    Mutation(
        "an event takes one place in a chain",
        _ORDERED,
        (("for chain in chains if chain[-1] != position)", "for chain in chains)"),),
        f"{_TEMPORAL}::test_one_event_cannot_take_two_places_in_a_chain",
    ),
    Mutation(
        "chains that end in two events are retained",
        _ORDERED,
        (("_GREATEST: Final = 2", "_GREATEST: Final = 1"),),
        f"{_TEMPORAL}::test_of_equal_times_each_step_is_another_event_than_the_one_before",
    ),
)
