"""Okta's System Log: read from a time once, then by the cursor that each page links to.

https://developer.okta.com/docs/reference/api/system-log/
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import Field, SecretStr

from mcm_ingestor.connectors.http_client import HttpClient, open_client
from mcm_ingestor.connectors.permissions import tried
from mcm_ingestor.connectors.protocol import Connector, ConnectorType, Page, Permission, Position, record_of
from mcm_ingestor.connectors.records_in import array_of
from mcm_ingestor.connectors.settings import SourceSettings
from mcm_ingestor.connectors.time_log import read_page, start_position
from mcm_shared.contracts.events import parse_time
from mcm_shared.contracts.sources import OKTA_SYSTEM

_LATENESS: Final = timedelta(minutes=1)
"""How long Okta may take to write an event into its log."""

_LIMIT: Final = 1000
_LOGS: Final = "/api/v1/logs"


class OktaSettings(SourceSettings):
    """Which organisation's System Log is read."""

    url: Annotated[str, Field(pattern=r"^https?://[^/?#]+$", description="https://example.okta.com")]
    token: Annotated[SecretStr, Field(description="API token of a read-only administrator")]


class OktaSystemLog:
    """Reads the System Log, oldest first."""

    pause_s: float | None = None

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def start(self, start_at: datetime, until: datetime | None) -> Position:
        """Returns the position from which everything after ``start_at`` is read."""
        return start_position(_text, start_at, until)

    async def pages(self, position: Position) -> AsyncIterator[Page]:
        """Reads pages until one is empty; the link of each is the position after it."""
        while True:
            response = await read_page(self._http, position, _LOGS, self._query(position))
            entries = array_of(response.data)
            following = response.links.get("next")
            ends = not entries or following is None
            after = {**position, "since": _resume_at(entries) or position["since"]}
            if following is not None:
                after["next"] = following
            yield Page(
                [record_of(entry, OKTA_SYSTEM) for entry in entries],
                after,
                response.asked_at - _LATENESS if ends and "until" not in position else None,
            )
            if ends:
                return
            position = after

    def _query(self, position: Position) -> dict[str, Any]:
        times: dict[str, Any] = {key: position[key] for key in ("since", "until") if key in position}
        return {**times, "sortOrder": "ASCENDING", "limit": _LIMIT}

    async def check(self) -> list[Permission]:
        """Reads one entry."""
        return [await tried("read the System Log (okta.logs.read)", self._http.get(_LOGS, params={"limit": 1}))]


def _resume_at(entries: list[Any]) -> str | None:
    """Returns from when to read on without a cursor: events of the same moment may be written a little later."""
    times = (each.get("published") for each in entries if isinstance(each, dict))
    newest = max((each for each in times if isinstance(each, str)), default=None)
    try:
        return None if newest is None else _text(parse_time(newest) - _LATENESS)
    except ValueError:
        return None


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@asynccontextmanager
async def _open(settings: OktaSettings) -> AsyncIterator[Connector]:
    async def authorise(_renew: bool) -> Mapping[str, str]:
        return {"authorization": f"SSWS {settings.token.get_secret_value()}"}

    async with open_client() as client:
        yield OktaSystemLog(HttpClient(client, settings.url, authorise))


CONNECTOR: Final = ConnectorType(name=OKTA_SYSTEM, feeds=(OKTA_SYSTEM,), settings=OktaSettings, open=_open)
