"""Conditions over rules, such as ``a and (b or c)`` of a temporal correlation."""

from typing import Final

from sigma.correlations import (
    CorrelationConditionItem,
    CorrelationConditionNOT,
    CorrelationConditionOR,
    SigmaExtendedCorrelationCondition,
    SigmaRuleReference,
)
from sigma.exceptions import SigmaError

from mcm_rules_engine.sigma.parse.references import reference_key
from mcm_rules_engine.sigma.unsupported import UnsupportedError

MAX_ALTERNATIVES: Final = 100
"""Sets of rules that a condition over rules may ask for, at most."""

_MAX_CHARACTERS: Final = 10_000


def read_alternatives(condition: str) -> set[frozenset[str]]:
    """Reads a condition over rules as the smallest sets of rules of which one must be there whole.

    Raises UnsupportedError for a condition that is none, or that more events could make untrue.
    """
    if len(condition) > _MAX_CHARACTERS:
        raise UnsupportedError(f"has {len(condition):,} characters; the limit is {_MAX_CHARACTERS:,}")
    try:
        return _alternatives_of(SigmaExtendedCorrelationCondition(condition).parsed)
    except SigmaError as error:
        raise UnsupportedError(str(error)) from None
    except RecursionError:
        raise UnsupportedError("is nested too deeply") from None


def _alternatives_of(parsed: CorrelationConditionItem | SigmaRuleReference) -> set[frozenset[str]]:
    if isinstance(parsed, SigmaRuleReference):
        return {frozenset({reference_key(parsed.reference)})}
    if isinstance(parsed, CorrelationConditionNOT):
        raise UnsupportedError("`not` is not monotone: one more event could take a finding back")
    parts = [_alternatives_of(part) for part in parsed.args]
    if isinstance(parsed, CorrelationConditionOR):
        found = set().union(*parts)
    else:
        found = {frozenset()}
        for part in parts:
            found = {one | other for one in found for other in part}
            if len(found) > MAX_ALTERNATIVES:
                raise UnsupportedError(f"has more than {MAX_ALTERNATIVES} alternatives")
    return {one for one in found if not any(other < one for other in found)}
