"""Rows of recomputed results: the columns of a scope and of its answer, and what they say."""

from collections.abc import Sequence
from typing import Any, Final

from mcm_rules_engine.recomputed.protocol import ResultScope, ScopeAnswer, State, StoredResult

SCOPE_COLUMNS: Final = ("at", "event_uid", "value")
ANSWER_COLUMNS: Final = (
    "state",
    "waits_for",
    "due_at",
    "decided_at",
    "decided_by",
    "first_at",
    "first_uid",
    "last_at",
    "last_uid",
    "amount",
)


def stored_result(scope: ResultScope, row: Sequence[Any]) -> StoredResult:
    """Reads a result from the columns of its answer."""
    state, waits_for, due_at, decided_at, decided_by, first_at, first_uid, last_at, last_uid, amount = row
    stored = State(state)
    answer = ScopeAnswer(
        scope,
        None if stored is State.WITHDRAWN else stored,
        (decided_at, decided_by),
        (first_at, first_uid),
        (last_at, last_uid),
        waits_for,
        due_at,
        amount,
    )
    return StoredResult(answer, stored)
