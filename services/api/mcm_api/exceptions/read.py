"""Reading exceptions with what each hides and its history."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from mcm_api.database import DatabaseReader
from mcm_api.exceptions.manage import no_exception
from mcm_api.exceptions.queries.counting import count_hidden
from mcm_api.exceptions.schemas import ExceptionHistoryEntry, ExceptionPage, ExceptionResponse
from mcm_api.exclusions import current_state, problem_of
from mcm_shared.contracts.exceptions import ExceptionState, StoredException
from mcm_shared.db.engine import AsyncConnection
from mcm_shared.db.exceptions import (
    StoredExceptionAction,
    read_exception,
    read_exception_actions,
    read_exceptions,
)

PAGE: Final = 100


async def read_exception_page(reader: DatabaseReader, before: int | None, now: datetime) -> ExceptionPage:
    """Reads a page of exceptions, the newest first."""
    async with reader.transaction() as connection:
        found = await read_exceptions(connection, before=before, limit=PAGE + 1)
        items = await _responses(connection, found[:PAGE], now)
    return ExceptionPage(items=items, next=found[PAGE - 1].id if len(found) > PAGE else None)


async def read_one_exception(reader: DatabaseReader, number: int, now: datetime) -> ExceptionResponse:
    """Reads one exception; raises ProblemError 404 when there is none."""
    async with reader.transaction() as connection:
        found = await read_exception(connection, number)
        if found is None:
            raise no_exception(number)
        return (await _responses(connection, [found], now))[0]


async def _responses(
    connection: AsyncConnection, found: Sequence[StoredException], now: datetime
) -> list[ExceptionResponse]:
    hidden = await count_hidden(connection, found, now)
    actions = await read_exception_actions(connection, [each.id for each in found])
    return [_response(each, hidden.get(each.id, 0), actions.get(each.id, []), now) for each in found]


def _response(
    found: StoredException, hides: int, actions: Sequence[StoredExceptionAction], now: datetime
) -> ExceptionResponse:
    problem = problem_of(found)
    history = [
        ExceptionHistoryEntry(kind="request", at=found.created_at, actor=found.requester, reason=found.reason),
        *(ExceptionHistoryEntry.model_validate(action, from_attributes=True) for action in actions),
    ]
    if found.state(now) is ExceptionState.EXPIRED and found.approved_at is not None:
        history.append(ExceptionHistoryEntry(kind="expire", at=found.expires_at, actor=None, reason=None))
    return ExceptionResponse.model_validate(
        {
            "id": found.id,
            "name": found.name,
            "matcher": None if problem else found.matcher,
            "state": current_state(found, now),
            "problem": problem,
            "owner": found.owner,
            "reason": found.reason,
            "ticket": found.ticket,
            "starts_at": found.starts_at,
            "expires_at": found.expires_at,
            "requester": found.requester,
            "created_at": found.created_at,
            "hides": hides,
            "reminder": None if problem else found.reminder(now),
            "history": history,
        }
    )
