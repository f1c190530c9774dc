"""Behaviour profiles over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from mcm_api.database import DatabaseDep
from mcm_api.http.strict_route import StrictRoute
from mcm_api.identity.scopes import Scope, requires
from mcm_api.resources.clock import ClockDep
from mcm_api.users.profile.queries import read_profile
from mcm_api.users.profile.schemas import BehaviourProfile
from mcm_shared.contracts.parameters import Day, UserName

router = APIRouter(tags=["users"], route_class=StrictRoute)


@router.get(
    "/profiles/{user:text}",
    openapi_extra=requires(Scope.ACTIVITY_READ),
    summary="Get a user's behaviour profile",
)
async def get_profile(
    user: Annotated[UserName, Path(examples=["mona@example.com"])],
    reader: DatabaseDep,
    clock: ClockDep,
    day: Annotated[Day | None, Query(description="The day whose scores are explained")] = None,
) -> BehaviourProfile:
    """Returns what is usual for a user and what is new, the scores of days, the counts behind one day, and the risk.

    Spellings of a user that rules do not distinguish have one profile. Identities restricted to sources see the risk
    of the findings they may read, and no profile.
    """
    return await read_profile(reader, user, day, clock.now().date())
