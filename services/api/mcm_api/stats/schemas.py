"""Response models of statistics."""

from datetime import date as calendar_date
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mcm_api.resources.counts import SeverityCounts
from mcm_shared.contracts.findings import Severity
from mcm_shared.contracts.parameters import Instant


class StepCount(BaseModel):
    """Events of one step of time, by their own time."""

    date: Annotated[
        calendar_date | datetime,
        Field(description="The day in UTC; with interval=hour the hour's start", union_mode="left_to_right"),
    ]
    count: int


class Summary(BaseModel):
    """The figures of the overview."""

    total_events: Annotated[int, Field(description="All events, whatever their day, or those of the time asked for")]
    total_findings: Annotated[int, Field(description="Findings that stand and that no exception suppresses")]
    withdrawn_findings: Annotated[int, Field(description="Findings that later evidence withdrew, in no other count")]
    suppressed_findings: Annotated[
        int, Field(description="Standing findings that an active exception suppresses, in no other count")
    ]
    findings_by_severity: SeverityCounts
    events_over_time: Annotated[
        list[StepCount],
        Field(description="From the first step with events to the last, steps without any included; at most 3,660"),
    ]


class Step(StrEnum):
    """Width of the steps of events over time."""

    DAY = "day"
    HOUR = "hour"


class Period(BaseModel):
    """The requested period."""

    model_config = ConfigDict(frozen=True)

    from_: Annotated[
        Instant | None,
        Field(alias="from", description="From this time (ISO 8601, in UTC without an offset); none: from the start"),
    ] = None
    to: Annotated[
        Instant | None, Field(description="Before this time (ISO 8601, in UTC without an offset); none: to the end")
    ] = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.from_ and self.to and self.from_ > self.to:
            raise ValueError("from lies after to")
        return self


class SummaryFilter(Period):
    """Period, and the width of its steps; steps that lie in it only in part are counted whole."""

    interval: Annotated[Step, Field(description="Interval of events_over_time")] = Step.DAY


class TimelineInterval(StrEnum):
    """Width of the steps of a timeline."""

    AUTO = "auto"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


class TimelineFilter(Period):
    """The period of a timeline, and the width of its steps."""

    interval: Annotated[TimelineInterval, Field(description="auto: by the length of the period")] = (
        TimelineInterval.AUTO
    )


class TimelineStep(BaseModel):
    """Counts of one step, by their own time."""

    start: Annotated[datetime, Field(description="Start of the step; the first step may begin before the period")]
    events: int
    findings: Annotated[int, Field(description="Findings first seen in the step")]


class Timeline(BaseModel):
    """Events and findings over time, steps without any included; only what lies in the period is counted."""

    model_config = ConfigDict(populate_by_name=True)

    interval: Annotated[TimelineInterval, Field(description="The chosen width, never auto")]
    from_: Annotated[datetime | None, Field(alias="from", description="Start of the period; null: no data")]
    to: Annotated[datetime | None, Field(description="End of the period, exclusive; null: no data")]
    steps: Annotated[list[TimelineStep], Field(description="At most 3,660, the latest ones")]


class TopRule(BaseModel):
    """A rule with findings."""

    rule_name: Annotated[str, Field(examples=["login_failures"])]
    title: str
    severity: Annotated[Severity, Field(description="Highest severity of its findings")]
    findings: int
    risk_score: Annotated[int | None, Field(description="Highest risk score of its findings")]


class TopUser(BaseModel):
    """A user with findings."""

    user: Annotated[str, Field(examples=["mona@example.com"])]
    findings: int
    risk_score: Annotated[int | None, Field(description="Highest risk score of the findings")]
    severity: Annotated[Severity, Field(description="Highest severity of the findings")]


class Overview(BaseModel):
    """Rules and users with findings, by risk score, then by number of findings."""

    unenriched: Annotated[int, Field(description="Findings without a risk score")]
    events_per_second: Annotated[
        float, Field(description="Events stored per second, averaged over the last half minute")
    ]
    top_rules: Annotated[list[TopRule], Field(description="8 at most")]
    top_users: Annotated[list[TopUser], Field(description="8 at most")]
    position: Annotated[
        str | None, Field(description="Where the live stream stood before this was read; null without Kafka")
    ]


class SeverityTriage(BaseModel):
    """The triage of findings of one severity."""

    severity: Severity
    target_s: Annotated[int, Field(description="Seconds in which a finding is to be closed")]
    open: Annotated[
        int, Field(description="Standing findings that are open, acknowledged, investigated or reopened", examples=[3])
    ]
    overdue: Annotated[int, Field(description="Those of them that have been so for longer than the target")]
    acknowledged: Annotated[int, Field(description="Findings first acted on in the last 90 days")]
    time_to_acknowledge_s: Annotated[
        int | None, Field(description="Median seconds from raising to the first status other than open; null: none")
    ]
    resolved: Annotated[int, Field(description="Findings closed in the last 90 days that are still closed")]
    time_to_resolve_s: Annotated[
        int | None, Field(description="Median seconds from raising to the last closing; null: none")
    ]


class TriageFigures(BaseModel):
    """The figures of triage; withdrawn findings are in none of them."""

    as_of: Annotated[datetime, Field(description="The minute that findings are overdue at")]
    by_severity: Annotated[list[SeverityTriage], Field(description="Critical first")]


class SourceCounts(BaseModel):
    """Explained findings by explainer."""

    openai: int = 0
    cache: int = 0
    heuristic: int = 0
    fallback: Annotated[int, Field(description="By the heuristic in place of the model; retried later")] = 0


class AuthorCount(BaseModel):
    """Explanations by one prompt version and model."""

    model_config = ConfigDict(from_attributes=True)

    prompt_version: Annotated[str, Field(description="Empty for the heuristic", examples=["2"])]
    model: Annotated[str, Field(description="Empty for the heuristic", examples=["gpt-5.4-mini"])]
    findings: Annotated[int, Field(description="Findings whose explanation it wrote")] = 0
    helpful: int = 0
    wrong: int = 0


class AiUsage(BaseModel):
    """Model usage of one day in UTC."""

    model_config = ConfigDict(from_attributes=True)

    date: Annotated[calendar_date, Field(validation_alias="day")]
    requests: int
    tokens: int


class AiFigures(BaseModel):
    """Statistics of explanations and of model usage."""

    explained_by: SourceCounts
    authors: list[AuthorCount]
    usage: Annotated[list[AiUsage], Field(description="The last 30 days with requests, the newest first")]
    tokens_today: Annotated[int, Field(description="Tokens used today (UTC)")]
    tokens_per_day: Annotated[int | None, Field(description="Daily token budget; null: none")]
