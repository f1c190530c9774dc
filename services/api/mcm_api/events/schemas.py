"""Request and response models of events."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from mcm_api.events.cursor import EventCursor
from mcm_api.http.cursor import valid_cursor
from mcm_api.resources.counts import ValueCount
from mcm_api.resources.findings import FindingResponse
from mcm_rules_engine import ConditionNode
from mcm_shared.contracts.facts import MAX_FACT, Fact, parse_fact
from mcm_shared.contracts.findings import Severity
from mcm_shared.contracts.parameters import EventType, Instant, SourceName, UserName

MAX_PAGE: Final = 500
MAX_OFFSET: Final = 10_000
MAX_INTAKE: Final = 1000


def _near(offset: int) -> int:
    if offset > MAX_OFFSET:
        raise ValueError(
            f"must be at most {MAX_OFFSET}; to read further back, follow the Link header of a page (`before`)"
        )
    return offset


def _readable(text: str) -> str:
    parse_fact(text)
    return text


class FactFilter(BaseModel):
    """Facts that an event must have."""

    model_config = ConfigDict(frozen=True)

    fact: Annotated[
        list[Annotated[str, Field(max_length=MAX_FACT), AfterValidator(_readable)]] | None,
        Field(
            max_length=10,
            description="key:value, of raw_data or attributes; nested keys with dots, letter case aside, numbers by "
            "value. Repeat it for facts that must all hold",
            examples=[["environment:production"]],
        ),
    ] = None

    @property
    def facts(self) -> list[Fact]:
        """The facts in the form in which they are compared."""
        return [parse_fact(text) for text in self.fact or []]


class EventFilter(FactFilter):
    """Filter and page of a list of events."""

    user: Annotated[UserName | None, Field(description="The event's user, exactly")] = None
    event_type: Annotated[
        list[EventType] | None,
        Field(max_length=100, description="Like login_failed; give it once for each", examples=[["login_failed"]]),
    ] = None
    source: Annotated[
        list[SourceName] | None,
        Field(max_length=100, description="Only of these sources; give it once for each", examples=[["github.audit"]]),
    ] = None
    from_timestamp: Annotated[
        Instant | None, Field(description="Not before this time (inclusive; ISO 8601, in UTC without an offset)")
    ] = None
    to_timestamp: Annotated[
        Instant | None, Field(description="Not after this time (inclusive; ISO 8601, in UTC without an offset)")
    ] = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE, description="Events per page")] = 50
    offset: Annotated[
        int,
        Field(ge=0, description=f"Events to skip, at most {MAX_OFFSET}; further back with `before`"),
        AfterValidator(_near),
    ] = 0
    before: Annotated[
        str | None,
        Field(max_length=100, description="The cursor in the Link header of the page before; replaces `offset`"),
        valid_cursor(EventCursor),
    ] = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.from_timestamp and self.to_timestamp and self.from_timestamp > self.to_timestamp:
            raise ValueError("from_timestamp lies after to_timestamp")
        if self.before is not None and self.offset:
            raise ValueError("give either offset or before, not both")
        return self


class EventResponse(BaseModel):
    """An event as it was stored."""

    id: Annotated[int, Field(examples=[4711])]
    event_uid: Annotated[UUID, Field(description="Deterministic: the same for every delivery of the event")]
    source: Annotated[str, Field(examples=["github.audit"])]
    source_event_id: Annotated[str, Field(description="ID assigned by the source", examples=["evt-1"])]
    event_type: Annotated[str, Field(examples=["login_failed"])]
    user: Annotated[str | None, Field(examples=["mona@example.com"])]
    timestamp: Annotated[datetime, Field(description="When it happened, in UTC", examples=["2026-11-20T12:00:00Z"])]
    raw_data: Annotated[
        dict[str, Any] | None,
        Field(
            description="The payload, untouched; null without the scope raw_data:read",
            examples=[{"ip": "192.0.2.7", "reason": "bad_password"}],
        ),
    ]
    attributes: Annotated[
        dict[str, Any] | None,
        Field(description="Normalised facts of a source's own payload; null: raw_data holds the facts itself"),
    ]
    processed: Annotated[bool, Field(description="Whether the rules were run on it")]


class Accepted(BaseModel):
    """Result of a push: all events are in Kafka and can be read a moment later."""

    accepted: Annotated[int, Field(examples=[1])]
    ids: Annotated[list[str], Field(description="In the order they came, with ours where none was given")]
    event_uids: Annotated[list[UUID], Field(description="As `event_uid` of GET /events will say")]


class MatchedRule(BaseModel):
    """A single-event rule that matches an event, by the active rules."""

    rule_id: UUID
    rule_name: Annotated[str, Field(examples=["role_escalated_to_admin"])]
    title: str
    level: Annotated[Severity, Field(description="The severity it has at this event")]


class ConditionPart(BaseModel):
    """A part of a rule's condition, and whether an event meets it."""

    kind: Annotated[
        Literal["all", "any", "not", "selection", "field", "keywords"],
        Field(
            description="`all`, `any` and `not` join `children`; `selection` is a named one; the others test the event"
        ),
    ]
    holds: bool
    name: Annotated[str, Field(description="Of a selection its name, of a field its path, else empty")]
    modifiers: Annotated[list[str], Field(examples=[["contains"]])]
    expected: Annotated[list[str], Field(description="Values in the rule, at most 20")]
    actual: Annotated[
        list[str] | None, Field(description="Values in the event, at most 20; null without the scope `raw_data:read`")
    ]
    children: list["ConditionPart"]

    @classmethod
    def of(cls, node: ConditionNode) -> Self:
        """Makes it of the engine's explanation."""
        return cls(
            kind=node.kind,
            holds=node.holds,
            name=node.name,
            modifiers=list(node.modifiers),
            expected=list(node.expected),
            actual=list(node.actual),
            children=[cls.of(child) for child in node.children],
        )

    def without_values(self) -> Self:
        """Returns it without the values, for readers without the scope of raw data."""
        children = [child.without_values() for child in self.children]
        return self.model_copy(update={"actual": None, "children": children})


