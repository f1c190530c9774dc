"""Rules over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path

from mcm_api.app_state import ActiveRulesDep, DatabaseDep
from mcm_api.http.problems import ProblemError, problem_answers
from mcm_api.http.strict_route import StrictRoute
from mcm_api.rules.queries import read_rule, read_rules
from mcm_api.rules.schemas import Rule, RuleDetails

router = APIRouter(tags=["rules"], route_class=StrictRoute)


@router.get("/rules", summary="List rules")
async def list_rules(reader: DatabaseDep, knows: ActiveRulesDep) -> list[Rule]:
    """Lists every rule the engine has loaded, by family and name, with what it found."""
    return await read_rules(reader, await knows.families())


@router.get("/rules/{rule}", summary="Get a rule", responses=problem_answers(404))
async def get_rule(
    rule: Annotated[
        str, Path(min_length=1, max_length=100, description="The rule's id or name", examples=["login_failures"])
    ],
    reader: DatabaseDep,
    knows: ActiveRulesDep,
) -> RuleDetails:
    """Gets a rule whole: its document, runbook and tests, and what it looks for in words."""
    found = await read_rule(reader, rule, await knows.families())
    if found is None:
        raise ProblemError(404, f"The engine has loaded no rule with the id or name {rule!r}.")
    return found
