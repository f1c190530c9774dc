"""The pipeline over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from mcm_api.parameters import MAX_ID
from mcm_api.pipeline.queries import read_letters, read_pipeline, replay
from mcm_api.pipeline.schemas import DeadLetterFilter, DeadLetterPage, Pipeline, Replayed
from mcm_api.problems import ProblemError, problem_answers
from mcm_api.strict_route import StrictRoute

router = APIRouter(tags=["pipeline"], route_class=StrictRoute)


@router.get("/pipeline", summary="How is the pipeline?")
async def get_pipeline() -> Pipeline:
    """Says how far each service is, what its workers read, what came from each source, and whether all answers."""
    return await read_pipeline()


@router.get("/dead-letters", summary="List dead letters")
async def list_dead_letters(wanted: Annotated[DeadLetterFilter, Query()]) -> DeadLetterPage:
    """Lists what could not be processed, the newest first, with the reason."""
    return await read_letters(wanted)


@router.post(
    "/dead-letters/{partition}/{offset}/replay",
    status_code=202,
    summary="Send a dead letter again",
    responses=problem_answers(404, 409),
)
async def replay_dead_letter(
    partition: Annotated[int, Path(ge=0, le=2**31 - 1, description="The letter's `partition`")],
    offset: Annotated[int, Path(ge=0, le=MAX_ID, description="The letter's `offset`")],
) -> Replayed:
    """Sends a letter to the topic it came from, as it was; sending one twice does no harm."""
    replayed = await replay(partition, offset)
    if replayed is None:
        raise ProblemError(404, f"There is no dead letter {offset} in partition {partition}.")
    return replayed
