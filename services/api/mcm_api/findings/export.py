"""Findings as a file, written while they are read: any number of them in little memory."""

import csv
import io
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Final

import orjson

from mcm_api.findings.filters import FindingQuery
from mcm_api.findings.queries import read_batch
from mcm_api.findings.schemas import Finding
from mcm_api.queries import Reader

_BATCH: Final = 500
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")
COLUMNS: Final = (
    "id", "uid", "severity", "risk_score", "title", "description", "user", "rule_name", "source", "detection_count",
    "first_seen", "last_seen", "created_at", "status", "assignee", "tags", "group", "event_id", "event_uid",
    "ai_source", "ai_explanation", "ai_enriched_at", "notes", "rule_id", "version",
)  # fmt: skip
"""What a CSV file has of a finding, in this order."""

MEDIA_TYPES: Final = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}


async def export_findings(reader: Reader, wanted: FindingQuery) -> AsyncGenerator[bytes, None]:
    """Yields a file of all findings that match, in the order asked for; what changes meanwhile comes as it then is."""
    write: Callable[[Sequence[Finding]], bytes] = _csv if wanted.format == "csv" else _ndjson
    if wanted.format == "csv":
        yield _lines([COLUMNS])
    before: str | None = None
    while True:
        findings, before = await read_batch(reader, wanted, before, _BATCH)
        if findings:
            yield write(findings)
        if before is None:
            return


def _csv(findings: Sequence[Finding]) -> bytes:
    return _lines([_cells(finding) for finding in findings])


def _ndjson(findings: Sequence[Finding]) -> bytes:
    return b"".join(orjson.dumps(one.model_dump(mode="json"), option=orjson.OPT_APPEND_NEWLINE) for one in findings)


def _cells(finding: Finding) -> list[str]:
    values = finding.model_dump(mode="json", include=set(COLUMNS))
    return [defused(_text(values[name])) for name in COLUMNS]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return " ".join(map(str, value))
    return orjson.dumps(value).decode() if isinstance(value, dict) else str(value)


def defused(cell: str) -> str:
    """Makes a text harmless that a spreadsheet would take for a formula, by an apostrophe before it."""
    return f"'{cell}" if cell.startswith(_DANGEROUS) else cell


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue().encode()
