"""Entries of dead letters: the newest letter of each record that failed, and what people did with it."""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from mcm_ingestor.dead_letters import DeadLetter
from mcm_shared.db.dead_letter_actions import DeadLetterAction, LetterPlace, TakenAction

MAX_ENTRIES: Final = 10_000
"""Entries that are kept at most; older ones are only counted, each letter for itself."""

Actions = Mapping[LetterPlace, TakenAction]
"""The newest action of each dead letter."""


class EntryState(StrEnum):
    """What became of an entry."""

    OPEN = "open"
    RETRIED = "retried"
    DISMISSED = "dismissed"


_STATE_AFTER: Final = {
    DeadLetterAction.RETRIED: EntryState.RETRIED,
    DeadLetterAction.DISMISSED: EntryState.DISMISSED,
    DeadLetterAction.REOPENED: EntryState.OPEN,
}


@dataclass(frozen=True, slots=True)
class DeadLetterEntry:
    """A record that failed: its newest dead letter, how often it failed, its state, and the action that decided it."""

    letter: DeadLetter
    failures: int
    state: EntryState
    action: TakenAction | None


class DeadLetterEntries:
    """The entries of a topic, by origin. A record that fails again after a retry replaces its earlier letter."""

    def __init__(self, max_value_bytes: int | None = None, max_entries: int = MAX_ENTRIES) -> None:
        self._max_value_bytes = max_value_bytes
        self._max_entries = max_entries
        self._dead_letters: dict[str, tuple[DeadLetter, int]] = {}
        self._older: dict[int, list[int]] = {}

    def add(self, letter: DeadLetter) -> None:
        """Adds a dead letter, in any order."""
        if self._max_value_bytes is not None:
            letter = replace(letter, value=letter.value[: self._max_value_bytes])
        known, failures = self._dead_letters.get(letter.origin, (letter, 0))
        newest = max(known, letter, key=order_of)
        self._dead_letters[letter.origin] = (newest, failures + 1)
        if len(self._dead_letters) >= 2 * self._max_entries:
            self._evict()

    def forget_before(self, begins: Mapping[int, int]) -> None:
        """Forgets the letters that the topic no longer holds, given the first offset of each partition."""
        gone = [
            origin
            for origin, (letter, _) in self._dead_letters.items()
            if letter.place[1] < begins.get(letter.place[0], 0)
        ]
        for origin in gone:
            del self._dead_letters[origin]
        for partition, offsets in self._older.items():
            self._older[partition] = [offset for offset in offsets if offset >= begins.get(partition, 0)]

    def entries(self, actions: Actions) -> Iterator[DeadLetterEntry]:
        """Yields the entries, newest first."""
        for letter, failures in sorted(self._dead_letters.values(), key=lambda each: order_of(each[0]), reverse=True):
            yield entry_of(letter, failures, actions)

    def counts(self, actions: Actions) -> dict[EntryState, int]:
        """Counts the entries by state."""
        counts = dict.fromkeys(EntryState, 0)
        for letter, failures in self._dead_letters.values():
            counts[entry_of(letter, failures, actions).state] += 1
        counts[EntryState.OPEN] += sum(map(len, self._older.values()))
        return counts

    def newest_at(self, partition: int, offset: int) -> DeadLetter | None:
        """Returns the letter at a place if it is the newest of its entry."""
        return next((letter for letter, _ in self._dead_letters.values() if letter.place == (partition, offset)), None)

    def _evict(self) -> None:
        by_age = self._dead_letters.items()
        retained = dict(heapq.nlargest(self._max_entries, by_age, key=lambda item: order_of(item[1][0])))
        for origin, (letter, _) in self._dead_letters.items():
            if origin not in retained:
                self._older.setdefault(letter.place[0], []).append(letter.place[1])
        self._dead_letters = retained


def order_of(letter: DeadLetter) -> tuple[int, int, int]:
    """Returns what letters are ordered by: when they were written, then their place."""
    return letter.dead_at, *letter.place


def entry_of(letter: DeadLetter, failures: int, actions: Actions) -> DeadLetterEntry:
    """Makes the entry of a letter."""
    action = actions.get(place_of(letter))
    if action is not None:
        return DeadLetterEntry(letter, failures, _STATE_AFTER[action.kind], action)
    return DeadLetterEntry(letter, failures, EntryState.RETRIED if letter.replayed else EntryState.OPEN, None)


def place_of(letter: DeadLetter) -> LetterPlace:
    """Returns what actions on a letter refer to."""
    # a record may claim any origin, also one with NUL, which PostgreSQL cannot store
    return LetterPlace(*letter.place, letter.origin.replace("\x00", "\N{REPLACEMENT CHARACTER}"))
