"""Sigma filters of exceptions, compiled as the engine compiles them."""

from collections import OrderedDict
from datetime import datetime
from threading import Lock
from typing import Final

from mcm_rules_engine import Exclusion, compile_exclusion
from mcm_shared.contracts.exceptions import ExceptionState, StoredException
from mcm_shared.errors import RuleLoadError

_USABLE: Final = frozenset({ExceptionState.REQUESTED, ExceptionState.SCHEDULED, ExceptionState.ACTIVE})

MAX_CACHED_CHARACTERS: Final = 256 * 1024
"""Length of all filters that stay compiled: a filter of 16 kB can take 5 MB, and a common one has 300 characters."""

_compiled: OrderedDict[str, Exclusion] = OrderedDict()
_lock: Final = Lock()


def exclusion_of(text: str) -> Exclusion:
    """Compiles the Sigma filter of an exception; raises RuleLoadError for an invalid one.

    A filter that is new is compiled in a thread: a long one takes half a second. It stays compiled for a while.
    """
    with _lock:
        if text in _compiled:
            _compiled.move_to_end(text)
            return _compiled[text]
    exclusion = compile_exclusion(text)
    with _lock:
        _compiled[text] = exclusion
        while len(_compiled) > 1 and sum(map(len, _compiled)) > MAX_CACHED_CHARACTERS:
            _compiled.popitem(last=False)
    return exclusion


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
