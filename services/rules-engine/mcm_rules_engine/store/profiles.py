"""Behaviour profiles as stored: the days of users, incremented in the storing transaction."""

import random
from collections.abc import Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

from mcm_rules_engine.profiles.count import DayTally, ProfileCounter, UserDayKey, day_of
from mcm_rules_engine.profiles.features import write_values
from mcm_rules_engine.sigma.model.correlation import Kind
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.store.tumbling import text_of_position
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.db.bulk import BulkInsert
from mcm_shared.db.engine import AsyncConnection
from mcm_shared.db.profile_tables import PROFILE_DAYS

_ADD: Final = BulkInsert(
    PROFILE_DAYS,
    ("user", "day", "shard", "events", "failures", "first", "last", "pending", "touched"),
    conflict='("user", day, shard) DO UPDATE SET '
    "events = profile_days.events + excluded.events, failures = profile_days.failures + excluded.failures, "
    "first = CASE WHEN excluded.first < profile_days.first THEN excluded.first ELSE profile_days.first END, "
    "last = CASE WHEN excluded.last > profile_days.last THEN excluded.last ELSE profile_days.last END, "
    "pending = profile_days.pending || excluded.pending, "
    "touched = excluded.touched",
)


class ProfileWriter:
    """Adds batches to the profiles; does nothing where no rule is about behaviour."""

    def __init__(self, ruleset: Ruleset, shard: int) -> None:
        self._is_active = any(rule.kind is Kind.UNUSUAL_BEHAVIOUR for rule in ruleset.correlations)
        self._counter = ProfileCounter()
        self._shard = shard

    async def add(
        self, connection: AsyncConnection, events: Sequence[SourceEvent], new: Collection[UUID]
    ) -> dict[UserDayKey, DayTally]:
        """Adds the ``new`` ones of some events, in the transaction that stores them; returns what it added."""
        if not self._is_active:
            return {}
        # of most batches all are new, and to look up each costs as much as to count it
        all_new = len(new) == len(events)
        tallies = self._counter.count(events if all_new else (event for event in events if event.uid in new))
        await _add(connection, tallies, self._shard)
        return tallies

    def committed(self, tallies: dict[UserDayKey, DayTally]) -> None:
        """Notes that what was added is committed."""
        self._counter.committed(tallies)


def new_touch() -> int:
    """Makes the mark of one change: random and used once, so that the scorer of another change does not clear it."""
    return random.getrandbits(62) + 1


async def _add(connection: AsyncConnection, tallies: Mapping[UserDayKey, DayTally], shard: int) -> None:
    touched = new_touch()
    rows = [
        (
            key[0],
            day_of(key),
            shard,
            tally.events,
            tally.failures,
            text_of_position(tally.first),
            text_of_position(tally.last),
            write_values(tally.values),
            touched,
        )
        for key, tally in tallies.items()
    ]
    await _ADD.execute(connection, rows)
