"""Dependencies of the routes of events."""

from typing import Annotated

from fastapi import Depends, Request

from mcm_api.events.intake import Intake
from mcm_api.http.state import part_of
from mcm_api.resources.broker import BrokerDep


async def _intake(request: Request, broker: BrokerDep) -> Intake:
    broker.require()
    return part_of(request.app, Intake)


IntakeDep = Annotated[Intake, Depends(_intake)]
"""Gives a route the intake of events; the response is 503 where no Kafka is configured."""
