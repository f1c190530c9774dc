"""Sources over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path

from mcm_api.database import DatabaseDep
from mcm_api.http.problems import ProblemError, problem_answers
from mcm_api.http.strict_route import StrictRoute
from mcm_api.identity.scopes import Scope, requires
from mcm_api.resources.rule_catalogue import ActiveRulesDep
from mcm_api.sources.overview import list_all_sources, read_details, short
from mcm_api.sources.rule_sources import list_blind_rules, read_rule_sources
from mcm_api.sources.schemas import BlindRule, RuleSources, SourceDetails, SourceResponse

router = APIRouter(tags=["sources"], route_class=StrictRoute)


@router.get(
    "/sources",
    openapi_extra=requires(Scope.SOURCES_READ, unrestricted=True),
    summary="List the sources of events and their health",
)
async def list_sources(reader: DatabaseDep, rules: ActiveRulesDep) -> list[SourceResponse]:
    """Lists every source with a connector and every source whose events are pushed, by name."""
    return [short(source) for source in await list_all_sources(reader, await rules.ruleset(reader))]


@router.get(
    "/sources/{name}",
    openapi_extra=requires(Scope.SOURCES_READ, unrestricted=True),
    summary="Get a source",
    responses=problem_answers(404),
)
async def get_source(
    name: Annotated[str, Path(max_length=100, description="The source's `name`", examples=["okta"])],
    reader: DatabaseDep,
    rules: ActiveRulesDep,
) -> SourceDetails:
    """Returns a source, with the lag of its events and the rules that only it feeds."""
    found = await read_details(reader, await rules.ruleset(reader), name)
    if found is None:
        raise ProblemError(404, f"There is no source named {name}.")
    return found


@router.get(
    "/blind-rules",
    openapi_extra=requires(Scope.SOURCES_READ, unrestricted=True),
    summary="List the rules that cannot match",
)
async def get_blind_rules(reader: DatabaseDep, rules: ActiveRulesDep) -> list[BlindRule]:
    """Lists the active rules that no source feeds, or none that is alive, by name, each with what to do."""
    return await list_blind_rules(reader, await rules.ruleset(reader))


@router.get(
    "/rules/{rule}/sources",
    openapi_extra=requires(Scope.SOURCES_READ, unrestricted=True),
    summary="Get the sources that feed a rule",
    responses=problem_answers(404),
)
async def get_rule_sources(
    rule: Annotated[
        str, Path(min_length=1, max_length=100, description="The rule's id or name", examples=["login_failures"])
    ],
    reader: DatabaseDep,
    rules: ActiveRulesDep,
) -> RuleSources:
    """Gets the sources whose events an active rule can match, whether they are alive, and what it cannot match."""
    found = await read_rule_sources(reader, await rules.ruleset(reader), rule)
    if found is None:
        raise ProblemError(404, f"There is no active rule with the id or name {rule!r}.")
    return found
