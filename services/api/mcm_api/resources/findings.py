"""A finding as the API serves it, and reading findings by id."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import JSON, RowMapping, Text, cast, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_api.database import DatabaseReader
from mcm_api.http.json_response import write_json
from mcm_enricher import Verdict
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.db.bulk import among
from mcm_shared.db.tables import ENRICHMENT_FEEDBACK, FINDINGS


class FeedbackResponse(BaseModel):
    """A person's verdict on a finding's explanation, and what had written the explanation."""

    verdict: Verdict
    comment: str | None
    source: Annotated[str, Field(description="What wrote the explanation that was judged", examples=["openai"])]
    model: Annotated[str, Field(description="The model that wrote it; empty for the heuristic")]
    prompt_version: Annotated[str, Field(description="The version of the prompt; empty for the heuristic")]
    given_at: Annotated[datetime, Field(description="Before `ai_enriched_at`: about an earlier explanation")]


class FindingResponse(FindingMessage):
    """A finding: what a rule detected in one group and one period of event time, in its current state."""

    # every field is always present: the defaults are for readers of older messages
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    status: Annotated[str, Field(examples=["open"])]
    assignee: str | None
    notes: str | None
    ai_version: Annotated[int | None, Field(description="The version of the finding that was explained")]
    ai_data: Annotated[dict[str, Any] | None, Field(description="The factors of the score")]
    feedback: Annotated[FeedbackResponse | None, Field(description="Feedback on the explanation")] = None


FindingRow = dict[str, Any]
"""A finding ready to be written as JSON, in the fields of FindingResponse."""

_FINDING: Final = FINDINGS.c
_LABELS: Final = {name: f"feedback_{name}" for name in FeedbackResponse.model_fields}
_FEEDBACK: Final = [ENRICHMENT_FEEDBACK.c[name].label(label) for name, label in _LABELS.items()]
_COMPUTED: Final = {"group", "feedback"}
_NAMES: Final = tuple(name for name in FindingResponse.model_fields if name not in _COMPUTED)
_JSON: Final = frozenset(name for name in _NAMES if isinstance(_FINDING[name].type, JSON))
# JSON columns stay text: a page is written without parsing them
_COLUMNS: Final = [
    type_coerce(cast(_FINDING[name], Text), Text).label(name) if name in _JSON else _FINDING[name] for name in _NAMES
]
_FINDINGS: Final = select(_FINDING.group_key, *_COLUMNS, *_FEEDBACK).select_from(
    FINDINGS.outerjoin(ENRICHMENT_FEEDBACK)
)


async def read_findings(reader: DatabaseReader, ids: Sequence[int]) -> list[FindingResponse]:
    """Reads findings by id, in the order of ``ids``; leaves out those that do not exist."""
    async with reader.transaction() as connection:
        rows = await read_finding_rows(connection, ids)
    return [FindingResponse.model_validate_json(write_json(row)) for row in rows]


async def read_finding_rows(connection: AsyncConnection, ids: Sequence[int]) -> list[FindingRow]:
    """Reads findings like ``read_findings``, without validating them again."""
    if not ids:
        return []
    rows = (await connection.execute(_FINDINGS.where(among(_FINDING.id, ids, connection)))).mappings().all()
    by_id = {row["id"]: row for row in rows}
    return [_finding_row(by_id[number]) for number in ids if number in by_id]


def _finding_row(row: RowMapping) -> FindingRow:
    values: FindingRow = {name: row[name] for name in _NAMES}
    values["group"] = orjson.loads(row["group_key"])
    for name in _JSON:
        if values[name] is not None:
            values[name] = orjson.Fragment(values[name])
    verdict = row["feedback_verdict"]
    values["feedback"] = None if verdict is None else {name: row[label] for name, label in _LABELS.items()}
    return values
