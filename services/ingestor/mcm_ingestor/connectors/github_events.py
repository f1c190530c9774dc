"""GitHub's Events API: the newest 300 events, read with conditional requests.

https://docs.github.com/rest/activity/events
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import orjson
import structlog
from pydantic import Field, model_validator

from mcm_ingestor.connectors.github import GithubSettings, authorisation
from mcm_ingestor.connectors.http_client import HttpClient, open_client
from mcm_ingestor.connectors.permissions import tried
from mcm_ingestor.connectors.protocol import Connector, ConnectorType, Page, Permission, Position, record_of
from mcm_ingestor.connectors.records_in import array_of
from mcm_ingestor.connectors.sources_file import read_sources
from mcm_ingestor.settings import ConnectorSettings
from mcm_shared.contracts.events import parse_time
from mcm_shared.contracts.sources import GITHUB_EVENTS
from mcm_shared.errors import ConfigurationError
from mcm_shared.settings import load_settings

log = structlog.get_logger()

_LATENESS: Final = timedelta(hours=6)
"""How long GitHub may take to list an event, by its documentation."""

_PER_PAGE: Final = 100
_MAX_PAGES: Final = 10
_NOT_MODIFIED: Final = 304


class GithubEventsSettings(GithubSettings):
    """Whose events are read."""

    organization: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")] = None
    repository: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$")] = None
    user: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")] = None

    @model_validator(mode="after")
    def _at_most_one(self) -> "GithubEventsSettings":
        if sum(each is not None for each in (self.organization, self.repository, self.user)) > 1:
            raise ValueError("set one of organization, repository and user; none for all public events")
        return self

    @property
    def path(self) -> str:
        """The path of the list of events."""
        if self.organization:
            return f"/orgs/{self.organization}/events"
        if self.repository:
            return f"/repos/{self.repository}/events"
        return f"/users/{self.user}/events" if self.user else "/events"


class GithubEvents:
    """Reads the list of events, newest first, back to the time up to which it was read before."""

    def __init__(self, http: HttpClient, settings: GithubEventsSettings) -> None:
        self._http = http
        self._path = settings.path
        self.pause_s: float | None = None

    def start(self, start_at: datetime, until: datetime | None) -> Position:  # noqa: ARG002 (the list has no end)
        """Returns the position from which everything after ``start_at`` is read, as far as the list goes back."""
        return {"since": start_at.astimezone(UTC).isoformat()}

    async def pages(self, position: Position) -> AsyncIterator[Page]:
        """Reads the list as one page: newest first, so its position counts once all of it is stored."""
        since = parse_time(position["since"])
        etag = position.get("etag")
        response = await self._http.get(
            self._path, {"per_page": _PER_PAGE}, {} if etag is None else {"if-none-match": etag}
        )
        self.pause_s = _number(response.headers.get("x-poll-interval"))
        complete_until = response.asked_at - _LATENESS
        after: Position = {**position, "since": max(since, complete_until).isoformat()}
        if response.status == _NOT_MODIFIED:
            yield Page([], after, complete_until)
            return
        after.pop("etag", None)
        if response.headers.get("etag"):
            after["etag"] = response.headers["etag"]
        events: list[Any] = []
        # the list has three pages; one that links on and on must not be read for ever
        for _ in range(_MAX_PAGES):
            listed = array_of(response.data)
            events += [each for each in listed if not _is_before(each, since)]
            following = response.links.get("next")
            ends = any(_is_before(each, since) for each in listed)
            if following is None or ends:
                break
            response = await self._http.get(following)
        ids = [each["id"] for each in events if isinstance(each, dict) and isinstance(each.get("id"), str)]
        if not ends and len(events) >= _PER_PAGE and "newest" in position and position["newest"] not in ids:
            log.warning("events lost: GitHub lists the newest 300 only; poll more often", path=self._path)
        if ids:
            after["newest"] = ids[0]
        yield Page([record_of(each, GITHUB_EVENTS) for each in reversed(events)], after, complete_until)

    async def check(self) -> list[Permission]:
        """Reads one event."""
        return [await tried("read events", self._http.get(self._path, {"per_page": 1}))]


async def fetch_github_events(since: datetime, settings: GithubEventsSettings | None = None) -> list[dict[str, Any]]:
    """Fetches the events that GitHub's Events API lists after a time, oldest first.

    Without ``settings``, those of the first source in sources.yml with this connector count. Raises SourceError, and
    ConfigurationError when there is no such source.
    """
    settings = settings or _settings_of_the_file()
    async with open_client() as client:
        connector = GithubEvents(HttpClient(client, settings.api_url, authorisation(client, settings)), settings)
        return [event async for event in _events_of(connector, since)]


def _settings_of_the_file() -> GithubEventsSettings:
    path = load_settings(ConnectorSettings).sources_path
    found = (source.settings for source in read_sources(path, os.environ))
    settings = next((each for each in found if isinstance(each, GithubEventsSettings)), None)
    if settings is None:
        raise ConfigurationError(f"{path} has no source with the connector {GITHUB_EVENTS}")
    return settings


async def _events_of(connector: GithubEvents, since: datetime) -> AsyncIterator[dict[str, Any]]:
    async for page in connector.pages(connector.start(since, None)):
        for record in page.records:
            yield orjson.loads(record.payload)


def _is_before(event: Any, since: datetime) -> bool:
    try:
        return parse_time(event["created_at"]) < since
    except (KeyError, TypeError, ValueError):
        return False


def _number(text: str | None) -> float | None:
    return float(text) if text is not None and text.isdecimal() else None


@asynccontextmanager
async def _open(settings: GithubEventsSettings) -> AsyncIterator[Connector]:
    async with open_client() as client:
        yield GithubEvents(HttpClient(client, settings.api_url, authorisation(client, settings)), settings)


CONNECTOR: Final = ConnectorType(
    name=GITHUB_EVENTS, feeds=(GITHUB_EVENTS,), settings=GithubEventsSettings, open=_open, has_history=False
)
