"""Findings as a file, written while they are read: any number of them in little memory."""

import csv
import io
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any, Final

import orjson

from mcm_api.database import DatabaseReader
from mcm_api.findings.filters import FindingQuery
from mcm_api.findings.queries.pages import read_all
from mcm_api.http.json_response import write_json
from mcm_api.http.spreadsheet import defused
from mcm_api.resources.queries.findings import FindingRow

_BATCH: Final = 500
COLUMNS: Final = (
    "id", "uid", "severity", "risk_score", "title", "description", "user", "rule_name", "source", "detection_count",
    "first_seen", "last_seen", "created_at", "status", "status_reason", "assignee", "labels", "tags", "group",
    "event_id", "event_uid",
    "ai_source", "ai_explanation", "ai_enriched_at", "notes", "rule_id", "version", "withdrawn", "suppressed_by",
)  # fmt: skip
"""The columns of a CSV file, in this order."""

LEFT_OUT: Final = frozenset(
    {"late_detections", "triage_version", "rule_version", "extra_data", "ai_version", "ai_data", "feedback"}
)
"""Fields of a finding that only the NDJSON file has."""

MEDIA_TYPES: Final = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}


async def export_findings(reader: DatabaseReader, requested: FindingQuery) -> AsyncGenerator[bytes, None]:
    """Yields a file of all findings that match, in the order asked for."""
    write: Callable[[Sequence[FindingRow]], bytes] = _csv if requested.format == "csv" else _ndjson
    if requested.format == "csv":
        yield _lines([COLUMNS])
    async for findings in read_all(reader, requested, _BATCH):
        yield write(findings)


def _csv(findings: Sequence[FindingRow]) -> bytes:
    return _lines([_cells(orjson.loads(write_json(finding))) for finding in findings])


def _ndjson(findings: Sequence[FindingRow]) -> bytes:
    return b"".join(write_json(finding) + b"\n" for finding in findings)


def _cells(finding: dict[str, Any]) -> list[str]:
    return [defused(_text(finding[name])) for name in COLUMNS]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return " ".join(map(str, value))
    return orjson.dumps(value).decode() if isinstance(value, dict) else str(value)


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows(rows)
    return written.getvalue().encode()
