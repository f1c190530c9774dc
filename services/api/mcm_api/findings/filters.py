"""Parameters of lists of findings: filter, order and page."""

from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from mcm_api.findings.cursor import FindingCursor
from mcm_api.http.cursor import valid_cursor
from mcm_shared.contracts.finding_filter import FindingFilter

MAX_PAGE_SIZE: Final = 100


class SortKey(StrEnum):
    """What a list of findings is ordered by; ties go by id."""

    FIRST_SEEN = "first_seen"
    LAST_SEEN = "last_seen"
    RISK_SCORE = "risk_score"
    SEVERITY = "severity"
    DETECTION_COUNT = "detection_count"


class FindingQuery(FindingFilter):
    """Filter, order, page and format of a list of findings."""

    page: Annotated[int, Field(ge=1, le=2**31, description="From 1; pages after the last are empty")] = 1
    page_size: Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE, description="Findings per page")] = 20
    sort: Annotated[SortKey, Field(description="Sort order; ties are broken by id")] = SortKey.FIRST_SEEN
    order: Annotated[Literal["asc", "desc"], Field(description="Ascending or descending")] = "desc"
    before: Annotated[
        str | None,
        Field(max_length=200, description="Cursor: `next` of the previous page; replaces `page`"),
        valid_cursor(FindingCursor),
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
        cursor = FindingCursor.decode(self.before)
        if (cursor.sort, cursor.order) != (self.sort, self.order):
            raise ValueError("before comes from a list in another order; keep sort and order as they were")
        return self
