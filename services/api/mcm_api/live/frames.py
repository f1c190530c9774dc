"""The frames of the stream, each written once for everyone it goes to."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson
from fastapi.sse import format_sse_event

from mcm_api.identity.restriction import UNRESTRICTED, Restriction
from mcm_api.resources.evidence import withhold_evidence
from mcm_shared.contracts.finding_filter import CONDITIONS
from mcm_shared.contracts.findings import Severity
from mcm_shared.contracts.triage import Status, TriagedFinding
from mcm_shared.kafka.tail import Place

_DATA: Final = re.compile(rb"(.*?^data: )([^\n]*)(.*)", re.DOTALL | re.MULTILINE)
_PARAMETERS: Final = ("severity", "rule", "status", "assignee", "label", "suppressed")


@dataclass(frozen=True, slots=True)
class FindingFrame:
    """A finding as it travelled: where its record stands, what filters look at, and its lines without the id."""

    place: Place
    offset: int
    severity: Severity
    user: str | None
    rule_name: str
    source: str | None
    first_seen: datetime
    status: Status
    assignee: str | None
    labels: Collection[str]
    suppressed_by: int | None
    lines: bytes

    def at(self, position: str) -> bytes:
        """Writes the whole frame; ``position`` is the one after it."""
        return self.lines + f"id: {position}\n\n".encode()


@dataclass(frozen=True, slots=True)
class FrameFilter:
    """The filter of a subscriber, of findings with one of these of each parameter; empty: any.

    ``restriction`` is that of the subscriber's identity.
    """

    severity: Collection[Severity] = field(default_factory=frozenset)
    user: Collection[str] = field(default_factory=frozenset)
    rule: Collection[str] = field(default_factory=frozenset)
    status: Collection[Status] = field(default_factory=frozenset)
    assignee: Collection[str] = field(default_factory=frozenset)
    label: Collection[str] = field(default_factory=frozenset)
    suppressed: Collection[bool] = field(default_factory=frozenset)
    restriction: Restriction = UNRESTRICTED

    @property
    def takes_all(self) -> bool:
        """Whether it matches every finding."""
        return not any(getattr(self, name) for name in ("user", *_PARAMETERS)) and self.restriction.is_none

    def takes(self, frame: FindingFrame) -> bool:
        """Tells whether a finding matches."""
        return (
            self.restriction.allows(frame.source, frame.first_seen)
            and all(CONDITIONS[name](frame, values) for name in _PARAMETERS if (values := getattr(self, name)))
            and (not self.user or any(CONDITIONS["user"](frame, user) for user in self.user))
        )

    def written(self, text: bytes) -> bytes:
        """Returns the text of a finding's frame as the subscriber may read it."""
        return text if self.restriction.is_none else _restricted(text, self.restriction)


def finding_frame(finding: TriagedFinding, place: Place, offset: int) -> FindingFrame:
    """Makes the frame of a finding that a record announced."""
    return FindingFrame(
        place=place,
        offset=offset,
        severity=finding.severity,
        user=finding.user,
        rule_name=finding.rule_name,
        source=finding.source,
        first_seen=finding.first_seen,
        status=finding.status,
        assignee=finding.assignee,
        labels=finding.labels,
        suppressed_by=finding.suppressed_by,
        lines=format_sse_event(event="finding", data_str=finding.model_dump_json()).removesuffix(b"\n"),
    )


def _restricted(text: bytes, restriction: Restriction) -> bytes:
    before, data, after = _DATA.fullmatch(text).groups()  # type: ignore[union-attr]  # it was written here
    finding = orjson.loads(data)
    return before + orjson.dumps(finding) + after if withhold_evidence(finding, restriction) else text


def other_frame(event: str, data: Any, position: str | None) -> bytes:
    """Writes a frame that is no finding: a summary, a heartbeat, a resync."""
    return format_sse_event(event=event, data_str=orjson.dumps(data).decode(), id=position)
