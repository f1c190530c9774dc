"""Request and response models of saved views."""

import unicodedata
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from mcm_api.findings.filters import SortKey
from mcm_shared.contracts.finding_filter import FindingFilter

MAX_NAME: Final = 80


class ViewColumn(StrEnum):
    """A column of the list of findings."""

    SEVERITY = "severity"
    RISK_SCORE = "risk_score"
    RULE = "rule"
    STATUS = "status"
    ASSIGNEE = "assignee"
    LABEL = "label"
    USER = "user"
    SOURCE = "source"
    DETECTION_COUNT = "detection_count"
    FIRST_SEEN = "first_seen"
    LAST_SEEN = "last_seen"


class ViewFilter(FindingFilter):
    """The filter of a view: that of findings, and what depends on who opens the view and when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    view: Annotated[
        Literal["work", "all"],
        Field(
            description="`work`: open, and unassigned or one's own, as far as no status and no assignee is given; "
            "it is for those who open the view"
        ),
    ] = "all"
    last: Annotated[
        Literal["1h", "24h", "7d", "30d"] | None,
        Field(description="First seen in this period, which ends when the view is opened"),
    ] = None

    @model_validator(mode="after")
    def _one_period(self) -> Self:
        if self.last is not None and any((self.from_timestamp, self.to_timestamp, self.from_date, self.to_date)):
            raise ValueError("last: give either last or a period with a beginning or an end")
        if "\\u0000" in self.model_dump_json():
            raise ValueError("holds a NUL character")
        return self


class ViewRequest(BaseModel):
    """A view to save."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Annotated[
        str, StringConstraints(min_length=1, max_length=MAX_NAME), Field(examples=["Critical and unassigned"])
    ]
    filter: ViewFilter = ViewFilter()
    columns: Annotated[
        list[ViewColumn] | None,
        Field(min_length=1, max_length=len(ViewColumn), description="In this order; null: those of the list"),
    ] = None
    sort: SortKey = SortKey.FIRST_SEEN
    order: Literal["asc", "desc"] = "desc"

    @model_validator(mode="after")
    def _valid(self) -> Self:
        if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in self.name):
            raise ValueError("name: holds a control character or a line break")
        if len(set(self.columns or ())) < len(self.columns or ()):
            raise ValueError("columns: names a column twice")
        return self


class ViewResponse(BaseModel):
    """A saved view."""

    id: UUID
    name: str
    owner: Annotated[str, Field(description="Who saved it", examples=["mona@example.com"])]
    mine: Annotated[bool, Field(description="Only one's own views can be changed and deleted")]
    filter: Annotated[ViewFilter | None, Field(description="Null where this version does not know the filter")]
    columns: list[ViewColumn] | None
    sort: SortKey
    order: Literal["asc", "desc"]
    created_at: datetime
    changed_at: datetime
