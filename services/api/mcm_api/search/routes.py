"""Search over HTTP."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query

from mcm_api.database import DatabaseDep
from mcm_api.http.strict_route import StrictRoute
from mcm_api.identity.identity import IdentityDep
from mcm_api.identity.scopes import Scope, requires
from mcm_api.search.queries import search_events, search_findings, search_rules, search_users
from mcm_api.search.schemas import MAX_RESULTS, SearchResponse, SearchText

router = APIRouter(tags=["search"], route_class=StrictRoute)


@router.get("/search", openapi_extra=requires(Scope.FINDINGS_READ), summary="Search findings, users, rules and events")
async def search(
    q: Annotated[SearchText, Query(description="A part of a text or name, in any case, or an id", examples=["mona"])],
    reader: DatabaseDep,
    identity: IdentityDep,
    limit: Annotated[int, Query(ge=1, le=MAX_RESULTS, description="Results of each kind")] = 5,
) -> SearchResponse:
    """Finds findings and rules by text or id, users by name, and events by their own id or the id at their source.

    Each kind needs the scope of its list; a kind without it is empty.
    """
    kinds = {
        "findings": (Scope.FINDINGS_READ, search_findings),
        "users": (Scope.ACTIVITY_READ, search_users),
        "rules": (Scope.RULES_READ, search_rules),
        "events": (Scope.EVENTS_READ, search_events),
    }
    allowed = {kind: find for kind, (scope, find) in kinds.items() if identity.has(scope)}
    found = dict(
        zip(allowed, await asyncio.gather(*(find(reader, q, limit) for find in allowed.values())), strict=True)
    )
    return SearchResponse.model_validate({kind: found.get(kind, []) for kind in kinds})
