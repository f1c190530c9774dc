"""Exceptions: time-limited suppression of findings, by a matcher and a period of event time."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

MAX_PERIOD: Final = timedelta(days=180)
"""The longest period of an exception."""

MIN_REASON: Final = 20
"""Characters that the reason of an exception has at least."""

MAX_SIGMA: Final = 16_384
"""Characters of a Sigma filter."""

REMINDERS: Final = (1, 7, 30)
"""Days before the expiry of an exception from which it is due for review, the last first."""

_FIELD: Final = re.compile(r"[A-Za-z0-9_.@-]{1,100}", re.ASCII)
_TAG: Final = r"^[a-z0-9][a-z0-9._:-]{0,99}$"

_Name = Annotated[str, StringConstraints(min_length=1, max_length=512)]
_Names = Annotated[list[_Name] | None, Field(min_length=1, max_length=100)]
_Tags = Annotated[
    list[Annotated[str, StringConstraints(pattern=_TAG)]] | None,
    Field(min_length=1, max_length=100, description="One of these tags", examples=[["soc2.cc6.3"]]),
]


class ExceptionMatcher(BaseModel):
    """Which findings an exception covers: those that meet every condition given, of which there is at least one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: Annotated[_Names, Field(description="One of these rules, by name")] = None
    user: Annotated[_Names, Field(description="One of these users, exactly")] = None
    source: Annotated[_Names, Field(description="One of these sources")] = None
    tag: _Tags = None
    group: Annotated[
        dict[str, _Name | None] | None,
        Field(min_length=1, max_length=10, description="These fields of the group with these values"),
    ] = None
    text: Annotated[
        str | None,
        Field(min_length=3, max_length=200, description="This text in title, description, rule or user, ignoring case"),
    ] = None
    sigma: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=MAX_SIGMA,
            description="A Sigma filter (YAML): all events of the finding are excluded from the rules that it names",
        ),
    ] = None

    @model_validator(mode="after")
    def _valid(self) -> Self:
        if not self.model_dump(exclude_none=True):
            raise ValueError("a matcher needs at least one condition; without one it would cover every finding")
        for name in self.group or ():
            if not _FIELD.fullmatch(name):
                raise ValueError(f"group: {name[:50]!r} is no field of a group")
        if "\\u0000" in self.model_dump_json():
            raise ValueError("holds a NUL character")
        return self


class ExceptionState(StrEnum):
    """State of an exception. Only an active one suppresses findings."""

    REQUESTED = "requested"
    SCHEDULED = "scheduled"
    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"
    INVALID = "invalid"


class ExceptionActionKind(StrEnum):
    """What people do with an exception that was requested."""

    APPROVE = "approve"
    REVOKE = "revoke"


@dataclass(frozen=True, slots=True)
class StoredException:
    """An exception as stored, with the times of its approval and its revocation."""

    id: int
    matcher: Any
    owner: str
    reason: str
    ticket: str | None
    starts_at: datetime
    expires_at: datetime
    requester: str
    created_at: datetime
    approved_at: datetime | None
    revoked_at: datetime | None

    @property
    def name(self) -> str:
        """The number as people write it."""
        return exception_name(self.id)

    @property
    def problem(self) -> str | None:
        """Why the matcher cannot be used; None for a valid one."""
        try:
            self.parsed()
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"]))
            return f"{place}: {first['msg']}" if place else first["msg"]
        return None

    def parsed(self) -> ExceptionMatcher:
        """Reads the matcher; raises ValidationError for an invalid one."""
        return ExceptionMatcher.model_validate(self.matcher)

    def state(self, now: datetime) -> ExceptionState:
        """Returns the state at a time; the period is half open."""
        if self.revoked_at is not None:
            return ExceptionState.REVOKED
        if now >= self.expires_at:
            return ExceptionState.EXPIRED
        if self.problem is not None:
            return ExceptionState.INVALID
        if self.approved_at is None:
            return ExceptionState.REQUESTED
        return ExceptionState.SCHEDULED if now < self.starts_at else ExceptionState.ACTIVE

    def reminder(self, now: datetime) -> int | None:
        """Returns the smallest number of days of ``REMINDERS`` that are not more than what is left; None: not yet due.

        An exception that is not active is not due.
        """
        if self.state(now) is not ExceptionState.ACTIVE:
            return None
        return next((days for days in REMINDERS if self.expires_at - now <= timedelta(days=days)), None)


def exception_name(number: int) -> str:
    """Writes the number of an exception as people write it."""
    return f"EX-{number}"
