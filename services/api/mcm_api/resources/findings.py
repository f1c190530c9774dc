"""A finding as the API serves it."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from mcm_enricher import Verdict
from mcm_shared.contracts.parameters import RowId
from mcm_shared.contracts.triage import TriagedFinding

FindingId = Annotated[RowId, Path(description="The finding's `id`", examples=[17])]
"""Path parameter of a finding."""


class FeedbackResponse(BaseModel):
    """A person's verdict on a finding's explanation, and what had written the explanation."""

    verdict: Verdict
    comment: str | None
    source: Annotated[str, Field(description="Author of the judged explanation", examples=["openai"])]
    model: Annotated[str, Field(description="Model that wrote it; empty for the heuristic")]
    prompt_version: Annotated[str, Field(description="Version of the prompt; empty for the heuristic")]
    given_at: Annotated[datetime, Field(description="Before `ai_enriched_at`: about an earlier explanation")]


class FindingResponse(TriagedFinding):
    """A finding: what a rule detected in one group and one period of event time, in its current state."""

    # every field is always present: the defaults are for readers of older messages
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    ai_version: Annotated[int | None, Field(description="The version of the finding that was explained")]
    ai_data: Annotated[dict[str, Any] | None, Field(description="The factors of the score")]
    feedback: Annotated[FeedbackResponse | None, Field(description="Feedback on the explanation")] = None
