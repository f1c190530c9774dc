"""Loads for the composed system, and whether what came of them is what the oracle says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from mcm_rules_engine.sigma.load import load_rules
from mcm_rules_engine.testing.agreement import differences
from mcm_rules_engine.testing.deliveries import read_result
from mcm_rules_engine.testing.oracle import ExpectedFinding, evaluate
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.settings import KafkaSettings
from tests.compose.months import month
from tests.compose_project import ComposeProject
from tests.pipeline import Pipeline, canonical, until

EVENTS = 3_000


class Feed:
    """Pushes a month of events at a time."""

    def __init__(self, project: ComposeProject) -> None:
        self.project = project
        self.events: list[SourceEvent] = []
        self._expected: dict[UUID, ExpectedFinding] = {}
        self._months = 0

    @property
    def pipeline(self) -> Pipeline:
        """The running pipeline, seen from this machine."""
        return Pipeline(KafkaSettings(KAFKA_BOOTSTRAP_SERVERS=self.project.kafka_servers), self.project.postgres_url)

    @asynccontextmanager
    async def load(self) -> AsyncIterator[None]:
        """Pushes a month while the test does its worst, from when a part is stored; at the end all is pushed."""
        events = month(self._months, EVENTS)
        self._months += 1
        stored = await self.pipeline.count_events()
        pushing = asyncio.create_task(self.pipeline.push(*map(canonical, events)))
        await self.until_stored(stored + EVENTS // 5)
        yield
        await pushing
        self.expect(events)

    def expect(self, events: list[SourceEvent]) -> None:
        """Takes note of events that were pushed, and of the findings they must lead to."""
        self.events += events
        self._expected |= evaluate(load_rules(), events).findings

    async def until_stored(self, count: int) -> None:
        """Waits until so many events are in the database, whatever it is doing."""

        async def stored() -> bool:
            try:
                return await self.pipeline.count_events() >= count
            except OSError:
                return False

        await until(stored, what=f"{count} events are stored", every=0.05)

    async def assert_nothing_lost_nothing_double(self) -> None:
        """Asserts that every event is there once, and that the findings and what was published about them are right."""
        pipeline = self.pipeline
        await until(pipeline.is_scored, 120, "the rules-engines have committed and scored all")
        await until(lambda: pipeline.is_idle("enricher"), 120, "the enrichers have told all")
        await pipeline.assert_counted_once(self.events)
        engine = pipeline.connect()
        found = await read_result(engine)
        await engine.dispose()
        assert list(differences(self._expected, found.findings)) == []
        assert len(self._expected) > 10
        assert await pipeline.count_unenriched() == 0
        await pipeline.assert_published()
        await pipeline.assert_enrichments_published()
        assert await pipeline.records(pipeline.topics.dead) == []
