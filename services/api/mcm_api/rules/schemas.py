"""Response models of rules."""

from datetime import date as calendar_date
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from mcm_shared.contracts.findings import Severity


class Control(BaseModel):
    """A control of a framework that a rule maps to."""

    framework: Annotated[str, Field(examples=["SOC 2"])]
    control: Annotated[str, Field(examples=["CC6.1"])]


class DayFindings(BaseModel):
    """Findings first seen on one day in UTC."""

    date: calendar_date
    count: int


class RuleResponse(BaseModel):
    """A rule of the catalogue, and its results."""

    rule_id: UUID
    rule_name: Annotated[str, Field(examples=["login_failures"])]
    title: Annotated[str, Field(examples=["Repeated failed logins"])]
    description: Annotated[str, Field(examples=["{count} failed logins by {user} within {timespan}."])]
    level: Annotated[Severity, Field(description="The severity of a single detection")]
    helper: Annotated[
        bool, Field(description="Level informational: its detections feed other rules, and it raises no findings")
    ]
    status: Annotated[str, Field(examples=["stable"])]
    family: Annotated[str, Field(description="The folder of its file, else its log source", examples=["auth"])]
    pack: Annotated[str | None, Field(description="The pack it comes from; null: unknown", examples=["built-in"])]
    active: Annotated[bool, Field(description="Part of the newest load of rules by an engine")]
    tags: Annotated[list[str], Field(examples=[["soc2.cc6.1", "attack.t1110"]])]
    controls: list[Control]
    findings: Annotated[int, Field(description="Findings of its own")]
    detections: Annotated[int, Field(description="Detections in its findings")]
    last_hit: Annotated[datetime | None, Field(description="Event time of its latest detection, UTC")]
    hits_per_day: Annotated[
        list[DayFindings],
        Field(description="Findings by the day they were first seen, 30 days up to the latest finding of any rule"),
    ]


class RuleTestResponse(BaseModel):
    """A test inside the rule."""

    name: Annotated[str, Field(examples=["five in ten minutes"])]
    events: Annotated[int, Field(description="Events of the test")]
    fires: Annotated[bool, Field(description="Whether the rule must raise a finding")]
    expect: Annotated[list[dict[str, Any]], Field(description="The findings it must raise, as far as the test says")]


class ResultCounts(BaseModel):
    """Results of a rule that is recomputed; joined rules have none."""

    pending: Annotated[int, Field(description="Waiting for their source to be complete")]
    standing: int
    withdrawn: Annotated[int, Field(description="Taken back by later evidence")]


class LearningUsers(BaseModel):
    """Users whose days are scored, and those who are still learning, of the users active in the last 60 days."""

    learning: Annotated[int, Field(description="Fewer than `needed_days` active days or `needed_events` events")]
    known: int
    needed_days: int
    needed_events: int


class RuleDetails(RuleResponse):
    """A rule of the catalogue in full."""

    yaml: Annotated[str, Field(description="Its source")]
    runbook: Annotated[str, Field(description="How to respond to its findings")]
    falsepositives: Annotated[list[str], Field(description="Known false positives")]
    summary: Annotated[list[str], Field(description="What it detects, in plain English")]
    tests: list[RuleTestResponse]
    results: ResultCounts
    users: Annotated[
        LearningUsers | None,
        Field(description="For rules of unusual behaviour; null for others and for identities restricted to sources"),
    ]
    rule_version: Annotated[str, Field(description="Hash of its definition")]
    loaded_at: Annotated[datetime | None, Field(description="When the engine last loaded it, UTC")]
