"""Response models of notifications."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from mcm_api.http.cursor import valid_cursor
from mcm_api.notifications.cursor import MessageCursor
from mcm_shared.contracts.notifications import NotificationChannel, NotificationRoute

MessageState = Literal["pending", "sent", "failed"]


class NotificationChannelResponse(NotificationChannel):
    """A channel with its health."""

    health: Annotated[
        Literal["healthy", "failing", "unused"],
        Field(description="`failing`: a message is being retried, or the newest one failed; `unused`: no messages yet"),
    ]
    last_sent_at: Annotated[datetime | None, Field(description="When it last accepted a message, UTC")]
    pending: Annotated[int, Field(description="Messages that wait for it")]
    failed: Annotated[int, Field(description="Messages that failed and were not retried")]
    last_error: Annotated[
        str | None, Field(description="What it answered last, while failing", examples=["HTTP 404: no_service"])
    ]


class NotificationChannelList(BaseModel):
    """The channels of channels.yml, and whether a notifier runs."""

    running: Annotated[bool, Field(description="Whether a notifier was seen within the last minute")]
    seen_at: Annotated[datetime | None, Field(description="When one was last seen, UTC; null: none has ever started")]
    items: list[NotificationChannelResponse]
    reminders: Annotated[list[str], Field(description="Channels that get the reminders of exceptions")]


class NotificationRouteResponse(NotificationRoute):
    """A route with what waits for its next message."""

    waiting: Annotated[int, Field(description="Notifications that wait for the next message")]
    digest_at: Annotated[datetime | None, Field(description="In a storm: when the digest is due, UTC")]


class NotificationRouteList(BaseModel):
    """The routes of channels.yml."""

    items: list[NotificationRouteResponse]


class NotificationMessage(BaseModel):
    """A message to a channel, without its text."""

    model_config = ConfigDict(from_attributes=True)

    id: Annotated[UUID, Field(description="Receivers deduplicate by it")]
    route: Annotated[str, Field(description="Its route; of a reminder, its exception", examples=["criticals", "EX-12"])]
    channel: str
    kind: Annotated[
        Literal["findings", "digest", "storm", "reminder"],
        Field(description="`storm`: the notice that findings are held for a digest; `reminder`: of an exception"),
    ]
    state: MessageState
    created_at: Annotated[datetime, Field(description="When it was composed, UTC")]
    next_attempt_at: Annotated[datetime | None, Field(description="While pending, UTC")]
    sent_at: Annotated[datetime | None, Field(description="When the channel accepted it, UTC")]
    attempts: int
    response: Annotated[str | None, Field(description="What the channel answered last", examples=["HTTP 200: ok"])]
    findings: Annotated[int, Field(description="Number of its findings")]
    finding_id: Annotated[int | None, Field(description="Its finding, when there is just one")]


class NotificationMessagePage(BaseModel):
    """A page of messages, the newest first."""

    items: list[NotificationMessage]
    next: Annotated[str | None, Field(description="Cursor of the next page, for `before`; null on the last page")]


class NotificationMessageFilter(BaseModel):
    """Page of the messages."""

    model_config = ConfigDict(frozen=True)

    state: Annotated[MessageState | None, Field(description="State of the messages; absent: all")] = None
    limit: Annotated[int, Field(ge=1, le=200, description="Messages per page")] = 50
    before: Annotated[
        str | None,
        Field(max_length=500, description="Cursor: `next` of the previous page"),
        valid_cursor(MessageCursor),
    ] = None


class ChannelTestResponse(BaseModel):
    """A test of a channel: the notifier sends a test message and stores the channel's response."""

    id: UUID
    channel: str
    state: Annotated[
        Literal["waiting", "accepted", "refused", "expired"],
        Field(description="`expired`: no notifier has sent it within five minutes"),
    ]
    response: Annotated[str | None, Field(description="What the channel answered", examples=["HTTP 200: ok"])]
    requested_at: datetime
    finished_at: datetime | None
