"""GitHub's audit log of an organisation or enterprise: by time, oldest first, with an overlap.

https://docs.github.com/rest/orgs/orgs#get-the-audit-log-for-an-organization
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import Field, model_validator

from mcm_ingestor.connectors.github import GithubSettings, authorisation
from mcm_ingestor.connectors.http_client import HttpClient, open_client
from mcm_ingestor.connectors.permissions import tried
from mcm_ingestor.connectors.protocol import Connector, ConnectorType, Page, Permission, Position, record_of
from mcm_ingestor.connectors.records_in import array_of
from mcm_ingestor.connectors.time_log import read_page, start_position
from mcm_shared.contracts.sources import GITHUB_AUDIT

_OVERLAP: Final = timedelta(minutes=5)
"""How late an entry may appear in the log."""

_QUERY_INTERVAL_S: Final = 4.0
"""The audit log allows 1,750 queries an hour for each user and address, and 15 a minute for Git events."""

_PER_PAGE: Final = 100


class GithubAuditSettings(GithubSettings):
    """Whose audit log is read."""

    organization: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")] = None
    enterprise: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")] = None
    include: Annotated[Literal["web", "git", "all"], Field(description="Which events: web, git, or all")] = "all"
    query_interval_s: Annotated[float, Field(ge=0, le=60, description="Seconds between queries")] = _QUERY_INTERVAL_S

    @model_validator(mode="after")
    def _one_of_them(self) -> "GithubAuditSettings":
        if (self.organization is None) == (self.enterprise is None):
            raise ValueError("set either organization or enterprise")
        return self

    @property
    def path(self) -> str:
        """The path of the audit log."""
        owner = f"/orgs/{self.organization}" if self.organization else f"/enterprises/{self.enterprise}"
        return f"{owner}/audit-log"


class GithubAuditLog:
    """Reads the audit log, oldest first; each poll begins a little before the end of the previous one."""

    pause_s: float | None = None

    def __init__(self, http: HttpClient, settings: GithubAuditSettings) -> None:
        self._http = http
        self._settings = settings

    def start(self, start_at: datetime, until: datetime | None) -> Position:
        """Returns the position from which everything after ``start_at`` is read."""
        return start_position(_text, start_at, until)

    async def pages(self, position: Position) -> AsyncIterator[Page]:
        """Reads pages until one links to no other; the position is that link, and at the end a time."""
        while True:
            response = await read_page(self._http, position, self._settings.path, self._query(position))
            records = [record_of(entry, GITHUB_AUDIT) for entry in array_of(response.data)]
            following = response.links.get("next")
            began = position.get("asked_at") or _text(response.asked_at)
            if following is not None:
                # the query's own begin stays in the position: a cursor that has expired is begun anew from there
                position = {**position, "next": following, "asked_at": began}
                yield Page(records, position)
                continue
            # a poll that was interrupted began when its first page was asked for
            complete_until = datetime.fromisoformat(began) - _OVERLAP
            yield Page(records, {"since": _text(complete_until)}, None if "until" in position else complete_until)
            return

    def _query(self, position: Position) -> dict[str, Any]:
        until = position.get("until")
        created = f"created:>={position['since']}" if until is None else f"created:{position['since']}..{until}"
        return {"phrase": created, "include": self._settings.include, "order": "asc", "per_page": _PER_PAGE}

    async def check(self) -> list[Permission]:
        """Reads one entry."""
        one = self._http.get(self._settings.path, {"per_page": 1})
        return [await tried("read the audit log (read:audit_log)", one)]


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


@asynccontextmanager
async def _open(settings: GithubAuditSettings) -> AsyncIterator[Connector]:
    async with open_client() as client:
        http = HttpClient(
            client, settings.api_url, authorisation(client, settings), min_interval_s=settings.query_interval_s
        )
        yield GithubAuditLog(http, settings)


CONNECTOR: Final = ConnectorType(name=GITHUB_AUDIT, feeds=(GITHUB_AUDIT,), settings=GithubAuditSettings, open=_open)
