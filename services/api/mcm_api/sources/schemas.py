"""Response models of sources."""

from datetime import date as calendar_date
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

SourceState = Literal["ok", "late", "silent", "failing", "unauthorised", "never_connected"]


class SourceDay(BaseModel):
    """Events of one day, by event time in UTC."""

    date: calendar_date
    count: int


class SourceLag(BaseModel):
    """Seconds between an event and its arrival, over the newest events."""

    p50_s: float
    p95_s: float


class SourceBackfill(BaseModel):
    """The import of what happened before the first start."""

    complete_from: Annotated[datetime | None, Field(description="Where the import began, UTC")]
    done: bool
    records: int


class DependentRule(BaseModel):
    """A rule that only this source feeds: without the source it is blind."""

    rule_id: UUID
    rule_name: Annotated[str, Field(examples=["cloudtrail_logging_stopped"])]
    title: str


class FeedingSource(BaseModel):
    """A source whose events a rule can match."""

    name: Annotated[str, Field(description="The source's `name`", examples=["okta"])]
    state: SourceState
    last_event_at: Annotated[datetime | None, Field(description="Time of its newest event, UTC")]


class BlindRule(DependentRule):
    """An active rule that cannot match now, and why."""

    reason: Annotated[str, Field(description="Why it cannot match, and what to do")]


class RuleSources(BaseModel):
    """The sources that feed a rule, and what keeps it from matching."""

    sources: list[FeedingSource]
    blind: Annotated[str | None, Field(description="Why it cannot match now, and what to do; null: it can")]
    hints: Annotated[list[str], Field(description="Fields that it reads and the newest events of its sources lack")]


class SourceResponse(BaseModel):
    """A source of events, and its health."""

    name: Annotated[str, Field(description="Name in sources.yml, else the source of its events", examples=["okta"])]
    connector: Annotated[str | None, Field(description="null: its events are pushed", examples=["okta.system"])]
    feeds: Annotated[list[str], Field(description="Sources of its events", examples=[["okta.system"]])]
    state: SourceState
    reason: Annotated[str | None, Field(description="Why the state is not ok, and what to do")]
    last_event_at: Annotated[datetime | None, Field(description="Time of the newest event, UTC")]
    last_poll_at: Annotated[datetime | None, Field(description="When the connector last read, UTC")]
    complete_until: Annotated[datetime | None, Field(description="No event up to this time is missing, UTC")]
    failing_since: datetime | None
    silent_after_s: Annotated[
        float | None, Field(description="Seconds without an event after which it is silent; null: not learned yet")
    ]
    records: Annotated[int | None, Field(description="Records sent to Kafka; null: its events are pushed")]
    refused: Annotated[int | None, Field(description="Records refused by Kafka")]
    events_per_day: Annotated[list[SourceDay], Field(description="14 days up to the newest event of any source")]
    usual_per_day: Annotated[int | None, Field(description="Median of the days before the last one")]
    backfill: SourceBackfill | None
    dependent_rules: Annotated[int, Field(description="Active rules that only this source feeds")]
    dependent_controls: Annotated[int, Field(description="Controls of those rules")]


class SourceDetails(SourceResponse):
    """A source of events in full."""

    lag: Annotated[SourceLag | None, Field(description="null: it has no events")]
    rules: Annotated[list[DependentRule], Field(description="Active rules that only this source feeds, by name")]
    controls: Annotated[list[str], Field(description="Controls of those rules", examples=[["soc2.cc6.1"]])]
