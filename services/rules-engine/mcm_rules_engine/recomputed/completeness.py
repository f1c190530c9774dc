"""Completeness of sources: what did not happen is known once its sources are complete beyond the time in question."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from mcm_rules_engine.recomputed.protocol import CompleteUntil, Query, SourceOf
from mcm_rules_engine.sigma.model.correlation import Correlation


class Completeness:
    """How far the sources are complete that a rule depends on, for each of some events."""

    def __init__(self, sources: Mapping[UUID, Sequence[str]], until: Mapping[str, int | None]) -> None:
        self._sources = sources
        self._until = until

    def incomplete_source(self, event_uid: UUID, time: int) -> str | None:
        """Finds a source that is not known to be complete until a time; None when all are."""
        for source in self._sources[event_uid]:
            until = self._until[source]
            if until is None or until < time:
                return source
        return None


def read_completeness(rule: Correlation, event_uids: Iterable[UUID]) -> Generator[list[Query], list[Any], Completeness]:
    """Reads how far sources are complete: those of the rule, or where it has none, the source of each event."""
    uids = sorted(set(event_uids))
    if rule.sources is None:
        found = (yield [SourceOf(uid) for uid in uids]) if uids else []
        sources: dict[UUID, tuple[str, ...]] = {uid: (source,) for uid, source in zip(uids, found, strict=True)}
    else:
        sources = dict.fromkeys(uids, rule.sources)
    names = sorted({name for of_event in sources.values() for name in of_event})
    until = (yield [CompleteUntil(name) for name in names]) if names else []
    return Completeness(sources, dict(zip(names, until, strict=True)))
