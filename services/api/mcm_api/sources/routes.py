"""Sources over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path

from mcm_api.database import DatabaseDep
from mcm_api.http.problems import ProblemError, problem_answers
from mcm_api.http.strict_route import StrictRoute
from mcm_api.identity.scopes import Scope, requires
from mcm_api.resources.rule_catalogue import ActiveRulesDep
from mcm_api.sources.overview import list_all_sources, read_details, short
from mcm_api.sources.schemas import SourceDetails, SourceResponse

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
