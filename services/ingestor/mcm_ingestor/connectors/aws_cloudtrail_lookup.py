"""CloudTrail's LookupEvents, for an account without a trail: management events of 90 days, two requests a second.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import structlog
from pydantic import Field

from mcm_ingestor.connectors.aws import AwsSettings, aws_request, open_aws, source_errors
from mcm_ingestor.connectors.errors import SourceRefusedError
from mcm_ingestor.connectors.permissions import tried
from mcm_ingestor.connectors.protocol import Connector, ConnectorType, Page, Permission, Position, SourceRecord
from mcm_ingestor.connectors.source_clock import earlier_clock
from mcm_shared.contracts.sources import AWS_CLOUDTRAIL

log = structlog.get_logger()

_OVERLAP: Final = timedelta(minutes=15)
"""How late an event may appear."""

_PER_PAGE: Final = 50


class CloudTrailLookupSettings(AwsSettings):
    """The region whose events are read."""

    query_interval_s: Annotated[float, Field(ge=0, le=60, description="Seconds between requests")] = 0.6


class CloudTrailLookup:
    """Reads the events between two times, newest first; the next poll begins a little before the end of this one."""

    pause_s: float | None = None

    def __init__(self, client: Any, settings: CloudTrailLookupSettings) -> None:
        self._client = client
        self._interval_s = settings.query_interval_s

    def start(self, start_at: datetime, until: datetime | None) -> Position:
        """Returns the position from which everything after ``start_at`` is read."""
        return {"since": start_at.isoformat(), **({} if until is None else {"until": until.isoformat(), "fixed": True})}

    async def pages(self, position: Position) -> AsyncIterator[Page]:
        """Reads the window up to now; its begin stays the position until all of it is read."""
        fixed = position.get("fixed", False)
        # a poll that was interrupted keeps its window, because its token belongs to it
        until = position.get("until") or datetime.now(UTC).isoformat()
        window = {"since": position["since"], "until": until, "fixed": fixed}
        if "asked_at" in position:
            window["asked_at"] = position["asked_at"]
        token = position.get("token")
        while True:
            try:
                found = await self._lookup(window, token)
            except SourceRefusedError:
                if token is None:
                    raise
                # a token may expire; the window is read anew, and what is read twice changes nothing
                log.warning("token refused, reading the window anew", since=window["since"])
                found = await self._lookup(window, None)
            window.setdefault("asked_at", earlier_clock(datetime.fromisoformat(until), _date(found)).isoformat())
            records = [_record(event) for event in found.get("Events", [])]
            token = found.get("NextToken")
            if token:
                yield Page(records, {**window, "token": token})
                await asyncio.sleep(self._interval_s)
                continue
            complete_until = datetime.fromisoformat(window["asked_at"]) - _OVERLAP
            yield Page(records, {"since": complete_until.isoformat()}, None if fixed else complete_until)
            return

    async def _lookup(self, window: Position, token: str | None) -> dict[str, Any]:
        with source_errors():
            found: dict[str, Any] = await self._client.lookup_events(
                StartTime=datetime.fromisoformat(window["since"]),
                EndTime=datetime.fromisoformat(window["until"]),
                MaxResults=_PER_PAGE,
                **({} if token is None else {"NextToken": token}),
            )
            return found

    async def check(self) -> list[Permission]:
        """Reads one event."""
        return [await tried("cloudtrail:LookupEvents", aws_request(self._client.lookup_events, MaxResults=1))]


def _date(found: dict[str, Any]) -> str | None:
    date: str | None = found.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    return date


def _record(event: dict[str, Any]) -> SourceRecord:
    return SourceRecord(str(event.get("CloudTrailEvent", "")).encode(), AWS_CLOUDTRAIL)


@asynccontextmanager
async def _open(settings: CloudTrailLookupSettings) -> AsyncIterator[Connector]:
    async with open_aws(settings, "cloudtrail") as client:
        yield CloudTrailLookup(client, settings)


CONNECTOR: Final = ConnectorType(
    name="aws.cloudtrail.lookup", feeds=(AWS_CLOUDTRAIL,), settings=CloudTrailLookupSettings, open=_open
)
