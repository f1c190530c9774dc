"""Reading findings."""

from collections.abc import AsyncGenerator, Sequence
from functools import partial
from typing import Any, Final

import orjson
from sqlalchemy import JSON, RowMapping, Text, cast, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_api.database import Reader
from mcm_api.findings.cursor import Cursor
from mcm_api.findings.filters import FindingFilter, FindingQuery, SortKey
from mcm_api.findings.queries.matching import value_of
from mcm_api.findings.queries.selection import Selection, place_after, select_findings, size_of
from mcm_api.findings.schemas import Feedback, Finding
from mcm_api.http.json_response import write_json
from mcm_shared.db.bulk import among
from mcm_shared.db.tables import ENRICHMENT_FEEDBACK, FINDINGS

_FINDING: Final = FINDINGS.c
_LABELS: Final = {name: f"feedback_{name}" for name in Feedback.model_fields}
_FEEDBACK: Final = [ENRICHMENT_FEEDBACK.c[name].label(label) for name, label in _LABELS.items()]
_NAMES: Final = tuple(name for name in Finding.model_fields if name in _FINDING)
_JSON: Final = frozenset(name for name in _NAMES if isinstance(_FINDING[name].type, JSON))
# JSON stays the text it is in the database: a page is written without reading what is in it
_COLUMNS: Final = [
    type_coerce(cast(_FINDING[name], Text), Text).label(name) if name in _JSON else _FINDING[name] for name in _NAMES
]
_FINDINGS: Final = select(_FINDING.group_key, *_COLUMNS, *_FEEDBACK).select_from(
    FINDINGS.outerjoin(ENRICHMENT_FEEDBACK)
)

Written = dict[str, Any]
"""A finding ready to be written as JSON, in the fields of Finding."""


async def read_page(reader: Reader, wanted: FindingQuery) -> tuple[list[Written], int, str | None]:
    """Reads a page of findings, how many match on all pages, and the cursor of the next page; None on the last."""
    async with reader.transaction() as connection:
        selection = await _selection(reader, connection, wanted)
        first = (wanted.page - 1) * wanted.page_size
        if wanted.before is not None:
            first = await place_after(connection, selection, Cursor.decode(wanted.before), wanted)
        end = first + wanted.page_size
        items = await _by_id(connection, selection[first:end])
    following = None
    if items and end < len(selection):
        following = Cursor(wanted.sort, wanted.order, value_of(items[-1], wanted.sort), items[-1]["id"]).encode()
    return items, len(selection), following


async def read_all(reader: Reader, wanted: FindingQuery, size: int) -> AsyncGenerator[list[Written], None]:
    """Yields all findings that match, in batches; those that change meanwhile come once, as they then are."""
    async with reader.transaction() as connection:
        selection = await _selection(reader, connection, wanted)
    for first in range(0, len(selection), size):
        # a transaction each: whoever reads slowly holds up nothing
        async with reader.transaction() as connection:
            items = await _by_id(connection, selection[first : first + size])
        yield items


async def find_findings(reader: Reader, ids: Sequence[int]) -> list[Finding]:
    """Reads findings by id, in the order of ``ids``; leaves out those that are not there."""
    async with reader.transaction() as connection:
        written = await _by_id(connection, ids)
    return [Finding.model_validate_json(write_json(one)) for one in written]


async def _selection(reader: Reader, connection: AsyncConnection, wanted: FindingQuery) -> Selection:
    # what filters, and nothing of how it is paged
    matching = FindingFilter(**{name: getattr(wanted, name) for name in FindingFilter.model_fields})
    key = ("selection", matching.model_dump_json(exclude_none=True), wanted.sort, wanted.order)
    load = partial(select_findings, wanted=matching, sort=SortKey(wanted.sort), order=wanted.order)
    return await reader.remembered.read(connection, key, load, size_of)


async def _by_id(connection: AsyncConnection, ids: Sequence[int]) -> list[Written]:
    if not ids:
        return []
    rows = (await connection.execute(_FINDINGS.where(among(_FINDING.id, ids, connection)))).mappings().all()
    by_id = {row["id"]: row for row in rows}
    return [_written(by_id[number]) for number in ids if number in by_id]


def _written(row: RowMapping) -> Written:
    values: Written = {name: row[name] for name in _NAMES}
    values["group"] = orjson.loads(row["group_key"])
    for name in _JSON:
        if values[name] is not None:
            values[name] = orjson.Fragment(values[name])
    verdict = row["feedback_verdict"]
    values["feedback"] = None if verdict is None else {name: row[label] for name, label in _LABELS.items()}
    return values
