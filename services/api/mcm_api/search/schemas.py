"""Response models of the search."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from mcm_shared.contracts.events import MAX_TEXT
from mcm_shared.contracts.findings import Severity

MAX_RESULTS: Final = 20
"""Results of each kind that a search returns at most."""

SearchText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT)]
"""A part of a name or a text, in any case, or an id."""


class FoundFinding(BaseModel):
    """A finding with the text, or with the id."""

    id: int
    uid: UUID
    title: Annotated[str, Field(examples=["Repeated failed logins"])]
    description: str
    user: str | None
    severity: Severity
    risk_score: int | None
    first_seen: datetime
    withdrawn: Annotated[bool, Field(description="Later evidence says otherwise; found by its id only")]


class FoundUser(BaseModel):
    """A user whose name has the text."""

    user: Annotated[str, Field(examples=["mona@example.com"])]
    events: int
    findings: int
    severity: Annotated[Severity | None, Field(description="Highest severity of the findings")]


class FoundRule(BaseModel):
    """A rule with the text in its title, name, tags or description, or with the id."""

    rule_id: UUID
    rule_name: Annotated[str, Field(examples=["login_failures"])]
    title: Annotated[str, Field(examples=["Repeated failed logins"])]
    level: Severity
    active: Annotated[bool, Field(description="Part of the newest load of rules by an engine")]


class FoundEvent(BaseModel):
    """An event with the id: its `id`, its `event_uid` or the id that its source gave it."""

    id: int
    event_uid: UUID
    source: Annotated[str, Field(examples=["github.audit"])]
    source_event_id: str
    event_type: str
    user: str | None
    timestamp: datetime


class SearchResponse(BaseModel):
    """Results of a search by kind; a kind whose scope the identity lacks is empty."""

    findings: Annotated[list[FoundFinding], Field(description="The highest risk score first")]
    users: Annotated[list[FoundUser], Field(description="The highest risk score first; needs `activity:read`")]
    rules: Annotated[list[FoundRule], Field(description="Matches of title and name first; needs `rules:read`")]
    events: Annotated[list[FoundEvent], Field(description="The newest first; needs `events:read`")]
