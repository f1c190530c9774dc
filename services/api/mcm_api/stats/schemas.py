"""What the stats feature gives."""

from datetime import date as calendar_date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class SeverityCounts(BaseModel):
    """Findings by severity; every severity is there."""

    low: int = 0
    medium: int = 0
    high: int = 0
    critical: int = 0


class DayCount(BaseModel):
    """Events of one day in UTC, by their own time."""

    date: calendar_date
    count: int


class Summary(BaseModel):
    """The figures of the overview."""

    total_events: Annotated[int, Field(description="All events, whatever their day")]
    total_findings: int
    findings_by_severity: SeverityCounts
    events_over_time: Annotated[
        list[DayCount],
        Field(description="From the first day with events to the last, days without any included; at most 3,660 days"),
    ]


class SourceCounts(BaseModel):
    """Explained findings by what explained them."""

    openai: int = 0
    cache: int = 0
    heuristic: int = 0
    fallback: Annotated[int, Field(description="By the heuristic in a model's place; the model is asked again")] = 0


class AuthorCount(BaseModel):
    """Explanations by one prompt version and model."""

    model_config = ConfigDict(from_attributes=True)

    prompt_version: Annotated[str, Field(description="Empty for the heuristic", examples=["2"])]
    model: Annotated[str, Field(description="Empty for the heuristic", examples=["gpt-5.4-mini"])]
    findings: Annotated[int, Field(description="Findings whose explanation it wrote")] = 0
    helpful: int = 0
    wrong: int = 0


class AiUsage(BaseModel):
    """What models were asked on one day in UTC."""

    model_config = ConfigDict(from_attributes=True)

    date: Annotated[calendar_date, Field(validation_alias="day")]
    requests: int
    tokens: int


class AiFigures(BaseModel):
    """The figures of explanations, and of asking models for them."""

    explained_by: SourceCounts
    authors: list[AuthorCount]
    usage: Annotated[list[AiUsage], Field(description="The last 30 days with requests, the newest first")]
    tokens_today: Annotated[int, Field(description="Tokens used today (UTC)")]
    tokens_per_day: Annotated[int | None, Field(description="The budget of a day; null: there is none")]
