"""Request and response models of triage."""

from datetime import datetime
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from mcm_shared.contracts.finding_filter import FindingFilter
from mcm_shared.contracts.parameters import Instant, RowId
from mcm_shared.contracts.triage import CLOSED, UNASSIGNED, ActionKind, Status, is_label
from mcm_shared.db.finding_actions import ActionRequested

MAX_TEXT: Final = 4000
MAX_NAME: Final = 320
MAX_IDS: Final = 1000
MAX_AT_ONCE: Final = 1000
"""Findings that one request in bulk changes, at most."""

_CHOSEN: Final = tuple(status.value for status in Status if status is not Status.REOPENED)


class _Action(BaseModel):
    """An action, and the rules that its value and reason obey."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    kind: ActionKind
    value: Annotated[
        str | None,
        StringConstraints(min_length=1, max_length=MAX_TEXT),
        Field(
            description="A status; an assignee, or null; a note in Markdown; a label, after `-` to remove it",
            examples=["false_positive"],
        ),
    ] = None
    reason: Annotated[
        str | None,
        StringConstraints(min_length=1, max_length=MAX_TEXT),
        Field(description="Required to close a finding", examples=["The address is our office's"]),
    ] = None

    @model_validator(mode="after")
    def _valid(self) -> Self:
        if "\x00" in (self.value or "") + (self.reason or ""):
            raise ValueError("holds a NUL character")
        match self.kind:
            case ActionKind.STATUS:
                self._check_status()
            case ActionKind.ASSIGN if self.value is not None and (
                len(self.value) > MAX_NAME or self.value == UNASSIGNED
            ):
                raise ValueError(f"value: an assignee is a name of at most {MAX_NAME} characters; null unassigns")
            case ActionKind.NOTE if self.value is None:
                raise ValueError("value: a note needs a text")
            case ActionKind.LABEL if not is_label((self.value or "").removeprefix("-")):
                raise ValueError(
                    "value: a label has up to 50 lower case letters, digits and . _ : / - and begins with a letter or"
                    " digit; write -label to remove it"
                )
            case _:
                pass
        return self

    def _check_status(self) -> None:
        if self.value == Status.REOPENED:
            raise ValueError("value: reopened is never chosen; a later detection reopens a closed finding")
        if self.value not in _CHOSEN:
            raise ValueError(f"value: a status is one of {', '.join(_CHOSEN)}")
        if self.value in CLOSED and self.reason is None:
            raise ValueError(f"reason: closing a finding as {self.value} needs a reason")


class ActionRequest(_Action):
    """An action on a finding."""

    seen_until: Annotated[
        Instant | None,
        Field(description="The `last_seen` that you saw, by default the stored one; later detections reopen it"),
    ] = None

    def requested(self) -> ActionRequested:
        """Converts the action for the store."""
        return ActionRequested(self.kind, self.value, self.reason, self.seen_until)


class BulkFilter(FindingFilter):
    """The filter of findings, as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BulkActionRequest(_Action):
    """An action on many findings: those with these ids, or all that match a filter."""

    ids: Annotated[list[RowId] | None, Field(min_length=1, max_length=MAX_IDS)] = None
    filter: Annotated[BulkFilter | None, Field(description="`{}` matches every visible finding")] = None
    after: Annotated[
        RowId | None, Field(description="Only findings with a higher id: `next` of the response before")
    ] = None
    until: Annotated[
        RowId | None, Field(description="Only findings up to this id: `until` of the dry run leaves out later ones")
    ] = None
    seen_until: Annotated[
        Instant | None,
        Field(description="`seen_until` of the dry run: findings with later detections are reopened at once"),
    ] = None
    dry_run: Annotated[bool, Field(description="Only counts")] = False

    @model_validator(mode="after")
    def _one_selection(self) -> Self:
        if (self.ids is None) == (self.filter is None):
            raise ValueError("give either ids or filter")
        if self.filter is not None and "\\u0000" in self.filter.model_dump_json():
            raise ValueError("filter: holds a NUL character")
        return self

    def requested(self) -> ActionRequested:
        """Converts the action for the store."""
        return ActionRequested(self.kind, self.value, self.reason, self.seen_until)


class BulkActionResponse(BaseModel):
    """Result of a bulk action, or of its dry run."""

    matched: Annotated[int, Field(description="Findings selected, after `after`")]
    changed: Annotated[int, Field(description="Findings that it changed; on a dry run: would change")]
    unchanged: Annotated[int, Field(description="Findings that were so already")]
    next: Annotated[
        int | None,
        Field(description=f"Send it as `after` to go on: one request acts on {MAX_AT_ONCE} findings at most"),
    ]
    until: Annotated[RowId | None, Field(description="On a dry run: the highest id of a finding counted")] = None
    seen_until: Annotated[
        datetime | None, Field(description="On a dry run: the latest detection of the findings counted")
    ] = None
    dry_run: bool


class TimelineEntry(BaseModel):
    """An entry of a finding's history."""

    by: Annotated[Literal["engine", "ai", "person"], Field(description="Who did it")]
    kind: Annotated[
        Literal["raised", "reopened", "late_detections", "explained", "status", "assign", "note", "label"],
        Field(description="`reopened` and `late_detections` follow from the events and the last closing"),
    ]
    at: Annotated[datetime | None, Field(description="When; for `reopened` the event time of the latest detection")]
    actor: Annotated[str | None, Field(description="The person, or what wrote the explanation")] = None
    value: Annotated[str | None, Field(description="As in the action; of `late_detections` their number")] = None
    reason: str | None = None


class FindingTimeline(BaseModel):
    """The history of a finding: engine, AI and people."""

    finding_id: int
    triage_version: Annotated[int, Field(description="The value for `If-Match`")]
    items: Annotated[list[TimelineEntry], Field(description="Oldest first; the newest 500 actions")]
    total_actions: Annotated[int, Field(description="Actions of people, all of them")]
