"""The current position of the live stream, for pages that a client keeps up to date with it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from mcm_api.http.state import provided


@dataclass(frozen=True, slots=True)
class StreamPosition:
    """Reads the position of the live stream; ``current`` returns None without Kafka."""

    current: Callable[[], str | None]


StreamPositionDep = Annotated[StreamPosition, Depends(provided(StreamPosition))]
"""Gives a route the position of the live stream."""
