"""Request and response models of users."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mcm_api.http.cursor import valid_cursor
from mcm_api.resources.counts import DayCount, SeverityCounts, ValueCount
from mcm_api.users.cursor import UserCursor
from mcm_shared.contracts.findings import Severity


class UserOrder(StrEnum):
    """Order of a list of users, highest first; ties by name."""

    RISK_SCORE = "risk_score"
    EVENTS = "events"
    FINDINGS = "findings"
    LAST_SEEN = "last_seen"


class UserFilter(BaseModel):
    """Filter and page of a list of users."""

    model_config = ConfigDict(frozen=True)

    q: Annotated[
        str | None, Field(min_length=1, max_length=200, description="This text in the user's name, in any case")
    ] = None
    sort: Annotated[UserOrder, Field(description="Sort order, descending")] = UserOrder.RISK_SCORE
    limit: Annotated[int, Field(ge=1, le=200, description="Users per page")] = 50
    before: Annotated[
        str | None,
        Field(max_length=1000, description="Cursor: `next` of the previous page"),
        valid_cursor(UserCursor),
    ] = None

    @model_validator(mode="after")
    def _in_one_order(self) -> Self:
        if self.before is not None and UserCursor.decode(self.before).sort != self.sort:
            raise ValueError("before comes from a list in another order; keep sort as it was")
        return self


class User(BaseModel):
    """A user by the name in events."""

    user: Annotated[str, Field(examples=["mona@example.com"])]
    events: Annotated[int, Field(examples=[1200])]
    findings: Annotated[int, Field(examples=[3])]
    severity: Annotated[Severity | None, Field(description="Highest severity of the findings")]
    risk_score: Annotated[int | None, Field(description="Highest risk score of the findings")]
    first_seen: Annotated[datetime | None, Field(description="The first event's own time, UTC")]
    last_seen: Annotated[datetime | None, Field(description="The latest event's own time, UTC")]


class UserInList(User):
    """A user in a list."""

    sources: Annotated[list[str], Field(description="Where the events come from, by name", examples=[["github.audit"]])]


class UserPage(BaseModel):
    """A page of users."""

    items: list[UserInList]
    next: Annotated[str | None, Field(description="Cursor of the next page, for `before`; null on the last page")]


class HourCount(BaseModel):
    """Events of one hour of the week, by their own time in UTC."""

    weekday: Annotated[int, Field(ge=0, le=6, description="0 is Monday")]
    hour: Annotated[int, Field(ge=0, le=23)]
    count: int


class UserActivity(User):
    """A user with their activity."""

    sources: Annotated[list[ValueCount], Field(description="Events by source, most frequent first")]
    event_types: Annotated[list[ValueCount], Field(description="Events by type, most frequent first")]
    findings_by_severity: SeverityCounts
    activity_by_day: Annotated[
        list[DayCount], Field(description="The 30 days up to the latest event, days without any included")
    ]
    activity_by_hour: Annotated[
        list[HourCount],
        Field(description="All events by hour of the week; hours without any are left out"),
    ]
