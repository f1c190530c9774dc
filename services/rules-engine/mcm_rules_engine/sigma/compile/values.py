"""Tests of one field's values: text, numbers, networks, parts of a time."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final

from sigma.types import (
    CompareOperators,
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SigmaTimestampPart,
    SigmaType,
    TimestampPart,
)

from mcm_rules_engine.sigma.compile.addresses import addresses, unmapped_network
from mcm_rules_engine.sigma.compile.fields import text_of
from mcm_rules_engine.sigma.compile.numbers import SigmaWrittenNumber, as_number
from mcm_rules_engine.sigma.compile.patterns import (
    TextTest,
    compile_pattern,
    compile_regex,
    compile_single_wildcards,
    plain_text,
)
from mcm_rules_engine.sigma.compile.plugin_predicates import NamedPredicate, SigmaPredicate
from mcm_rules_engine.sigma.unsupported import UnsupportedError

ValueTest = Callable[[Any], bool]

_MILLISECONDS_FROM: Final = 10**11
_COMPARE: Final[dict[CompareOperators, Callable[[float, float], bool]]] = {
    CompareOperators.LT: lambda value, limit: value < limit,
    CompareOperators.LTE: lambda value, limit: value <= limit,
    CompareOperators.GT: lambda value, limit: value > limit,
    CompareOperators.GTE: lambda value, limit: value >= limit,
    CompareOperators.NEQ: lambda value, limit: value != limit,
}
_PART_OF_TIME: Final[dict[TimestampPart, Callable[[datetime], int]]] = {
    TimestampPart.MINUTE: lambda time: time.minute,
    TimestampPart.HOUR: lambda time: time.hour,
    TimestampPart.DAY: lambda time: time.day,
    TimestampPart.WEEK: lambda time: time.isocalendar().week,
    TimestampPart.MONTH: lambda time: time.month,
    TimestampPart.YEAR: lambda time: time.year,
}


def any_value_test(values: Iterable[SigmaType]) -> ValueTest:
    """Compiles Sigma values, linked by OR, to one test of one event value.

    Strings compare case-insensitively with the value's text; raises UnsupportedError for types that are no values.
    """
    exact: set[str] = set()
    uncased: list[TextTest] = []
    cased: list[TextTest] = []
    others: list[ValueTest] = []
    for value in values:
        match value:
            case SigmaCasedString():
                cased.append(compile_pattern(value, fold=False))
            case SigmaString():
                plain = plain_text(value)
                if plain is None:
                    uncased.append(compile_pattern(value, fold=True))
                    cased.extend(compile_single_wildcards(value))
                else:
                    exact.add(plain.casefold())
            case SigmaRegularExpression():
                cased.append(compile_regex(value))
            case _:
                others.append(_other_test(value))
    return _joined(frozenset(exact), tuple(uncased), tuple(cased), tuple(others))


def _joined(
    exact: frozenset[str], uncased: tuple[TextTest, ...], cased: tuple[TextTest, ...], others: tuple[ValueTest, ...]
) -> ValueTest:
    if exact and not uncased and not cased and not others:

        def is_one_of(value: Any) -> bool:
            text = value if type(value) is str else text_of(value)
            return text is not None and text.casefold() in exact

        return is_one_of
    if len(others) == 1 and not exact and not uncased and not cased:
        return others[0]

    def test(value: Any) -> bool:
        text = value if type(value) is str else text_of(value)
        if text is not None:
            if exact or uncased:
                folded = text.casefold()
                if folded in exact:
                    return True
                for matches in uncased:
                    if matches(folded):
                        return True
            for matches in cased:
                if matches(text):
                    return True
        return any(matches(value) for matches in others)

    return test


def _other_test(expected: SigmaType) -> ValueTest:
    match expected:
        case SigmaTimestampPart():
            return _time_part_test(expected, lambda part, number: part == number)
        case SigmaWrittenNumber():
            return _written_number_test(expected.number, expected.text.casefold())
        case SigmaNumber():
            number = expected.number
            return lambda value: as_number(value) == number
        case SigmaBool():
            text = "true" if expected.boolean else "false"
            return lambda value: value is expected.boolean or (isinstance(value, str) and value.casefold() == text)
        case SigmaCompareExpression():
            return _comparison(expected)
        case SigmaCIDRExpression():
            return _network_test(expected)
        case SigmaPredicate():
            return _predicate_test(expected.test)
    raise UnsupportedError(
        f"values of the type {type(expected).__name__.removeprefix('Sigma')} cannot be compared here"
    )


def _written_number_test(number: float, text: str) -> ValueTest:
    return lambda value: as_number(value) == number or (isinstance(value, str) and value.casefold() == text)


def _comparison(expected: SigmaCompareExpression) -> ValueTest:
    compare = _COMPARE[expected.op]
    if isinstance(expected.number, SigmaTimestampPart):
        return _time_part_test(expected.number, compare)
    limit = expected.number.number

    def test(value: Any) -> bool:
        number = as_number(value)
        return number is not None and compare(number, limit)

    return test


def _time_part_test(expected: SigmaTimestampPart, compare: Callable[[float, float], bool]) -> ValueTest:
    part_of = _PART_OF_TIME[expected.timestamp_part]
    number = expected.number

    def test(value: Any) -> bool:
        time = _time(value)
        return time is not None and compare(part_of(time), number)

    return test


def _time(value: Any) -> datetime | None:
    """Reads a UTC time from ISO 8601 text (without a zone: UTC) or from Unix seconds or milliseconds."""
    try:
        if isinstance(value, str):
            time = datetime.fromisoformat(value)
            return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000 if abs(value) >= _MILLISECONDS_FROM else value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def _network_test(expected: SigmaCIDRExpression) -> ValueTest:
    network = unmapped_network(expected.network)

    def test(value: Any) -> bool:
        if not isinstance(value, str):
            return False
        return any(address.version == network.version and address in network for address in addresses(value))

    return test


def _predicate_test(predicate: NamedPredicate) -> ValueTest:
    def test(value: Any) -> bool:
        text = text_of(value)
        return text is not None and predicate(text)

    return test
