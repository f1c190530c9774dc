"""Logs that are queried by time; within a query each page links to the next by a cursor."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog

from mcm_ingestor.connectors.errors import SourceRefusedError
from mcm_ingestor.connectors.http_client import HttpClient, Response
from mcm_ingestor.connectors.protocol import Position

log = structlog.get_logger()


def start_position(write_time: Callable[[datetime], str], start_at: datetime, until: datetime | None) -> Position:
    """Returns the position of a query; ``write_time`` writes times as the source does."""
    return {"since": write_time(start_at), **({} if until is None else {"until": write_time(until)})}


async def read_page(http: HttpClient, position: Position, path: str, query: dict[str, Any]) -> Response:
    """Reads the page at the cursor of a position, and without one the first page of the query."""
    if "next" in position:
        try:
            return await http.get(position["next"])
        except SourceRefusedError:
            # a cursor may expire; the query is begun anew, and what is read twice changes nothing
            log.warning("cursor refused, reading on by time", since=position["since"])
    return await http.get(path, query)
