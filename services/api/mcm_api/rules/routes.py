"""Rules over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path

from mcm_api.database import DatabaseDep
from mcm_api.http.problems import ProblemError, problem_answers
from mcm_api.http.strict_route import StrictRoute
from mcm_api.resources.rule_catalogue import ActiveRulesDep
from mcm_api.rules.queries import read_rule, read_rules
from mcm_api.rules.schemas import RuleDetails, RuleResponse

router = APIRouter(tags=["rules"], route_class=StrictRoute)


@router.get("/rules", summary="List rules")
async def list_rules(reader: DatabaseDep, catalogue: ActiveRulesDep) -> list[RuleResponse]:
    """Lists every rule the engine has loaded, by family and name, with what it found."""
    return await read_rules(reader, await catalogue.families())


@router.get("/rules/{rule}", summary="Get a rule", responses=problem_answers(404))
async def get_rule(
    rule: Annotated[
        str, Path(min_length=1, max_length=100, description="The rule's id or name", examples=["login_failures"])
    ],
    reader: DatabaseDep,
    catalogue: ActiveRulesDep,
) -> RuleDetails:
    """Gets a rule whole: its document, runbook and tests, and what it looks for in words."""
    found = await read_rule(reader, rule, await catalogue.families())
    if found is None:
        raise ProblemError(404, f"The engine has loaded no rule with the id or name {rule!r}.")
    return found
