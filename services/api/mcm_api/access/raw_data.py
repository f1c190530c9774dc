"""Raw data of events: hidden without its scope, and recorded in the audit trail when it is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import Depends, Request

from mcm_api.access.audit.recorder import AuditRecorder, recorder_of
from mcm_api.http.strict_route import require_scope
from mcm_api.identity.identity import identity_of
from mcm_api.identity.scopes import Scope


class _WithRawData(Protocol):
    raw_data: dict[str, Any] | None


EventT = TypeVar("EventT", bound=_WithRawData)


@dataclass(frozen=True, slots=True)
class RawData:
    """Access of one request to raw data."""

    request: Request
    allowed: bool
    audit: AuditRecorder

    def require_for(self, facts: Sequence[str] | None) -> None:
        """Raises ProblemError 403 for a search by facts without the scope: what is found says what the data holds."""
        if facts:
            require_scope(self.request, Scope.RAW_DATA_READ)

    def visible(self, event: EventT) -> EventT:
        """Returns an event as the identity may see it."""
        if not self.allowed:
            event.raw_data = None
        return event

    async def record(self, count: int, filters: dict[str, Any]) -> None:
        """Records that raw data of so many events is read."""
        if self.allowed and count:
            await self.audit.record_read("raw_data.read", after={"count": count, "filter": filters})


async def _find(request: Request) -> RawData:
    identity = identity_of(request)
    return RawData(request, identity is not None and identity.has(Scope.RAW_DATA_READ), recorder_of(request))


RawDataDep = Annotated[RawData, Depends(_find)]
"""Gives a route access to raw data."""
