"""Users over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from mcm_api.database import DatabaseDep
from mcm_api.http.json_response import json_response
from mcm_api.http.parameters import UserName
from mcm_api.http.problems import ProblemError, problem_answers
from mcm_api.http.strict_route import StrictRoute
from mcm_api.users.queries import list_page, read_activity
from mcm_api.users.schemas import UserActivity, UserFilter, UserPage

router = APIRouter(tags=["users"], route_class=StrictRoute)


@router.get("/users", summary="List users")
async def list_users(filters: Annotated[UserFilter, Query()], reader: DatabaseDep) -> UserPage:
    """Lists everyone whom events name, those with the highest risk score first unless asked otherwise."""
    return await list_page(reader, filters)


@router.get("/users/{user:path}", summary="Get a user", response_model=UserActivity, responses=problem_answers(404))
async def get_user(user: Annotated[UserName, Path(examples=["mona@example.com"])], reader: DatabaseDep) -> Response:
    """Gets what a user did when, and what was found of it."""
    found = await read_activity(reader, user)
    if found is None:
        raise ProblemError(404, f"No event names a user {user!r}.")
    return json_response(found)
