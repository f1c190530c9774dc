"""Reading findings."""

from collections.abc import Sequence
from typing import Any, Final

import orjson
from sqlalchemy import RowMapping, func, select

from mcm_api.findings.cursor import Cursor
from mcm_api.findings.filters import FindingQuery
from mcm_api.findings.matching import beyond, conditions, ordered_by, place_of
from mcm_api.findings.schemas import Feedback, Finding
from mcm_api.queries import Reader
from mcm_shared.db.bulk import among
from mcm_shared.db.tables import ENRICHMENT_FEEDBACK, FINDINGS

_FINDING: Final = FINDINGS.c
_COLUMNS: Final = (
    _FINDING.group_key,
    _FINDING.severity_rank,
    *(_FINDING[name] for name in Finding.model_fields if name in _FINDING),
)
_LABELS: Final = {name: f"feedback_{name}" for name in Feedback.model_fields}
_FEEDBACK: Final = [ENRICHMENT_FEEDBACK.c[name].label(label) for name, label in _LABELS.items()]
_FINDINGS: Final = select(*_COLUMNS, *_FEEDBACK).select_from(FINDINGS.outerjoin(ENRICHMENT_FEEDBACK))


async def read_page(reader: Reader, wanted: FindingQuery) -> tuple[list[Finding], int, str | None]:
    """Reads a page of findings, how many match on all pages, and the cursor of the next page; None on the last."""
    matching = conditions(wanted)
    order = ordered_by(wanted.sort, wanted.order)
    ids = select(_FINDING.id).where(*matching)
    skipped = 0
    if wanted.before is not None:
        ids = ids.where(beyond(Cursor.decode(wanted.before)))
    else:
        skipped = (wanted.page - 1) * wanted.page_size
    # the ids of the page come from the index alone, so that skipping to a late page reads no rows
    ids = ids.order_by(*order).limit(wanted.page_size + 1).offset(skipped)
    page = _FINDINGS.where(_FINDING.id.in_(ids.subquery().select())).order_by(*order)
    async with reader.transaction() as connection:
        total = (await connection.execute(select(func.count()).select_from(FINDINGS).where(*matching))).scalar_one()
        rows = (await connection.execute(page)).mappings().all() if skipped < total else []
    return [_finding(row) for row in rows[: wanted.page_size]], total, _following(rows, wanted.page_size, wanted)


async def read_batch(
    reader: Reader, wanted: FindingQuery, before: str | None, size: int
) -> tuple[list[Finding], str | None]:
    """Reads the next findings of all that match, and the cursor of those that follow; None at the end."""
    query = _FINDINGS.where(*conditions(wanted)).order_by(*ordered_by(wanted.sort, wanted.order)).limit(size + 1)
    if before is not None:
        query = query.where(beyond(Cursor.decode(before)))
    async with reader.transaction() as connection:
        rows = (await connection.execute(query)).mappings().all()
    return [_finding(row) for row in rows[:size]], _following(rows, size, wanted)


async def find_findings(reader: Reader, ids: Sequence[int]) -> list[Finding]:
    """Reads findings by id, in the order of ``ids``; leaves out those that are not there."""
    async with reader.transaction() as connection:
        rows = (await connection.execute(_FINDINGS.where(among(_FINDING.id, ids, connection)))).mappings().all()
    by_id = {row["id"]: row for row in rows}
    return [_finding(by_id[number]) for number in ids if number in by_id]


def _following(rows: Sequence[RowMapping], size: int, wanted: FindingQuery) -> str | None:
    if len(rows) <= size:
        return None
    return Cursor(wanted.sort, wanted.order, place_of(rows[size - 1], wanted.sort)).encode()


def _finding(row: RowMapping) -> Finding:
    values: dict[str, Any] = dict(row)
    feedback = {name: values.pop(label) for name, label in _LABELS.items()}
    values["feedback"] = feedback if feedback["verdict"] else None
    values["group"] = orjson.loads(values.pop("group_key"))
    del values["severity_rank"]
    return Finding.model_validate(values)
