"""Which findings are asked for, in which order, and which part of them."""

from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from mcm_api.findings.cursor import Cursor
from mcm_api.http.parameters import Day, Instant, RuleName, SourceName, UserName
from mcm_shared.contracts.findings import Severity

MAX_PAGE_SIZE: Final = 100


class SortKey(StrEnum):
    """What a list of findings is ordered by; ties go by id."""

    FIRST_SEEN = "first_seen"
    LAST_SEEN = "last_seen"
    RISK_SCORE = "risk_score"
    SEVERITY = "severity"
    DETECTION_COUNT = "detection_count"


class FindingFilter(BaseModel):
    """Which findings are asked for."""

    model_config = ConfigDict(frozen=True)

    severity: Annotated[
        list[Severity] | None, Field(max_length=20, description="Only these; give it once for each severity")
    ] = None
    user: Annotated[UserName | None, Field(description="The finding's user, exactly")] = None
    rule: Annotated[
        list[RuleName] | None, Field(max_length=100, description="Only of these rules, by name; give it once for each")
    ] = None
    source: Annotated[
        list[SourceName] | None, Field(max_length=100, description="Only of these sources; give it once for each")
    ] = None
    risk_min: Annotated[int | None, Field(ge=0, le=100, description="With this risk score or a higher one")] = None
    enriched: Annotated[bool | None, Field(description="With a risk score, or without one")] = None
    q: Annotated[
        str | None,
        Field(min_length=1, max_length=200, description="This text in title, description, rule or user, in any case"),
    ] = None
    from_date: Annotated[Day | None, Field(description="First seen on this day (UTC) or later")] = None
    to_date: Annotated[Day | None, Field(description="First seen on this day (UTC) or earlier")] = None
    from_timestamp: Annotated[
        Instant | None, Field(description="First seen at this time or later (ISO 8601 with a zone)")
    ] = None
    to_timestamp: Annotated[Instant | None, Field(description="First seen before this time (ISO 8601 with a zone)")] = (
        None
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for start, end in (("from_date", "to_date"), ("from_timestamp", "to_timestamp")):
            begins, ends = getattr(self, start), getattr(self, end)
            if begins and ends and begins > ends:
                raise ValueError(f"{start} lies after {end}")
        return self


class FindingQuery(FindingFilter):
    """Which findings are asked for, and how they are to come."""

    page: Annotated[int, Field(ge=1, le=2**31, description="From 1; beyond the last page there are no items")] = 1
    page_size: Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE, description="Findings on a page")] = 20
    sort: Annotated[SortKey, Field(description="What they are ordered by; ties go by id")] = SortKey.FIRST_SEEN
    order: Annotated[Literal["asc", "desc"], Field(description="The highest first, or the lowest")] = "desc"
    before: Annotated[
        str | None,
        Field(max_length=200, description="Where the page before ended: its `next`; then without `page`"),
        AfterValidator(lambda before: None if before is None else _readable(before)),
    ] = None
    format: Annotated[
        Literal["json", "csv", "ndjson"],
        Field(description="csv and ndjson: a file of all that match, without pages"),
    ] = "json"

    @model_validator(mode="after")
    def _one_way_to_page(self) -> Self:
        if self.before is None:
            return self
        if self.page != 1:
            raise ValueError("give either page or before, not both")
        cursor = Cursor.decode(self.before)
        if (cursor.sort, cursor.order) != (self.sort, self.order):
            raise ValueError("before comes from a list that was ordered otherwise; keep sort and order as they were")
        return self


def _readable(before: str) -> str:
    Cursor.decode(before)
    return before
