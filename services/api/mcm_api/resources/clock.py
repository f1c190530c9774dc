"""The clock of the server, a part of its own so that tests can set it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends

from mcm_api.http.state import provided


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Clock:
    """The current time in UTC."""

    now: Callable[[], datetime] = _now


ClockDep = Annotated[Clock, Depends(provided(Clock))]
"""Gives a route the clock."""
