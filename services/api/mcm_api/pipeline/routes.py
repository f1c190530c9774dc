"""The pipeline over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from mcm_api.access.audit.recorder import AuditDep
from mcm_api.database import DatabaseDep
from mcm_api.http.parameters import MAX_ID
from mcm_api.http.problems import ProblemError, problem_answers
from mcm_api.http.strict_route import StrictRoute
from mcm_api.identity.scopes import Scope, requires
from mcm_api.pipeline.dead_letters import read_letters
from mcm_api.pipeline.queries import read_pipeline
from mcm_api.pipeline.schemas import DeadLetterFilter, DeadLetterPage, Pipeline, ReplayResponse
from mcm_api.resources.broker import BrokerDep
from mcm_api.resources.event_rate import EventRateDep
from mcm_ingestor import dead_letters
from mcm_shared.errors import PoisonEventError

router = APIRouter(tags=["pipeline"], route_class=StrictRoute)


@router.get("/pipeline", openapi_extra=requires(Scope.PIPELINE_READ), summary="Get the state of the pipeline")
async def get_pipeline(reader: DatabaseDep, rate: EventRateDep, broker: BrokerDep) -> Pipeline:
    """Says how far each service is, what its workers read, what came from each source, and whether all answers."""
    return await read_pipeline(reader, rate, broker.settings)


@router.get(
    "/dead-letters", openapi_extra=requires(Scope.DEAD_LETTERS_READ, unrestricted=True), summary="List dead letters"
)
async def list_dead_letters(
    query: Annotated[DeadLetterFilter, Query()], broker: BrokerDep, audit: AuditDep
) -> DeadLetterPage:
    """Lists what could not be processed, the newest first, with the reason."""
    page = await read_letters(broker.require().settings, query)
    await audit.record_read("dead_letters.read", after={"count": len(page.items)})
    return page


@router.post(
    "/dead-letters/{partition}/{offset}/replay",
    status_code=202,
    summary="Replay a dead letter",
    openapi_extra=requires(Scope.DEAD_LETTERS_WRITE, unrestricted=True),
    responses=problem_answers(404, 409),
)
async def replay_dead_letter(
    partition: Annotated[int, Path(ge=0, le=2**31 - 1, description="The letter's `partition`")],
    offset: Annotated[int, Path(ge=0, le=MAX_ID, description="The letter's `offset`")],
    broker: BrokerDep,
    audit: AuditDep,
) -> ReplayResponse:
    """Sends a letter to the topic it came from, as it was; sending one twice does no harm."""
    cluster = broker.require()
    await audit.record("dead_letter.replay", f"{partition}/{offset}")
    try:
        letter = await dead_letters.replay_dead_letter(cluster.settings, cluster.producer, partition, offset)
    except PoisonEventError as error:
        raise ProblemError(409, f"The letter cannot be sent again: {error.reason}.") from error
    if letter is None:
        raise ProblemError(404, f"There is no dead letter {offset} in partition {partition}.")
    return ReplayResponse(
        partition=partition, offset=offset, topic=letter.topic.removeprefix(cluster.settings.topic_prefix)
    )
