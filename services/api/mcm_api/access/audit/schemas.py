"""Request and response models of the audit trail."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from mcm_api.access.audit.cursor import AuditCursor
from mcm_api.http.cursor import valid_cursor
from mcm_shared.contracts.parameters import Instant

Text = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00]+$")]


class AuditFilter(BaseModel):
    """Filter of the entries."""

    model_config = ConfigDict(frozen=True)

    actor: Annotated[Text | None, Field(description="By this user, service account or token, exactly")] = None
    action: Annotated[
        list[Text] | None,
        Field(max_length=50, description="Of these actions; `user.` stands for all that begin with it"),
    ] = None
    target: Annotated[Text | None, Field(description="Done to this, exactly")] = None
    from_timestamp: Annotated[Instant | None, Field(description="At this time or later (ISO 8601)")] = None
    to_timestamp: Annotated[Instant | None, Field(description="Before this time (ISO 8601)")] = None
    limit: Annotated[int, Field(ge=1, le=500, description="Entries per page")] = 50
    before: Annotated[
        str | None,
        Field(max_length=100, description="Cursor: `next` of the previous page"),
        valid_cursor(AuditCursor),
    ] = None
    format: Annotated[
        Literal["json", "csv", "ndjson"], Field(description="csv and ndjson: a file of all that match, without pages")
    ] = "json"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.from_timestamp and self.to_timestamp and self.from_timestamp > self.to_timestamp:
            raise ValueError("from_timestamp lies after to_timestamp")
        return self


class AuditEntryResponse(BaseModel):
    """An entry of the audit trail."""

    seq: Annotated[int, Field(description="1, 2, 3 … without a gap")]
    at: datetime
    actor: Annotated[str, Field(examples=["mona@example.com"])]
    via: Annotated[str, Field(description="session, token, assertion (of a proxy), command; none: not authenticated")]
    action: Annotated[str, Field(examples=["user.change"])]
    target: Annotated[str, Field(examples=["lee@example.com"])]
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    request_id: str
    prev_hash: str
    hash: str


class AuditPage(BaseModel):
    """A page of the audit trail, newest first."""

    items: list[AuditEntryResponse]
    next: Annotated[str | None, Field(description="Cursor of the next page, for `before`; null on the last page")]
    actions: Annotated[list[str], Field(description="All actions in the audit trail")]
