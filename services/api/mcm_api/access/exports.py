"""Exports and streams of one request: limited per identity, exports recorded in the audit trail before they begin."""

from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from mcm_api.access.audit.recorder import recorder_of
from mcm_api.access.limits import RateLimiter
from mcm_api.http.state import part_of
from mcm_api.http.strict_route import require_scope
from mcm_api.identity.identity import LOCAL, identity_of
from mcm_api.identity.scopes import Scope


@dataclass(frozen=True, slots=True)
class Exports:
    """Starts exports of a request; ``held`` ends with the response."""

    request: Request
    held: ExitStack

    async def start(self, scope: Scope, action: str, filters: dict[str, Any], file_format: str) -> None:
        """Records an export, until the end of the response one of those that run for the identity.

        Raises ProblemError: 403 without the scope, 429 when too many run.
        """
        require_scope(self.request, scope)
        identity = identity_of(self.request) or LOCAL
        self.held.enter_context(part_of(self.request.app, RateLimiter).hold_export(identity.key))
        await recorder_of(self.request).record_read(action, after={"filter": filters, "format": file_format})


async def _exports(request: Request) -> AsyncIterator[Exports]:
    with ExitStack() as held:
        yield Exports(request, held)


async def _stream(request: Request) -> AsyncIterator[None]:
    identity = identity_of(request) or LOCAL
    if identity is LOCAL:
        # MCM_API_MAX_STREAMS is the only limit while there are no identities
        yield
        return
    with part_of(request.app, RateLimiter).hold_stream(identity.key):
        yield


ExportsDep = Annotated[Exports, Depends(_exports)]
"""Gives a route the start of exports."""

StreamLimitDep = Annotated[None, Depends(_stream)]
"""Counts the response of a route as a stream of its identity."""
