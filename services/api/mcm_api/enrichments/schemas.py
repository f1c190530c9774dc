"""Response models of enrichment jobs."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class EnrichmentJob(BaseModel):
    """Progress of an enrichment job."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    state: Annotated[
        Literal["waiting", "running", "done", "cancelled"],
        Field(description="A cancelled job still completes its current batch", examples=["running"]),
    ]
    total: Annotated[int, Field(description="Findings in the job", examples=[12000])]
    done: Annotated[int, Field(description="Findings handled, with those that failed", examples=[4160])]
    failed: Annotated[int, Field(description="Findings whose explanation could not be stored", examples=[0])]
    started_at: Annotated[datetime, Field(validation_alias="created_at", description="When it was created, UTC")]
    finished_at: Annotated[datetime | None, Field(description="When it was done or cancelled, UTC")]
