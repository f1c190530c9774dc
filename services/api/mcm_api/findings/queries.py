"""Reading findings."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, RowMapping, func, select

from mcm_api.findings.schemas import Feedback, Finding, FindingFilter
from mcm_api.queries import Reader
from mcm_shared.db.bulk import among
from mcm_shared.db.tables import ENRICHMENT_FEEDBACK, FINDINGS

_FINDING: Final = FINDINGS.c
_COLUMNS: Final = (_FINDING.group_key, *(_FINDING[name] for name in Finding.model_fields if name in _FINDING))
_LABELS: Final = {name: f"feedback_{name}" for name in Feedback.model_fields}
_FEEDBACK: Final = [ENRICHMENT_FEEDBACK.c[name].label(label) for name, label in _LABELS.items()]
_FINDINGS: Final = select(*_COLUMNS, *_FEEDBACK).select_from(FINDINGS.outerjoin(ENRICHMENT_FEEDBACK))


async def newest_findings(reader: Reader, wanted: FindingFilter) -> tuple[list[Finding], int]:
    """Reads a page of findings, newest first by first_seen, and how many match on all pages."""
    matching = _matching(wanted)
    skipped = (wanted.page - 1) * wanted.page_size
    newest_first = (_FINDING.first_seen.desc(), _FINDING.id.desc())
    # the ids of the page come from the index alone, so that skipping to a late page reads no rows
    ids = select(_FINDING.id).where(*matching).order_by(*newest_first).limit(wanted.page_size).offset(skipped)
    page = _FINDINGS.where(_FINDING.id.in_(ids.subquery().select())).order_by(*newest_first)
    async with reader.transaction() as connection:
        total = (await connection.execute(select(func.count()).select_from(FINDINGS).where(*matching))).scalar_one()
        rows = (await connection.execute(page)).mappings().all() if skipped < total else []
    return [_finding(row) for row in rows], total


async def find_findings(reader: Reader, ids: Sequence[int]) -> list[Finding]:
    """Reads findings by id, in the order of ``ids``; leaves out those that are not there."""
    async with reader.transaction() as connection:
        rows = (await connection.execute(_FINDINGS.where(among(_FINDING.id, ids, connection)))).mappings().all()
    by_id = {row["id"]: row for row in rows}
    return [_finding(by_id[number]) for number in ids if number in by_id]


def _matching(wanted: FindingFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.severity:
        conditions.append(_FINDING.severity_rank.in_(sorted({severity.rank for severity in wanted.severity})))
    if wanted.user is not None:
        conditions.append(_FINDING.user == wanted.user)
    if wanted.from_date is not None:
        conditions.append(_FINDING.first_seen >= _start_of(wanted.from_date))
    if wanted.to_date is not None and wanted.to_date < date.max:
        conditions.append(_FINDING.first_seen < _start_of(wanted.to_date + timedelta(days=1)))
    return conditions


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _finding(row: RowMapping) -> Finding:
    values: dict[str, Any] = dict(row)
    feedback = {name: values.pop(label) for name, label in _LABELS.items()}
    values["feedback"] = feedback if feedback["verdict"] else None
    values["group"] = orjson.loads(values.pop("group_key"))
    return Finding.model_validate(values)
