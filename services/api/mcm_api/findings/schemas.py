"""Request and response models of findings."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from mcm_api.resources.counts import ValueCount
from mcm_api.resources.findings import FindingResponse
from mcm_enricher import Verdict
from mcm_shared.contracts.finding_filter import FindingStanding

MAX_ENRICHED_AT_ONCE: Final = 500
MAX_COMMENT: Final = 2000


def _without_nul(text: str | None) -> str | None:
    if text is not None and "\x00" in text:
        raise ValueError("holds a NUL character")
    return text


class GivenFeedback(BaseModel):
    """Feedback on a finding's explanation."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    verdict: Annotated[Verdict, Field(examples=["helpful"])]
    comment: Annotated[
        str | None,
        Field(max_length=MAX_COMMENT, examples=["The address is our office's"]),
        AfterValidator(_without_nul),
    ] = None


class FindingChange(BaseModel):
    """A change of a finding between standing and withdrawn, and the event that decided."""

    state: FindingStanding
    version: Annotated[int, Field(description="The finding's version from then on")]
    event_uid: UUID
    event_id: Annotated[int | None, Field(description="The event's `id`; null where it is not stored")]
    event_type: str | None
    event_at: datetime
    recorded_at: datetime


class FindingPage(BaseModel):
    """A page of findings, in the requested order."""

    items: list[FindingResponse]
    total: Annotated[int, Field(description="Findings that match, on all pages", examples=[1])]
    page: Annotated[int, Field(description="1 when the page was asked for by `before`", examples=[1])]
    page_size: Annotated[int, Field(examples=[20])]
    next: Annotated[str | None, Field(description="Cursor of the next page, for `before`; null on the last page")]
    position: Annotated[
        str | None,
        Field(description="Where the live stream stood before the page was read; null without Kafka: /stream?after="),
    ]


class RuleCount(ValueCount):
    """A rule by its name, with the number of its findings."""

    title: str


class FindingFacets(BaseModel):
    """Number of findings by value, by every filter but its own, most frequent first."""

    severity: Annotated[list[ValueCount], Field(description="Highest severity first")]
    status: Annotated[list[ValueCount], Field(description="Every status, in the order of the work")]
    rule: list[RuleCount]
    source: list[ValueCount]
    user: Annotated[list[ValueCount], Field(description="The 20 users with most findings")]
    assignee: Annotated[list[ValueCount], Field(description="With `unassigned`")]
    label: list[ValueCount]
    state: Annotated[list[ValueCount], Field(description="`standing` and `withdrawn`: together all findings")]
    suppressed: Annotated[list[ValueCount], Field(description="`false` and `true`: suppressed by an active exception")]
    enriched: Annotated[list[ValueCount], Field(description="`true` and `false`")]