class ExplainedRule(BaseModel):
    """Why a single-event rule matched an event."""

    rule_name: Annotated[str, Field(examples=["bucket_made_public"])]
    title: str
    condition: ConditionPart


class EventDetails(EventResponse):
    """An event, with the rules it matches and its findings."""

    ingested_at: Annotated[datetime, Field(description="When it was stored, UTC")]
    matched_rules: Annotated[list[MatchedRule], Field(description="Also those that raise no finding by themselves")]
    findings: Annotated[
        list[FindingResponse],
        Field(description="Those that name it: as their earliest or latest event, or in what completed it"),
    ]


class EventPage(BaseModel):
    """Events that contributed to a finding, the oldest first."""

    items: list[EventResponse]
    total: Annotated[int, Field(description="Events that the finding names")]


class Interval(StrEnum):
    """Width of the steps of a histogram."""

    AUTO = "auto"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


class PeriodFilter(FactFilter):
    """Period and facts that are requested."""

    from_timestamp: Annotated[
        Instant | None,
        Field(
            description="From the step this time lies in (ISO 8601, in UTC without an offset); none: the first event"
        ),
    ] = None
    to_timestamp: Annotated[
        Instant | None,
        Field(description="Before this time (ISO 8601, in UTC without an offset); none: after the last event"),
    ] = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.from_timestamp and self.to_timestamp and self.from_timestamp > self.to_timestamp:
            raise ValueError("from_timestamp lies after to_timestamp")
        return self


class HistogramFilter(PeriodFilter):
    """Filter of the events counted, and the width of the steps."""

    interval: Annotated[Interval, Field(description="auto: by how long the time is")] = Interval.AUTO
    user: Annotated[UserName | None, Field(description="The event's user, exactly")] = None
    event_type: Annotated[list[EventType] | None, Field(max_length=100, description="Only of these types")] = None
    source: Annotated[list[SourceName] | None, Field(max_length=100, description="Only of these sources")] = None


class PartialCount(BaseModel):
    """Extent of a count."""

    counted_from: Annotated[
        datetime | None,
        Field(description="Only events after this time are counted, since very many match; null: all are"),
    ] = None


class HistogramBucket(BaseModel):
    """Events of one step."""

    start: datetime
    count: int


class Histogram(PartialCount):
    """Events by step of their own time, steps without any included."""

    model_config = ConfigDict(populate_by_name=True)

    interval: Annotated[Interval, Field(description="The one chosen, never auto")]
    from_: Annotated[datetime | None, Field(alias="from", description="The start of the first step; null: no events")]
    to: Annotated[datetime | None, Field(description="The end of the last step; null: no events")]
    buckets: list[HistogramBucket]


class EventFacets(PartialCount):
    """Events by type and by source, the most first."""

    event_type: list[ValueCount]
    source: list[ValueCount]
