"""Rules over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path

from mcm_api.database import DatabaseDep
from mcm_api.http.problems import ProblemError, problem_answers
from mcm_api.http.strict_route import StrictRoute
from mcm_api.identity.scopes import Scope, requires
from mcm_api.resources.clock import ClockDep
from mcm_api.rules.queries import read_rule, read_rules
from mcm_api.rules.schemas import RuleDetails, RuleResponse

router = APIRouter(tags=["rules"], route_class=StrictRoute)


@router.get("/rules", openapi_extra=requires(Scope.RULES_READ), summary="List rules")
async def list_rules(reader: DatabaseDep) -> list[RuleResponse]:
    """Lists the rules of the catalogue by family and name, with their results; `active` marks those loaded now."""
    return await read_rules(reader)


@router.get(
    "/rules/{rule}", openapi_extra=requires(Scope.RULES_READ), summary="Get a rule", responses=problem_answers(404)
)
async def get_rule(
    rule: Annotated[
        str, Path(min_length=1, max_length=100, description="The rule's id or name", examples=["login_failures"])
    ],
    reader: DatabaseDep,
    clock: ClockDep,
) -> RuleDetails:
    """Returns a rule with its source, runbook, tests and a summary in plain English."""
    found = await read_rule(reader, rule, clock.now().date())
    if found is None:
        raise ProblemError(404, f"There is no rule with the id or name {rule!r}.")
    return found
