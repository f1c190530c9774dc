"""The pipeline over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from mcm_api.database import DatabaseDep
from mcm_api.http.parameters import MAX_ID
from mcm_api.http.problems import ProblemError, problem_answers
from mcm_api.http.strict_route import StrictRoute
from mcm_api.pipeline.dead_letters import read_letters
from mcm_api.pipeline.queries import read_pipeline
from mcm_api.pipeline.schemas import DeadLetterFilter, DeadLetterPage, Pipeline, ReplayResponse
from mcm_api.resources.broker import BrokerDep
from mcm_api.resources.event_rate import EventRateDep
from mcm_ingestor import dead_letters
from mcm_shared.errors import PoisonEventError

router = APIRouter(tags=["pipeline"], route_class=StrictRoute)


@router.get("/pipeline", summary="How is the pipeline?")
async def get_pipeline(reader: DatabaseDep, rate: EventRateDep, broker: BrokerDep) -> Pipeline:
    """Says how far each service is, what its workers read, what came from each source, and whether all answers."""
    return await read_pipeline(reader, rate, broker.settings)


@router.get("/dead-letters", summary="List dead letters")
async def list_dead_letters(query: Annotated[DeadLetterFilter, Query()], broker: BrokerDep) -> DeadLetterPage:
    """Lists what could not be processed, the newest first, with the reason."""
    return await read_letters(broker.require().settings, query)


@router.post(
    "/dead-letters/{partition}/{offset}/replay",
    status_code=202,
    summary="Send a dead letter again",
    responses=problem_answers(404, 409),
)
async def replay_dead_letter(
    partition: Annotated[int, Path(ge=0, le=2**31 - 1, description="The letter's `partition`")],
    offset: Annotated[int, Path(ge=0, le=MAX_ID, description="The letter's `offset`")],
    broker: BrokerDep,
) -> ReplayResponse:
    """Sends a letter to the topic it came from, as it was; sending one twice does no harm."""
    cluster = broker.require()
    try:
        letter = await dead_letters.replay_dead_letter(cluster.settings, cluster.producer, partition, offset)
    except PoisonEventError as error:
        raise ProblemError(409, f"The letter cannot be sent again: {error.reason}.") from error
    if letter is None:
        raise ProblemError(404, f"There is no dead letter {offset} in partition {partition}.")
    return ReplayResponse(
        partition=partition, offset=offset, topic=letter.topic.removeprefix(cluster.settings.topic_prefix)
    )
