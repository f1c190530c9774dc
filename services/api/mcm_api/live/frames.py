"""The frames of the stream, each written once for everyone it goes to."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import structlog
from fastapi.sse import format_sse_event
from pydantic import ValidationError

from mcm_api.resources.finding_filter import CONDITIONS
from mcm_shared.contracts.findings import FindingMessage, Severity
from mcm_shared.kafka.records import Record
from mcm_shared.kafka.tail import Place

log = structlog.get_logger()

_END_OF_FRAME: Final = b"\n\n"


@dataclass(frozen=True, slots=True)
class FindingFrame:
    """A finding as it travelled: where its record stands, what filters look at, and its lines without the id."""

    place: Place
    offset: int
    severity: Severity
    user: str | None
    rule_name: str
    lines: bytes

    def at(self, position: str) -> bytes:
        """Writes the whole frame; ``position`` is the one after it."""
        return self.lines + f"id: {position}\n\n".encode()


@dataclass(frozen=True, slots=True)
class FrameFilter:
    """The filter of a subscriber, of findings with one of these severities, users and rules; empty: any."""

    severity: Collection[Severity] = field(default_factory=frozenset)
    user: Collection[str] = field(default_factory=frozenset)
    rule: Collection[str] = field(default_factory=frozenset)

    @property
    def takes_all(self) -> bool:
        """Whether it matches every finding."""
        return not (self.severity or self.user or self.rule)

    def takes(self, frame: FindingFrame) -> bool:
        """Tells whether a finding matches."""
        return (
            (not self.severity or CONDITIONS["severity"](frame, self.severity))
            and (not self.rule or CONDITIONS["rule"](frame, self.rule))
            and (not self.user or any(CONDITIONS["user"](frame, user) for user in self.user))
        )


def finding_frame(record: Record) -> FindingFrame | None:
    """Makes the frame of a record; None for one that holds no finding, since other programs may write to a topic."""
    try:
        finding = FindingMessage.model_validate_json(record.value or b"")
    except ValidationError as error:
        place = f"{record.topic}/{record.partition}/{record.offset}"
        log.warning("a record holds no finding and is not shown live", place=place, reason=str(error).splitlines()[0])
        return None
    return FindingFrame(
        place=(record.topic, record.partition),
        offset=record.offset,
        severity=finding.severity,
        user=finding.user,
        rule_name=finding.rule_name,
        lines=format_sse_event(event="finding", data_str=finding.model_dump_json()).removesuffix(b"\n"),
    )


def other_frame(event: str, data: Any, position: str | None) -> bytes:
    """Writes a frame that is no finding: a summary, a heartbeat, a resync."""
    return format_sse_event(event=event, data_str=orjson.dumps(data).decode(), id=position)
