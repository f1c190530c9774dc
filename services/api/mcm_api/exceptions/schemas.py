"""Request and response models of exceptions."""

from datetime import datetime
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from mcm_api.resources.counts import ValueCount
from mcm_shared.contracts.exceptions import (
    MAX_PERIOD,
    MIN_REASON,
    ExceptionActionKind,
    ExceptionMatcher,
    ExceptionState,
)
from mcm_shared.contracts.findings import Severity
from mcm_shared.contracts.parameters import Instant
from mcm_shared.contracts.triage import Status

MAX_TEXT: Final = 4000
MAX_NAME: Final = 320
MAX_TICKET: Final = 500
PREVIEW_DAYS: Final = 30

_Reason = Annotated[str, StringConstraints(min_length=MIN_REASON, max_length=MAX_TEXT)]


class _Body(BaseModel):
    """A body without NUL characters, which no database column holds."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="after")
    def _without_nul(self) -> Self:
        if "\\u0000" in self.model_dump_json():
            raise ValueError("holds a NUL character")
        return self


class _Period(_Body):
    """A matcher and the period of event time that it is for."""

    matcher: ExceptionMatcher
    starts_at: Annotated[
        Instant | None,
        Field(description="Covers detections from this event time on; absent: from now on"),
    ] = None
    expires_at: Annotated[
        Instant,
        Field(description="Covers detections before this event time and ends then; at most 180 days after the start"),
    ]


class ExceptionPreviewRequest(_Period):
    """An exception to preview."""


class ExceptionRequest(_Period):
    """An exception to request."""

    owner: Annotated[
        str,
        StringConstraints(min_length=1, max_length=MAX_NAME),
        Field(description="Who answers for the exception", examples=["mona@example.com"]),
    ]
    reason: Annotated[
        _Reason, Field(examples=["The backup job signs in from the new data centre until the move ends."])
    ]
    ticket: Annotated[
        str | None, StringConstraints(min_length=1, max_length=MAX_TICKET), Field(examples=["SEC-1402"])
    ] = None


class ExceptionActionRequest(_Body):
    """An action on an exception."""

    kind: ExceptionActionKind
    reason: Annotated[
        str | None,
        StringConstraints(min_length=1, max_length=MAX_TEXT),
        Field(description="Required to revoke", examples=["The job was moved."]),
    ] = None

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.kind is ExceptionActionKind.REVOKE and self.reason is None:
            raise ValueError("reason: revoking an exception needs a reason")
        return self


class ExceptionHistoryEntry(BaseModel):
    """An entry of the history of an exception."""

    kind: Annotated[
        Literal["request", "approve", "revoke", "expire"], Field(description="`expire` follows from the clock")
    ]
    at: datetime
    actor: Annotated[str | None, Field(description="Null for `expire`")]
    reason: str | None


class ExceptionResponse(BaseModel):
    """An exception in its current state."""

    id: int
    name: Annotated[str, Field(examples=["EX-12"])]
    matcher: Annotated[ExceptionMatcher | None, Field(description="Null while invalid: see `problem`")]
    state: Annotated[ExceptionState, Field(description="Only an `active` exception suppresses findings")]
    problem: Annotated[str | None, Field(description="What is wrong with the matcher: then it hides nothing")]
    owner: str
    reason: str
    ticket: str | None
    starts_at: datetime
    expires_at: datetime
    requester: str
    created_at: datetime
    hides: Annotated[int, Field(description="Findings that it covers now; 0 unless active")]
    reminder: Annotated[
        Literal[30, 7, 1] | None, Field(description="It expires within so many days; null: later, or not active")
    ]
    history: Annotated[list[ExceptionHistoryEntry], Field(description="Oldest first")]


class ExceptionPage(BaseModel):
    """A page of exceptions, the newest first."""

    items: list[ExceptionResponse]
    next: Annotated[int | None, Field(description="Give it as `before` for the next page; null on the last")]


class ConfirmedFinding(BaseModel):
    """A finding that was confirmed as true."""

    id: int
    title: str
    severity: Severity
    user: str | None
    status: Status


class ExceptionPreview(BaseModel):
    """What an exception would have hidden in the last 30 days, and what it hides now."""

    findings: Annotated[int, Field(description="Standing findings of the last 30 days that the matcher matches")]
    complete: Annotated[
        bool,
        Field(description="False: a Sigma filter was evaluated on the newest 1,000 findings only, and may hide more"),
    ]
    users: Annotated[list[ValueCount], Field(description="The users of these findings, most findings first, up to 20")]
    total_users: int
    confirmed: Annotated[
        int, Field(description="Of these findings, those that people confirmed: resolved, or accepted as a risk")
    ]
    confirmed_findings: Annotated[list[ConfirmedFinding], Field(description="The newest 10 of them")]
    hides_now: Annotated[
        int, Field(description="Standing findings whose detections all lie in the period, if it were active now")
    ]


def period_problem(starts_at: datetime, expires_at: datetime, now: datetime) -> str | None:
    """Returns what is wrong with the period of an exception; None for a valid one."""
    if expires_at <= now:
        return "lies in the past; an exception ends in the future"
    if expires_at <= starts_at:
        return "lies before the start"
    if expires_at - starts_at > MAX_PERIOD:
        return f"lies more than {MAX_PERIOD.days} days after the start; request a new exception when this one ends"
    return None
