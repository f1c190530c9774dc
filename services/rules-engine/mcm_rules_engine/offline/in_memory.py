"""Evaluates events with the engine itself on a database in memory: files, the tests of rules; no server."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from mcm_rules_engine.model.detection import output_series, position_of
from mcm_rules_engine.pipeline.behaviour import BehaviourScorer
from mcm_rules_engine.pipeline.decode import MatchedEvent
from mcm_rules_engine.pipeline.detect import Detector
from mcm_rules_engine.pipeline.handler import first_of_each
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.store.contributing_events import ContributingEvent, read_events, read_windows
from mcm_rules_engine.store.findings import read_standing_messages
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.db.engine import AsyncEngine, transaction
from mcm_shared.db.events import add_to_progress, insert_events

_SHARD: Final = 0


class Evaluation:
    """What a ruleset makes of the events it has been given so far, in whatever batches they came.

    ``engine`` is an empty database: see ``mcm_shared.db.memory``. With ``max_event_ids`` it remembers which events
    took part in a finding, the earliest of them, up to that many.
    """

    def __init__(self, engine: AsyncEngine, ruleset: Ruleset, max_event_ids: int = 0) -> None:
        self._engine = engine
        self._ruleset = ruleset
        self._detector = Detector(ruleset, _SHARD)
        self._behaviour = BehaviourScorer(ruleset, _SHARD)
        self._max_events = max_event_ids
        self._counted = _CountedEvents(ruleset, max_event_ids)

    async def add(self, events: Sequence[SourceEvent]) -> None:
        """Evaluates a batch of events, beside all those before it."""
        matched, _ = first_of_each([MatchedEvent(event, self._ruleset.match(event)) for event in events])
        # of an event that no rule matches only its uid is read again
        stored = [one.event if one.matches else replace(one.event, raw_data={}, attributes=None) for one in matched]
        async with transaction(self._engine) as connection:
            row_ids = await insert_events(connection, stored, processed=True)
            await add_to_progress(connection, [one.event for one in matched if one.event.uid in row_ids], _SHARD)
            affected = await self._detector.detect(connection, matched, row_ids)
        await self._detector.correlate(self._engine, affected)
        if self._max_events:
            for one in matched:
                if one.matches and one.event.uid in row_ids:
                    self._counted.add(one)

    async def findings(self) -> list[FindingMessage]:
        """Returns every finding that stands, the earliest first."""
        await self._behaviour.score(self._engine)
        async with transaction(self._engine, read_only=True) as connection:
            return await read_standing_messages(connection)

    async def event_ids(self) -> dict[int, list[str]]:
        """Returns the ids, as their source gave them, of the events that took part in each finding, by its id."""
        async with transaction(self._engine, read_only=True) as connection:
            events = await read_events(connection, self._max_events)
            for finding, series_id, group_key, start in await read_windows(connection, self._counted.output_series):
                events[finding].update(self._counted.in_window(series_id, group_key, start))
        return {
            finding: [event.id for event in sorted(contributing)[: self._max_events]]
            for finding, contributing in events.items()
        }


class _CountedEvents:
    """The earliest events in each tumbling window; the counter in the database does not know which they are."""

    def __init__(self, ruleset: Ruleset, max_events: int) -> None:
        tumbling = [one for one in ruleset.correlations if one.tumbling and one.inputs]
        self._max_events = max_events
        self._windows = {one.inputs[0].id: one.window for one in tumbling}
        self._counts = {output_series(one): one.inputs[0].id for one in tumbling}
        self._events: dict[tuple[UUID, str, int], list[ContributingEvent]] = defaultdict(list)
        self.output_series = self._counts.keys()

    def add(self, one: MatchedEvent) -> None:
        for match in one.matches:
            for counted in match.counted:
                window = self._windows.get(counted.series_id)
                if window is not None:
                    start = position_of(one.event)[0] // window * window
                    events = self._events[counted.series_id, counted.group_key, start]
                    events.append(ContributingEvent(one.event.timestamp, one.event.uid, one.event.id))
                    if len(events) >= 2 * self._max_events:
                        events.sort()
                        del events[self._max_events :]

    def in_window(self, output_series: UUID, group_key: str, start: int) -> list[ContributingEvent]:
        return self._events[self._counts[output_series], group_key, start]
