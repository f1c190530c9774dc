"""The pipeline over HTTP."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request

from mcm_api.access.audit.recorder import AuditDep
from mcm_api.access.bodies import body_of, read_model
from mcm_api.database import DatabaseDep, DatabaseWriterDep
from mcm_api.http.problems import ProblemError, problem_answers
from mcm_api.http.strict_route import StrictRoute
from mcm_api.identity.scopes import Scope, requires
from mcm_api.pipeline.dead_letters import DeadLettersDep
from mcm_api.pipeline.queries import read_pipeline
from mcm_api.pipeline.schemas import (
    DeadLetterFilter,
    DeadLetterPage,
    DeadLetterResponse,
    DismissalRequest,
    Pipeline,
    ReplayResponse,
)
from mcm_api.resources.broker import BrokerDep
from mcm_api.resources.event_rate import EventRateDep
from mcm_ingestor.dead_letters import replay_dead_letter as send_again
from mcm_shared.contracts.parameters import MAX_ID
from mcm_shared.db.dead_letter_actions import DeadLetterAction
from mcm_shared.errors import PoisonEventError

router = APIRouter(tags=["pipeline"], route_class=StrictRoute)

PartitionNumber = Annotated[int, Path(ge=0, le=2**31 - 1, description="The letter's `partition`")]
LetterOffset = Annotated[int, Path(ge=0, le=MAX_ID, description="The letter's `offset`")]
_ONE: Final = "/dead-letters/{partition}/{offset}"
_WRITES: Final[dict[str, Any]] = requires(Scope.DEAD_LETTERS_WRITE, unrestricted=True)


@router.get("/pipeline", openapi_extra=requires(Scope.PIPELINE_READ), summary="Get the state of the pipeline")
async def get_pipeline(
    reader: DatabaseDep, rate: EventRateDep, broker: BrokerDep, dead_letters: DeadLettersDep
) -> Pipeline:
    """Returns the lag of each service, its workers, the events of each source, and the health of dependencies.

    A restricted account gets neither lag nor dead letters, which concern all sources.
    """
    return await read_pipeline(reader, rate, broker.groups, dead_letters)


@router.get(
    "/dead-letters", openapi_extra=requires(Scope.DEAD_LETTERS_READ, unrestricted=True), summary="List dead letters"
)
async def list_dead_letters(
    query: Annotated[DeadLetterFilter, Query()], reader: DatabaseDep, dead_letters: DeadLettersDep, audit: AuditDep
) -> DeadLetterPage:
    """Lists dead letters, newest first, each with its reason; a record that failed again is listed once."""
    page = await dead_letters.require().page(reader, query)
    await audit.record_read("dead_letters.read", after={"count": len(page.items)})
    return page


@router.post(
    _ONE + "/replay",
    status_code=202,
    summary="Replay a dead letter",
    openapi_extra=_WRITES,
    responses=problem_answers(404, 409),
)
async def replay_dead_letter(
    partition: PartitionNumber,
    offset: LetterOffset,
    broker: BrokerDep,
    dead_letters: DeadLettersDep,
    writer: DatabaseWriterDep,
    audit: AuditDep,
) -> ReplayResponse:
    """Replays a dead letter: sends the original record to its topic. A repeat does no harm."""
    cluster = broker.require()
    await audit.record("dead_letter.replay", f"{partition}/{offset}")
    try:
        letter = await send_again(cluster.settings, cluster.producer, partition, offset)
    except PoisonEventError as error:
        raise ProblemError(409, f"The letter cannot be sent again: {error.reason}.") from error
    if letter is None:
        raise ProblemError(404, f"There is no dead letter {offset} in partition {partition}.")
    await dead_letters.require().record(writer, letter, DeadLetterAction.RETRIED, audit.actor)
    return ReplayResponse(
        partition=partition, offset=offset, topic=letter.topic.removeprefix(cluster.settings.topic_prefix)
    )


@router.post(
    _ONE + "/dismiss",
    summary="Dismiss a dead letter",
    openapi_extra=requires(Scope.DEAD_LETTERS_WRITE, unrestricted=True, requestBody=body_of(DismissalRequest)),
    responses=problem_answers(404, 408, 413, 415),
)
async def dismiss_dead_letter(
    request: Request,
    partition: PartitionNumber,
    offset: LetterOffset,
    dead_letters: DeadLettersDep,
    reader: DatabaseDep,
    writer: DatabaseWriterDep,
    audit: AuditDep,
) -> DeadLetterResponse:
    """Dismisses a dead letter that needs no retry, with the reason: it no longer counts as open; it can be reopened."""
    dismissal = await read_model(request, DismissalRequest)
    await audit.record("dead_letter.dismiss", f"{partition}/{offset}", after={"reason": dismissal.reason})
    place, database = (partition, offset), (reader, writer)
    return await dead_letters.require().act(database, place, DeadLetterAction.DISMISSED, audit.actor, dismissal.reason)


@router.post(_ONE + "/reopen", summary="Reopen a dead letter", openapi_extra=_WRITES, responses=problem_answers(404))
async def reopen_dead_letter(
    partition: PartitionNumber,
    offset: LetterOffset,
    dead_letters: DeadLettersDep,
    reader: DatabaseDep,
    writer: DatabaseWriterDep,
    audit: AuditDep,
) -> DeadLetterResponse:
    """Reopens a dead letter that was dismissed or retried."""
    await audit.record("dead_letter.reopen", f"{partition}/{offset}")
    return await dead_letters.require().act(
        (reader, writer), (partition, offset), DeadLetterAction.REOPENED, audit.actor
    )
