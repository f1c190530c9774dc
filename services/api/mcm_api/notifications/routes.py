"""Notifications over HTTP. The notifier alone reads channels.yml: the API shows what it has reported."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from mcm_api.access.audit.recorder import AuditDep
from mcm_api.access.store.audit_log import append_entries
from mcm_api.database import DatabaseDep, DatabaseWriterDep
from mcm_api.http.problems import ProblemError, problem_answers, retry_after
from mcm_api.http.strict_route import StrictRoute
from mcm_api.identity.scopes import Scope, requires
from mcm_api.notifications.queries import read_channels, read_message, read_messages, read_routes, read_test
from mcm_api.notifications.schemas import (
    ChannelTestResponse,
    NotificationChannelList,
    NotificationMessage,
    NotificationMessageFilter,
    NotificationMessagePage,
    NotificationRouteList,
)
from mcm_api.resources.clock import ClockDep
from mcm_shared.db.engine import transaction
from mcm_shared.db.notifications import MAX_WAITING_TESTS, request_channel_test, retry_failed_messages

router = APIRouter(tags=["notifications"], route_class=StrictRoute)

ChannelName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]{0,60}$", examples=["soc"])]
TestId = Annotated[UUID, Path(description="The test's `id`", examples=["0f8fad5b-d9cb-469f-a165-70867728950e"])]
MessageId = Annotated[UUID, Path(description="The message's `id`", examples=["5b0f3c0e-7d0a-5b61-9a56-1f2e3d4c5b6a"])]

_LOCATION: Final = {"Location": {"description": "Where its result is", "schema": {"type": "string"}}}


@router.get(
    "/notifications/channels",
    openapi_extra=requires(Scope.NOTIFICATIONS_READ, unrestricted=True),
    summary="List notification channels",
)
async def list_notification_channels(reader: DatabaseDep, clock: ClockDep) -> NotificationChannelList:
    """Lists the channels with their health, without addresses and secrets, as the notifier that started last has them.

    The list is empty until a notifier has started.
    """
    async with reader.transaction() as connection:
        return await read_channels(connection, clock.now())


@router.get(
    "/notifications/routes",
    openapi_extra=requires(Scope.NOTIFICATIONS_READ, unrestricted=True),
    summary="List notification routes",
)
async def list_notification_routes(reader: DatabaseDep) -> NotificationRouteList:
    """Lists the routes: which findings go to which channel, when, and what waits for their next message."""
    async with reader.transaction() as connection:
        return await read_routes(connection)


@router.get(
    "/notifications/messages",
    openapi_extra=requires(Scope.NOTIFICATIONS_READ, unrestricted=True),
    summary="List messages to channels",
)
async def list_notification_messages(
    query: Annotated[NotificationMessageFilter, Query()], reader: DatabaseDep
) -> NotificationMessagePage:
    """Lists messages, the newest first: pending, sent, or failed with the channel's response."""
    async with reader.transaction() as connection:
        return await read_messages(connection, query)


@router.post(
    "/notifications/messages/{message_id}/retry",
    openapi_extra=requires(Scope.NOTIFICATIONS_WRITE, unrestricted=True),
    summary="Retry a failed message",
    responses=problem_answers(404, 409),
)
async def retry_notification_message(
    message_id: MessageId, writer: DatabaseWriterDep, clock: ClockDep, audit: AuditDep
) -> NotificationMessage:
    """Makes a failed message due again for a day; a receiver knows it by its id."""
    async with transaction(writer.engine) as connection:
        retried = await retry_failed_messages(connection, message_id, clock.now())
        message = await read_message(connection, message_id)
        if message is None:
            raise ProblemError(404, f"There is no message with id {message_id}.")
        if not retried:
            raise ProblemError(409, f"The message has not failed: it is {message.state}.")
        await append_entries(connection, [audit.entry("notification.retry", str(message_id))])
    return message


@router.post(
    "/notifications/channels/{channel}/test",
    status_code=202,
    openapi_extra=requires(Scope.NOTIFICATIONS_WRITE, unrestricted=True),
    summary="Test a channel",
    responses={**problem_answers(404), 202: {"headers": _LOCATION}},
)
async def test_notification_channel(
    channel: ChannelName,
    response: Response,
    reader: DatabaseDep,
    writer: DatabaseWriterDep,
    clock: ClockDep,
    audit: AuditDep,
) -> ChannelTestResponse:
    """Has the notifier send a test message to a channel; the test then has the channel's response."""
    now = clock.now()
    async with reader.transaction() as connection:
        channels = await read_channels(connection, now)
    if channel not in [each.name for each in channels.items]:
        raise ProblemError(404, f"There is no channel {channel}.")
    if not channels.running:
        raise ProblemError(503, "No notifier runs, so nothing can be sent; start it.", headers=retry_after())
    async with transaction(writer.engine) as connection:
        test_id = await request_channel_test(connection, channel, now)
        if test_id is None:
            reason = f"{MAX_WAITING_TESTS} tests wait for the notifier; wait until they are finished."
            raise ProblemError(503, reason, headers=retry_after())
        await append_entries(connection, [audit.entry("notification.test", channel)])
        response.headers["Location"] = f"/notifications/tests/{test_id}"
        return await read_test(connection, test_id, now)


@router.get(
    "/notifications/tests/{test_id}",
    openapi_extra=requires(Scope.NOTIFICATIONS_WRITE, unrestricted=True),
    summary="Get the result of a channel's test",
    responses=problem_answers(404),
)
async def get_notification_test(test_id: TestId, reader: DatabaseDep, clock: ClockDep) -> ChannelTestResponse:
    """Returns the result of a test: what the channel answered."""
    async with reader.transaction() as connection:
        return await read_test(connection, test_id, clock.now())
