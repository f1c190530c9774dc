"""Triage: the statuses of findings, people's actions on them, and the state that the actions add up to."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, StringConstraints

from mcm_shared.contracts.findings import FindingMessage


class Status(StrEnum):
    """Status of a finding. People choose every status but ``reopened``, which follows from events."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    INVESTIGATING = "investigating"
    REOPENED = "reopened"
    RESOLVED = "resolved"
    FALSE_POSITIVE = "false_positive"
    ACCEPTED_RISK = "accepted_risk"

    @property
    def is_closed(self) -> bool:
        """Whether the finding needs no more work."""
        return self in CLOSED


CLOSED: Final = frozenset({Status.RESOLVED, Status.FALSE_POSITIVE, Status.ACCEPTED_RISK})
"""The statuses that close a finding; each needs a reason."""


class ActionKind(StrEnum):
    """What an action changes."""

    STATUS = "status"
    ASSIGN = "assign"
    NOTE = "note"
    LABEL = "label"


UNASSIGNED: Final = "unassigned"
"""The value that filters and facets have for findings without an assignee."""

MAX_LABELS: Final = 20
"""Labels of one finding."""

LABEL_PATTERN: Final = r"^[a-z0-9][a-z0-9._:/-]{0,49}$"
"""Labels are lower case and hold nothing that JSON or SQL would escape: the database searches them as text."""

Label = Annotated[str, StringConstraints(pattern=LABEL_PATTERN)]
"""A label of findings."""

_LABEL: Final = re.compile(LABEL_PATTERN, re.ASCII)


def is_label(text: str) -> bool:
    """Returns whether a text can be a label."""
    return _LABEL.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class FindingAction:
    """A person's action on a finding.

    ``seen_until`` and ``seen_detections``: the latest event time and the number of detections that the person had
    seen when closing the finding; None for other actions.
    """

    kind: ActionKind
    value: str | None
    reason: str | None = None
    seen_until: datetime | None = None
    seen_detections: int | None = None


@dataclass(frozen=True, slots=True)
class TriageState:
    """The state that the actions on a finding add up to, in the columns of findings that people write."""

    chosen_status: str = Status.OPEN.value
    status_reason: str | None = None
    seen_until: datetime | None = None
    seen_detections: int | None = None
    assignee: str | None = None
    labels: tuple[str, ...] = ()
    notes: str | None = None
    triage_version: int = 0

    def after(self, action: FindingAction) -> "TriageState":
        """Applies the next action."""
        changed = replace(self, triage_version=self.triage_version + 1)
        match action.kind:
            case ActionKind.STATUS:
                return replace(
                    changed,
                    chosen_status=action.value or Status.OPEN.value,
                    status_reason=action.reason,
                    seen_until=action.seen_until,
                    seen_detections=action.seen_detections,
                )
            case ActionKind.ASSIGN:
                return replace(changed, assignee=action.value)
            case ActionKind.NOTE:
                return replace(changed, notes=action.value)
            case ActionKind.LABEL:
                value = action.value or ""
                label = value.removeprefix("-")
                others = {each for each in self.labels if each != label}
                return replace(changed, labels=tuple(sorted(others if value.startswith("-") else {*others, label})))


def state_after(actions: Iterable[FindingAction]) -> TriageState:
    """Folds the actions on a finding, oldest first, into its state."""
    state = TriageState()
    for action in actions:
        state = state.after(action)
    return state


def _or_empty(value: Any) -> Any:
    # the column is null for most findings, so that an index has the others
    return [] if value is None else value


class TriagedFinding(FindingMessage):
    """A finding with the state of its triage: the message on ``findings.triaged``.

    Of two messages about a finding, the one with the higher ``triage_version`` has the newer triage.
    """

    status: Annotated[
        Status,
        Field(description="`reopened`: a detection later than what was seen at the closing", examples=["open"]),
    ] = Status.OPEN
    status_reason: Annotated[str | None, Field(description="Why the status was chosen")] = None
    assignee: Annotated[str | None, Field(examples=["mona@example.com"])] = None
    labels: Annotated[
        list[str],
        BeforeValidator(_or_empty),
        Field(default_factory=list, examples=[["phishing"]], json_schema_extra={"default": []}),
    ]
    notes: Annotated[str | None, Field(description="The newest note, Markdown")] = None
    late_detections: Annotated[
        int, Field(description="Detections that arrived after the closing, of times seen before; 0 unless closed")
    ] = 0
    suppressed_by: Annotated[
        int | None,
        Field(description="The number of the exception that suppresses it now; null in topics", examples=[12]),
    ] = None
    triage_version: Annotated[int, Field(description="Rises with each action; the value for `If-Match`")] = 0
