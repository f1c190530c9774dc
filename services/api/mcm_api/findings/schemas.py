"""What the findings feature takes and gives."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from mcm_api.http.counts import ValueCount
from mcm_enricher import Verdict
from mcm_shared.contracts.findings import Severity

MAX_ENRICHED_AT_ONCE: Final = 500
MAX_COMMENT: Final = 2000


def _without_nul(text: str | None) -> str | None:
    if text is not None and "\x00" in text:
        raise ValueError("holds a NUL character")
    return text


class GivenFeedback(BaseModel):
    """What somebody thinks of a finding's explanation."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    verdict: Annotated[Verdict, Field(examples=["helpful"])]
    comment: Annotated[
        str | None,
        Field(max_length=MAX_COMMENT, examples=["The address is our office's"]),
        AfterValidator(_without_nul),
    ] = None


class Feedback(BaseModel):
    """What somebody thinks of a finding's explanation, and what had written it."""

    verdict: Verdict
    comment: str | None
    source: Annotated[str, Field(description="What wrote the explanation that was judged", examples=["openai"])]
    model: Annotated[str, Field(description="The model that wrote it; empty for the heuristic")]
    prompt_version: Annotated[str, Field(description="The prompt it was asked by; empty for the heuristic")]
    given_at: Annotated[datetime, Field(description="Before `ai_enriched_at`: about an earlier explanation")]


class Finding(BaseModel):
    """What a rule raised for one group and time bucket, as it stands now."""

    id: Annotated[int, Field(examples=[17])]
    uid: Annotated[UUID, Field(description="The same however often the events are processed")]
    version: Annotated[int, Field(description="Rises with each change by the rules", examples=[3])]
    rule_id: UUID
    rule_name: Annotated[str, Field(examples=["storage_bucket_public"])]
    rule_version: Annotated[str, Field(description="Hash of the rule's definition that raised it")]
    title: Annotated[str, Field(examples=["Storage bucket made public"])]
    description: Annotated[str, Field(examples=["Bucket acme-reports was made public by mona@example.com"])]
    severity: Annotated[Severity, Field(examples=["critical"])]
    user: Annotated[str | None, Field(examples=["mona@example.com"])]
    group: Annotated[
        dict[str, Any], Field(description="What the rule groups by", examples=[{"user": "mona@example.com"}])
    ]
    first_seen: Annotated[datetime, Field(description="Time of the earliest detection's event, UTC")]
    last_seen: Annotated[datetime, Field(description="Time of the latest detection's event, UTC")]
    detection_count: Annotated[int, Field(examples=[5])]
    event_id: Annotated[int | None, Field(description="The event of the earliest detection", examples=[4711])]
    event_uid: UUID | None
    source: Annotated[
        str | None, Field(description="The source of the earliest detection's event", examples=["github.audit"])
    ]
    created_at: Annotated[datetime, Field(description="When it was first stored, UTC")]
    tags: Annotated[list[str], Field(description="Controls and techniques", examples=[["soc2.cc6.1", "attack.t1530"]])]
    extra_data: Annotated[dict[str, Any], Field(description="What the rule kept about what fired")]
    status: Annotated[str, Field(examples=["open"])]
    assignee: str | None
    notes: str | None
    risk_score: Annotated[int | None, Field(ge=0, le=100, description="0 to 100; null until enriched", examples=[92])]
    ai_explanation: Annotated[str | None, Field(description="What happened, why it matters, what to check first")]
    ai_source: Annotated[str | None, Field(description="What wrote the explanation", examples=["heuristic"])]
    ai_version: Annotated[int | None, Field(description="The version of the finding it was written for")]
    ai_data: Annotated[dict[str, Any] | None, Field(description="How the score came about")]
    ai_enriched_at: datetime | None
    feedback: Annotated[Feedback | None, Field(description="What somebody thinks of the explanation")] = None


class FindingPage(BaseModel):
    """A page of findings, in the order asked for."""

    items: list[Finding]
    total: Annotated[int, Field(description="Findings that match, on all pages", examples=[1])]
    page: Annotated[int, Field(description="1 when the page was asked for by `before`", examples=[1])]
    page_size: Annotated[int, Field(examples=[20])]
    next: Annotated[str | None, Field(description="Give it as `before` to read on; null on the last page")]
    position: Annotated[
        str | None,
        Field(description="Where the live stream stood before the page was read; null without Kafka: /stream?after="),
    ]


class RuleCount(ValueCount):
    """One rule by its name, and how many findings are its own."""

    title: str


class FindingFacets(BaseModel):
    """How many findings each value has, by every other filter but its own; the most first."""

    severity: Annotated[list[ValueCount], Field(description="The worst first")]
    rule: list[RuleCount]
    source: list[ValueCount]
    user: Annotated[list[ValueCount], Field(description="The 20 with the most")]
    enriched: Annotated[list[ValueCount], Field(description="`true` and `false`")]
