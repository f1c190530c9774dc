"""Response models of behaviour profiles."""

from datetime import date as calendar_date
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field

from mcm_shared.contracts.findings import Severity


class ProfileState(StrEnum):
    """Whether days of a user are scored."""

    KNOWN = "known"
    LEARNING = "learning"
    WITHHELD = "withheld"


class UsualValue(BaseModel):
    """A value of a feature, and the days of the period that have it."""

    value: Annotated[str, Field(examples=["DE"])]
    days: Annotated[int, Field(description="Days of the period with the value")]
    first_day: calendar_date
    last_day: calendar_date
    new: Annotated[
        bool,
        Field(description="First seen in the last 7 days of the period; the user was active before them"),
    ]


class UsualValues(BaseModel):
    """The values of a feature."""

    feature: Annotated[str, Field(examples=["country"])]
    distinct: Annotated[int, Field(description="Distinct values of the period")]
    values: Annotated[list[UsualValue], Field(description="The new ones first, then those of most days; at most 50")]


class UsualHour(BaseModel):
    """Days of the period on which the user was active in an hour of the week, in UTC."""

    weekday: Annotated[int, Field(ge=0, le=6, description="0 is Monday")]
    hour: Annotated[int, Field(ge=0, le=23)]
    days: int


class ScoredDay(BaseModel):
    """The scores of a day, in thousandths of a bit; null while the user is learning."""

    date: calendar_date
    events: int
    failures: int
    login: int | None
    activity: int | None
    volume: int | None
    unusual: Annotated[list[str], Field(description="The scores that reach their threshold", examples=[["login"]])]


class ValueCounts(BaseModel):
    """The counts behind the score of a value: days with the value, among days with values of the feature."""

    value: str
    user_count: Annotated[int, Field(description="Of the user, in the 60 days before the day")]
    user_total: int
    everyone_count: Annotated[int, Field(description="Of everyone, in the eight whole weeks before the day's week")]
    everyone_total: int
    everyone_values: Annotated[int, Field(description="Distinct values that everyone has shown")]
    score: Annotated[int, Field(description="Thousandths of a bit")]


class FeatureCounts(BaseModel):
    """The values of a feature on a day, the most unusual first."""

    feature: str
    score: Annotated[int, Field(description="Thousandths of a bit")]
    values: list[ValueCounts]


class VolumeCounts(BaseModel):
    """The counts behind the score of a day's events or failures."""

    name: Annotated[str, Field(examples=["events"])]
    count: int
    days_with_as_many: int
    active_days: int
    most: int
    score: Annotated[int, Field(description="Thousandths of a bit")]


class ExplainedDay(BaseModel):
    """Every count that the scores of a day are computed from."""

    date: calendar_date
    history_since: Annotated[calendar_date, Field(description="First of the 60 days that the user's counts are of")]
    weeks_since: Annotated[calendar_date, Field(description="First day of the weeks that everyone's counts are of")]
    weeks_until: Annotated[calendar_date, Field(description="The day after these weeks")]
    login: int
    activity: int
    volume: int
    features: Annotated[list[FeatureCounts], Field(description="The weightiest first")]
    volumes: Annotated[list[VolumeCounts], Field(description="The weightiest first")]


class RiskDay(BaseModel):
    """The risk at the end of a day, in thousandths of a point."""

    date: calendar_date
    risk: int


class RiskPart(BaseModel):
    """What adds to the risk: the findings of a rule first seen on a day, or an unusual day."""

    date: calendar_date
    rule_name: Annotated[str | None, Field(description="The rule of the findings; null for an unusual day")]
    title: str
    severity: Severity | None
    count: Annotated[int, Field(description="Findings; 1 for an unusual day")]
    points: Annotated[int, Field(description="Thousandths of a point on the day itself")]
    remaining: Annotated[int, Field(description="Thousandths of a point that are left at the end of the period")]


class Risk(BaseModel):
    """The risk of a user: points of standing findings and of unusual days, each of which loses a tenth every day."""

    risk: Annotated[int, Field(description="Thousandths of a point at the end of the period: the sum of `remaining`")]
    days: Annotated[list[RiskDay], Field(description="The 30 days up to the end of the period")]
    parts: Annotated[list[RiskPart], Field(description="What adds to it, the most first; at most 20")]
    more: Annotated[int, Field(description="Parts beyond those listed")]
    more_remaining: Annotated[int, Field(description="What the parts beyond those listed add")]


class BehaviourProfile(BaseModel):
    """The behaviour profile of a user, over the 60 days up to the last active one."""

    user: Annotated[str, Field(examples=["mona@example.com"])]
    state: ProfileState
    withheld: Annotated[str | None, Field(description="Why the profile is not shown")]
    since: Annotated[calendar_date | None, Field(description="First day of the period")]
    until: Annotated[calendar_date | None, Field(description="Last day of the period: the user's last active day")]
    active_days: Annotated[int, Field(description="Active days of the period")]
    events: Annotated[int, Field(description="Events of the period")]
    needed_days: Annotated[int, Field(description="Active days from which on days are scored")]
    needed_events: Annotated[int, Field(description="Events from which on days are scored")]
    hours: Annotated[list[UsualHour], Field(description="Hours without any are left out")]
    features: list[UsualValues]
    thresholds: Annotated[
        dict[str, int],
        Field(description="Thresholds of the scores in thousandths of a bit", examples=[{"login": 6000}]),
    ]
    scores: Annotated[list[ScoredDay], Field(description="The active days of the period")]
    explained: Annotated[ExplainedDay | None, Field(description="The day asked for, or the last unusual or scored day")]
    risk: Risk
