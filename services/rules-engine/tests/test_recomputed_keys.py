"""The keys of rules that are recomputed: what is accepted, and what each mistake is answered with."""

from datetime import timedelta
from fractions import Fraction

import pytest

from mcm_rules_engine.recomputed.windows import amount_text, millionths
from mcm_rules_engine.sigma.load import parse_rules
from mcm_rules_engine.testing.rows_in_memory import a_correlation
from mcm_shared.errors import RuleLoadError

TWO = ("a", "b")
NATIVE = """
title: Deactivated
id: 00000000-0000-4000-8000-000000000001
name: deactivated
logsource: {product: okta}
detection: {one: {eventType: user.mfa.factor.deactivate}, condition: one}
---
title: Activated
id: 00000000-0000-4000-8000-000000000002
name: activated
logsource: {product: okta}
detection: {one: {eventType: user.mfa.factor.activate}, condition: one}
---
title: Not activated again
id: 00000000-0000-4000-8000-000000000003
name: without_mfa
correlation: {type: not_followed_by, rules: [deactivated, activated], group-by: [user], timespan: 30m}
"""


def test_a_rule_about_one_source_waits_for_that_source() -> None:
    assert parse_rules(NATIVE).correlations[0].sources == ("okta.system",)
    assert a_correlation("type: not_followed_by, timespan: 10s", rules=TWO).sources is None


def test_a_new_value_has_a_history_and_a_learning_period() -> None:
    rule = a_correlation("type: new_value, condition: {field: country}")
    assert (rule.timespan, rule.learning) == (timedelta(days=60), timedelta(days=14))
    assert rule.is_recomputed


def test_a_comparison_is_exact() -> None:
    rule = a_correlation("type: value_avg, timespan: 1h, condition: {field: size, lt: 0.1}")
    assert rule.tumbling
    assert rule.comparison is not None
    assert [rule.comparison.holds(Fraction(number, 100)) for number in (9, 10, 11)] == [True, False, False]


@pytest.mark.parametrize(
    ("keys", "rules", "expected"),
    [
        ("type: not_followed_by, timespan: 1h", ("a",), "needs two rules: what happened, and what did not follow"),
        ("type: not_followed_by, timespan: 1h, condition: {gte: 1}", TWO, "its second rule is the condition"),
        ("type: not_followed_by", TWO, "correlation.timespan: None is not a duration"),
        ("type: new_value", ("a",), "must be a map such as {field: country}"),
        ("type: new_value, condition: {field: x}, timespan: 1h", ("a",), "does not go with new_value"),
        ("type: new_value, condition: {field: x}, history: 100d", ("a",), "must be over 0 and at most 90d"),
        ("type: new_value, condition: {field: x}, history: 7d", ("a",), "must be shorter than the history"),
        ("type: new_value, condition: {field: x, gte: 2}", ("a",), "takes a field and nothing else"),
        (
            "type: event_count, timespan: 1h, history: 7d, condition: {gte: 2}",
            ("a",),
            "goes with new_value and silence",
        ),
        ("type: silence, timespan: 1h", ("a",), "does not go with silence, which has a history"),
        ("type: silence, condition: {gte: 2}", ("a",), "how long a group may pause is learned"),
        ("type: silence, learning: 14d", ("a",), "must be shorter than the history"),
        ("type: silence", ("a", "b", "c"), "takes one rule, and a second"),
        ("type: event_count, timespan: 1h, condition: {lt: 2}", ("a",), "event_count with window: tumbling"),
        ("type: value_count, timespan: 1h, condition: {lt: 2, field: x}", ("a",), "complete windows only"),
        ("type: event_count, timespan: 1h, window: tumbling, condition: {lt: 1.5}", ("a",), "with a whole number"),
        (
            "type: event_count, timespan: 1h, window: tumbling, condition: {lt: 1, gt: 0}",
            ("a",),
            "one number by one of",
        ),
        ("type: value_sum, timespan: 1h, condition: {gte: 2}", ("a",), "needs the field that it adds up"),
        ("type: value_sum, timespan: 1h, condition: {gte: 2, field: [x, y]}", ("a",), "adds up one field"),
        ("type: value_sum, timespan: 1h, window: sliding, condition: {gte: 2, field: x}", ("a",), "over whole windows"),
        ("type: value_avg, timespan: 1h, condition: {gte: .nan, field: x}", ("a",), "one number by one of"),
        ("type: value_median, timespan: 1h, condition: {gte: 2, field: x}", ("a",), "value_median is not supported"),
    ],
)
def test_a_mistake_says_what_to_change(keys: str, rules: tuple[str, ...], expected: str) -> None:
    with pytest.raises(RuleLoadError, match="correlation") as caught:
        a_correlation(keys, rules=rules)
    assert expected in str(caught.value)


def test_a_recomputed_rule_does_not_escalate() -> None:
    with pytest.raises(RuleLoadError, match="goes with counts that only rise"):
        a_correlation("type: not_followed_by, timespan: 1h", rules=TWO, escalate="{high: 3}")


def test_what_can_be_taken_back_cannot_be_counted() -> None:
    counting = """
---
title: Often
id: 00000000-0000-4000-8000-000000000004
name: often
correlation: {type: event_count, rules: [without_mfa], timespan: 1h, condition: {gte: 2}}
"""
    with pytest.raises(RuleLoadError, match="later events can take back"):
        parse_rules(NATIVE + counting)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("3", 3_000_000),
        ("-0.1", -100_000),
        ("1e3", 1_000_000_000),
        ("0.0000004", 0),
        ("1000000000000000", 10**21),
        ("1000000000000001", None),
        ("many", None),
        ("nan", None),
        ("1_000", None),
        (None, None),
    ],
)
def test_values_are_added_up_as_millionths(value: str | None, expected: int | None) -> None:
    assert millionths(value) == expected


@pytest.mark.parametrize(
    ("amount", "expected"),
    [(Fraction(0), "0"), (Fraction(5, 2), "2.5"), (Fraction(-1, 3), "-0.333333"), (Fraction(1, 10**9), "0")],
)
def test_an_amount_is_a_decimal_number(amount: Fraction, expected: str) -> None:
    assert amount_text(amount) == expected
