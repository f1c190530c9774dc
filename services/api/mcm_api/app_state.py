"""What the routes work with, made once at start and reached through ``request.app.state``."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from mcm_api.database import Reader
from mcm_api.events.intake import Intake
from mcm_api.findings.enrichment import Enrichment
from mcm_api.health.readiness import Readiness
from mcm_api.http.problems import ProblemError
from mcm_api.live.stream_config import StreamConfig
from mcm_api.rules.active_rules import RuleCatalogue
from mcm_api.stats.rate import EventRate


@dataclass(frozen=True, slots=True)
class AppState:
    """The parts of a running API; ``intake`` is None where no Kafka is configured."""

    reader: Reader
    readiness: Readiness
    enrichment: Enrichment
    intake: Intake | None
    stream_config: StreamConfig
    rate: EventRate
    rules: RuleCatalogue

    async def close(self) -> None:
        """Lets go of the database, of Kafka and of the model."""
        await asyncio.gather(
            self.readiness.close(), self.reader.close(), self.enrichment.close(), return_exceptions=True
        )


# async, though they wait for nothing: FastAPI runs others in a thread, which costs more than most requests
async def _reader(request: Request) -> Reader:
    return _state(request).reader


async def _readiness(request: Request) -> Readiness:
    return _state(request).readiness


async def _enrichment(request: Request) -> Enrichment:
    return _state(request).enrichment


async def _intake(request: Request) -> Intake:
    intake = _state(request).intake
    if intake is None:
        raise ProblemError(
            503,
            "There is no Kafka configured, so no events are taken over HTTP: set KAFKA_BOOTSTRAP_SERVERS and restart, "
            "or write events to the database with `mcm-ingestor generate --to db`.",
        )
    return intake


async def _following(request: Request) -> StreamConfig:
    return _state(request).stream_config


async def _rate(request: Request) -> EventRate:
    return _state(request).rate


async def _rules(request: Request) -> RuleCatalogue:
    return _state(request).rules


def _state(request: Request) -> AppState:
    state: AppState = request.app.state.parts
    return state


DatabaseDep = Annotated[Reader, Depends(_reader)]
"""Gives a route the database."""

ReadinessDep = Annotated[Readiness, Depends(_readiness)]
"""Gives a route the state of the dependencies."""

EnrichmentDep = Annotated[Enrichment, Depends(_enrichment)]
"""Gives a route the enricher."""

IntakeDep = Annotated[Intake, Depends(_intake)]
"""Gives a route the intake of events; answers 503 where no Kafka is configured."""

StreamDep = Annotated[StreamConfig, Depends(_following)]
"""Gives a route the live stream."""

EventRateDep = Annotated[EventRate, Depends(_rate)]
"""Gives a route the rate of events."""

ActiveRulesDep = Annotated[RuleCatalogue, Depends(_rules)]
"""Gives a route the rules by this API's own environment."""
