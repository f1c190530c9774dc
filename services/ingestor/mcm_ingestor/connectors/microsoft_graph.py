"""Microsoft Graph: Entra ID's sign-ins and directory audits, read by time with an overlap for late events.

https://learn.microsoft.com/graph/api/signin-list, …/directoryaudit-list
"""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import httpx2
from pydantic import Field, SecretStr

from mcm_ingestor.connectors.errors import (
    RateLimitedError,
    SourceDownError,
    SourceUnauthorisedError,
)
from mcm_ingestor.connectors.http_client import HttpClient, open_client, request_json
from mcm_ingestor.connectors.permissions import tried
from mcm_ingestor.connectors.protocol import Connector, Page, Permission, Position, record_of
from mcm_ingestor.connectors.records_in import array_of
from mcm_ingestor.connectors.settings import SourceSettings
from mcm_ingestor.connectors.time_log import read_page, start_position

_OVERLAP: Final = timedelta(minutes=30)
"""How late Graph may list an event: each poll begins this much before the previous one."""

_RENEW_BEFORE_S: Final = 300
_TOP: Final = 500
_NEXT: Final = "@odata.nextLink"


class GraphSettings(SourceSettings):
    """An application of the tenant, with the permission AuditLog.Read.All."""

    tenant: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,100}$", description="Tenant id or domain")]
    client_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,100}$")]
    client_secret: SecretStr
    graph_url: Annotated[str, Field(pattern=r"^https?://[^/?#]+$")] = "https://graph.microsoft.com"
    login_url: Annotated[str, Field(pattern=r"^https?://[^/?#]+$")] = "https://login.microsoftonline.com"
    interval_s: Annotated[float, Field(ge=0.01, le=86_400, description="Seconds between polls")] = 120.0


class GraphLog:
    """Reads one log of Microsoft Graph, oldest first."""

    pause_s: float | None = None

    def __init__(self, http: HttpClient, path: str, time_field: str, source: str) -> None:
        self._http = http
        self._path = path
        self._time_field = time_field
        self._source = source

    def start(self, start_at: datetime, until: datetime | None) -> Position:
        """Returns the position from which everything after ``start_at`` is read."""
        return start_position(_text, start_at, until)

    async def pages(self, position: Position) -> AsyncIterator[Page]:
        """Reads pages until one links to no other; the position is that link, and at the end a time."""
        while True:
            response = await read_page(self._http, position, self._path, self._query(position))
            records = [record_of(entry, self._source) for entry in array_of(response.data, "value")]
            link = response.data.get(_NEXT)
            began = position.get("asked_at") or _text(response.asked_at)
            if isinstance(link, str):
                position = {**position, "next": link, "asked_at": began}
                yield Page(records, position)
                continue
            # a poll that was interrupted began when its first page was asked for
            complete_until = datetime.fromisoformat(began) - _OVERLAP
            after = {"since": _text(complete_until)}
            yield Page(records, after, None if "until" in position else complete_until)
            return

    def _query(self, position: Position) -> dict[str, Any]:
        condition = f"{self._time_field} ge {position['since']}"
        if "until" in position:
            condition += f" and {self._time_field} lt {position['until']}"
        return {"$filter": condition, "$orderby": self._time_field, "$top": _TOP}

    async def check(self) -> list[Permission]:
        """Reads one entry."""
        return [await tried("AuditLog.Read.All", self._http.get(self._path, {"$top": 1}))]


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def open_graph_log(
    settings: GraphSettings, path: str, time_field: str, source: str
) -> AbstractAsyncContextManager[Connector]:
    """Opens the connector of one log."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Connector]:
        async with open_client() as client:
            tokens = _ClientCredentials(client, settings)
            yield GraphLog(HttpClient(client, settings.graph_url, tokens.authorise), path, time_field, source)

    return opened()


class _ClientCredentials:
    """Access tokens of an application (OAuth 2.0 client credentials), renewed before they expire."""

    def __init__(self, client: httpx2.AsyncClient, settings: GraphSettings) -> None:
        self._client = client
        self._settings = settings
        self._token = ""
        self._expires_at = 0.0

    async def authorise(self, renew: bool) -> Mapping[str, str]:
        if renew or time.time() > self._expires_at - _RENEW_BEFORE_S:
            await self._renew()
        return {"authorization": f"Bearer {self._token}"}

    async def _renew(self) -> None:
        settings = self._settings
        response = await request_json(
            self._client,
            "POST",
            f"{settings.login_url}/{settings.tenant}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": settings.client_id,
                "client_secret": settings.client_secret.get_secret_value(),
                "scope": f"{settings.graph_url}/.default",
            },
        )
        token = response.data.get("access_token") if isinstance(response.data, dict) else None
        if isinstance(token, str):
            lasts_s = response.data.get("expires_in")
            self._token, self._expires_at = token, time.time() + (lasts_s if isinstance(lasts_s, int) else 3600)
            return
        if response.status == httpx2.codes.TOO_MANY_REQUESTS:
            raise RateLimitedError("Microsoft's login asks for fewer requests", retry_after_s=60)
        if response.status >= httpx2.codes.INTERNAL_SERVER_ERROR:
            raise SourceDownError(f"Microsoft's login is down: HTTP {response.status}")
        raise SourceUnauthorisedError(
            f"Microsoft's login refuses the application: HTTP {response.status}; check tenant, client_id and secret"
        )
