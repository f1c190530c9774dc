"""Users over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from mcm_api.database import DatabaseDep
from mcm_api.http.json_response import json_response
from mcm_api.http.problems import ProblemError, problem_answers
from mcm_api.http.strict_route import StrictRoute
from mcm_api.identity.scopes import Scope, requires
from mcm_api.users.dependencies import ActivityCacheDep
from mcm_api.users.queries.activity import read_activity
from mcm_api.users.queries.pages import list_page
from mcm_api.users.schemas import UserActivity, UserFilter, UserPage
from mcm_shared.contracts.parameters import UserName

router = APIRouter(tags=["users"], route_class=StrictRoute)


@router.get("/users", openapi_extra=requires(Scope.ACTIVITY_READ), summary="List users")
async def list_users(query: Annotated[UserFilter, Query()], reader: DatabaseDep) -> UserPage:
    """Lists the users of events and findings, the highest risk score first by default."""
    return await list_page(reader, query)


@router.get(
    "/users/{user:text}",
    openapi_extra=requires(Scope.ACTIVITY_READ),
    summary="Get a user",
    response_model=UserActivity,
    responses=problem_answers(404),
)
async def get_user(
    user: Annotated[UserName, Path(examples=["mona@example.com"])], reader: DatabaseDep, cache: ActivityCacheDep
) -> Response:
    """Returns a user: all their events by source, type, day and hour of the week, and their findings."""
    found = await read_activity(reader, cache, user)
    if found is None:
        raise ProblemError(404, f"No event and no finding names a user {user!r}.")
    return json_response(found)
