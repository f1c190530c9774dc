"""Sigma filters of exceptions, compiled as the engine compiles them."""

from datetime import datetime
from functools import lru_cache
from typing import Final

from mcm_rules_engine import Exclusion, compile_exclusion
from mcm_shared.contracts.exceptions import ExceptionState, StoredException
from mcm_shared.errors import RuleLoadError

_USABLE: Final = frozenset({ExceptionState.REQUESTED, ExceptionState.SCHEDULED, ExceptionState.ACTIVE})


@lru_cache(maxsize=512)
def exclusion_of(text: str) -> Exclusion:
    """Compiles the Sigma filter of an exception; raises RuleLoadError for an invalid one."""
    return compile_exclusion(text)


def problem_of(exception: StoredException) -> str | None:
    """Returns why the matcher of an exception cannot be used; None for a valid one."""
    problem = exception.problem
    if problem is not None:
        return problem
    text = exception.parsed().sigma
    if text is not None:
        try:
            exclusion_of(text)
        except RuleLoadError as error:
            return f"sigma: {error}"
    return None


def current_state(exception: StoredException, now: datetime) -> ExceptionState:
    """Returns the state at a time; one whose Sigma filter is invalid is invalid."""
    state = exception.state(now)
    return ExceptionState.INVALID if state in _USABLE and problem_of(exception) is not None else state
