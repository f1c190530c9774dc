"""Conditions as Python predicates, and what an event must have for one to hold."""

from collections.abc import Callable, Collection, Iterable
from typing import Any

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.types import (
    SigmaBool,
    SigmaCasedString,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SigmaType,
)

from mcm_rules_engine.sigma.compile.differences import SigmaDifference
from mcm_rules_engine.sigma.compile.fields import EventView, Getter, Space, field_getter, presence_test, text_of
from mcm_rules_engine.sigma.compile.numbers import as_number
from mcm_rules_engine.sigma.compile.patterns import anywhere, plain_text
from mcm_rules_engine.sigma.compile.values import any_value_test
from mcm_rules_engine.sigma.unsupported import UnsupportedError

Predicate = Callable[[EventView], bool]

Required = dict[str, frozenset[str]]
"""Fields of which at least one value, case-folded, must be one of these for a condition to hold."""


def compile_condition(node: Any, space: Space) -> Predicate:
    """Compiles a condition tree of pySigma; raises UnsupportedError for a construct this engine does not have."""
    match node:
        case ConditionAND():
            return _all([compile_condition(arg, space) for arg in node.args])
        case ConditionOR():
            return _any(_alternatives(node.args, space))
        case ConditionNOT():
            inner = compile_condition(node.args[0], space)
            return lambda view: not inner(view)
        case ConditionFieldEqualsValueExpression():
            return _field_test(node.field, [node.value], space)
        case ConditionValueExpression():
            return _keyword_test(node.value, space)
    raise UnsupportedError("the condition is empty")


def required_values(node: Any) -> Required:
    """Works out the equalities without which a condition cannot hold, for the index of the rule set."""
    match node:
        case ConditionAND():
            required: Required = {}
            for arg in node.args:
                for field, values in required_values(arg).items():
                    if field not in required or len(values) < len(required[field]):
                        required[field] = values
            return required
        case ConditionOR():
            options = [required_values(arg) for arg in node.args]
            shared = set(options[0]).intersection(*options[1:])
            return {field: frozenset().union(*(option[field] for option in options)) for field in shared}
        case ConditionFieldEqualsValueExpression(value=SigmaString() as value):
            text = plain_text(value)
            return {} if text is None else {node.field: frozenset({text.casefold()})}
    return {}


def depends_only_on(node: Any, fields: Collection[str]) -> bool:
    """Whether a condition compares nothing but these fields, and them with values that the rule states."""
    match node:
        case ConditionAND() | ConditionOR() | ConditionNOT():
            return all(depends_only_on(arg, fields) for arg in node.args)
        case ConditionFieldEqualsValueExpression():
            return node.field in fields and _is_stated(node.value)
    return False


def _is_stated(value: SigmaType) -> bool:
    # not a reference to another field, and not a plug-in's predicate, which may answer differently each time
    if isinstance(value, SigmaExpansion):
        return all(map(_is_stated, value.values))
    return isinstance(value, SigmaString | SigmaRegularExpression | SigmaNumber | SigmaBool | SigmaNull | SigmaExists)


def _all(parts: list[Predicate]) -> Predicate:
    if len(parts) == 1:
        return parts[0]
    if len(parts) == 2:
        first, second = parts
        return lambda view: first(view) and second(view)

    def every(view: EventView) -> bool:
        for part in parts:  # noqa: SIM110 - all() with a generator costs three times as much here
            if not part(view):
                return False
        return True

    return every


def _any(parts: list[Predicate]) -> Predicate:
    if len(parts) == 1:
        return parts[0]

    def some(view: EventView) -> bool:
        for part in parts:  # noqa: SIM110 - any() with a generator costs three times as much here
            if part(view):
                return True
        return False

    return some


def _alternatives(nodes: Iterable[Any], space: Space) -> list[Predicate]:
    # alternatives on one field become one test, so that its values are read and case-folded once
    by_field: dict[str, list[SigmaType]] = {}
    parts: list[Predicate] = []
    for node in nodes:
        if isinstance(node, ConditionFieldEqualsValueExpression):
            by_field.setdefault(node.field, []).append(node.value)
        else:
            parts.append(compile_condition(node, space))
    return [*(_field_test(field, values, space) for field, values in by_field.items()), *parts]


def _field_test(field: str, values_of_rule: list[SigmaType], space: Space) -> Predicate:
    get = field_getter(space, field)
    parts: list[Predicate] = []
    values: list[SigmaType] = []
    for value in values_of_rule:
        match value:
            case SigmaNull():
                parts.append(_null_test(get))
            case SigmaExists():
                parts.append(_exists_test(presence_test(space, field), expected=value.exists))
            case SigmaDifference():
                parts.append(_difference_test(get, field_getter(space, value.field), value))
            case SigmaFieldReference():
                parts.append(_reference_test(get, field_getter(space, value.field), value))
            case SigmaExpansion():
                parts.append(_field_test(field, value.values, space))
            case _:
                values.append(value)
    if values:
        parts.insert(0, _value_test(get, any_value_test(values)))
    return _any(parts)


def _value_test(get: Getter, test: Callable[[Any], bool]) -> Predicate:
    def holds(view: EventView) -> bool:
        for value in get(view):  # noqa: SIM110 - any() with a generator costs three times as much here
            if test(value):
                return True
        return False

    return holds


def _null_test(get: Getter) -> Predicate:
    def is_null(view: EventView) -> bool:
        values = get(view)
        return not values or any(value is None for value in values)

    return is_null


def _exists_test(is_present: Predicate, *, expected: bool) -> Predicate:
    return is_present if expected else lambda view: not is_present(view)


def _reference_test(get: Getter, get_other: Getter, reference: SigmaFieldReference) -> Predicate:
    same = _comparison(reference)
    return lambda view: any(same(value, other) for value in get(view) for other in get_other(view))


def _difference_test(get: Getter, get_other: Getter, reference: SigmaDifference) -> Predicate:
    same = _comparison(reference)

    def differs(view: EventView) -> bool:
        others = get_other(view)
        return any(value is not None and not any(same(value, other) for other in others) for value in get(view))

    return differs


def _comparison(reference: SigmaFieldReference) -> Callable[[Any, Any], bool]:
    def same(value: Any, other: Any) -> bool:
        text, other_text = text_of(value), text_of(other)
        if text is None or other_text is None:
            return False
        text, other_text = text.casefold(), other_text.casefold()
        if reference.starts_with and reference.ends_with:
            return other_text in text
        if reference.starts_with:
            return text.startswith(other_text)
        if reference.ends_with:
            return text.endswith(other_text)
        return _equal(value, other)

    return same


def _equal(value: Any, other: Any) -> bool:
    text, other_text = text_of(value), text_of(other)
    if text is None or other_text is None:
        return False
    number = as_number(value)
    return text.casefold() == other_text.casefold() or (number is not None and number == as_number(other))


def _keyword_test(keyword: SigmaType, space: Space) -> Predicate:
    if isinstance(keyword, SigmaExpansion):
        return _any([_keyword_test(value, space) for value in keyword.values])
    if isinstance(keyword, SigmaBool | SigmaNull | SigmaExists | SigmaFieldReference):
        raise UnsupportedError("a keyword (a value without a field) must be a text, a number or a regular expression")
    if isinstance(keyword, SigmaNumber):
        keyword = SigmaString(str(keyword))
    if isinstance(keyword, SigmaString) and not isinstance(keyword, SigmaCasedString):
        keyword = anywhere(keyword)
    test = any_value_test([keyword])
    return lambda view: any(test(leaf) for leaf in view.leaves(space))
