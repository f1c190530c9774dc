"""Reading findings by id."""

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import JSON, Column, RowMapping, Select, Text, cast, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_api.database import DatabaseReader
from mcm_api.http.json_response import write_json
from mcm_api.http.problems import ProblemError
from mcm_api.identity.restriction import current_restriction
from mcm_api.resources.evidence import withhold_evidence
from mcm_api.resources.findings import FeedbackResponse, FindingResponse
from mcm_shared.contracts.triage import TriagedFinding
from mcm_shared.db.bulk import among
from mcm_shared.db.findings import TRIAGED_COLUMNS, triaged_of
from mcm_shared.db.suppression import ActiveExceptions
from mcm_shared.db.tables import ENRICHMENT_FEEDBACK, FINDINGS

FindingRow = dict[str, Any]
"""A finding ready to be written as JSON, in the fields of FindingResponse."""

_FINDING: Final = FINDINGS.c
_LABELS: Final = {name: f"feedback_{name}" for name in FeedbackResponse.model_fields}
_FEEDBACK: Final = [ENRICHMENT_FEEDBACK.c[name].label(label) for name, label in _LABELS.items()]
_COMPUTED: Final = {"group", "feedback", "suppressed_by"}
_NAMES: Final = tuple(name for name in FindingResponse.model_fields if name not in _COMPUTED)
_JSON: Final = frozenset(name for name in _NAMES if isinstance(_FINDING[name].type, JSON))
# JSON columns stay text: a page is written without parsing them
_COLUMNS: Final = [
    type_coerce(cast(_FINDING[name], Text), Text).label(name) if name in _JSON else _FINDING[name] for name in _NAMES
]
_FINDINGS: Final = select(_FINDING.group_key, *_COLUMNS, *_FEEDBACK).select_from(
    FINDINGS.outerjoin(ENRICHMENT_FEEDBACK)
)


async def read_finding(reader: DatabaseReader, finding_id: int) -> FindingResponse:
    """Reads one finding; raises ProblemError 404 when there is none or it may not be seen."""
    found = await read_findings(reader, [finding_id])
    if not found:
        raise no_finding(finding_id)
    return found[0]


def no_finding(finding_id: int) -> ProblemError:
    """Makes the response for a finding that is not there or may not be seen."""
    return ProblemError(404, f"There is no finding with id {finding_id}.")


async def read_findings(reader: DatabaseReader, ids: Sequence[int]) -> list[FindingResponse]:
    """Reads findings by id, in the order of ``ids``; leaves out those that do not exist."""
    async with reader.transaction() as connection:
        rows = await read_finding_rows(connection, await reader.cache.active_exceptions(connection), ids)
    return [FindingResponse.model_validate_json(write_json(row)) for row in rows]


async def read_finding_rows(
    connection: AsyncConnection, active: ActiveExceptions, ids: Sequence[int]
) -> list[FindingRow]:
    """Reads findings like ``read_findings``, without validating them again."""
    if not ids:
        return []
    number = active.suppressed_by.label("suppressed_by")
    query = _FINDINGS.add_columns(number).where(among(_FINDING.id, ids, connection))
    rows = (await connection.execute(query)).mappings().all()
    by_id = {row["id"]: row for row in rows}
    return [_finding_row(by_id[number]) for number in ids if number in by_id]


async def read_stored_findings(reader: DatabaseReader, uids: Collection[UUID]) -> dict[UUID, TriagedFinding]:
    """Reads findings by uid, as the stream sends them; leaves out those that do not exist."""
    return {finding.uid: finding for finding in await _read_messages(reader, _FINDING.uid, uids)}


async def read_triaged_findings(reader: DatabaseReader, ids: Collection[int]) -> list[TriagedFinding]:
    """Reads findings by id, as they travel on ``findings.triaged``; leaves out those that do not exist."""
    # without what suppresses them: that depends on the time of reading
    found = await _read_messages(reader, _FINDING.id, ids)
    return [finding.model_copy(update={"suppressed_by": None}) for finding in found]


async def _read_messages(reader: DatabaseReader, column: Column[Any], values: Collection[Any]) -> list[TriagedFinding]:
    if not values:
        return []
    async with reader.transaction() as connection:
        number = (await reader.cache.active_exceptions(connection)).suppressed_by.label("suppressed_by")
        query: Select[Any] = select(*TRIAGED_COLUMNS, number).where(among(column, values, connection))
        rows = (await connection.execute(query)).all()
    return [triaged_of(row) for row in rows]


def _finding_row(row: RowMapping) -> FindingRow:
    values: FindingRow = {name: row[name] for name in _NAMES}
    values["group"] = orjson.loads(row["group_key"])
    restriction = current_restriction()
    if not restriction.is_none:
        values["extra_data"] = orjson.loads(values["extra_data"])
        withhold_evidence(values, restriction)
        values["extra_data"] = orjson.dumps(values["extra_data"])
    for name in _JSON:
        if values[name] is not None:
            values[name] = orjson.Fragment(values[name])
    values["labels"] = values["labels"] or []
    values["suppressed_by"] = row["suppressed_by"]
    verdict = row["feedback_verdict"]
    values["feedback"] = None if verdict is None else {name: row[label] for name, label in _LABELS.items()}
    return values
