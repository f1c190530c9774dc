"""Search of events by facts: the index or the text gives candidates, and each candidate is tested exactly."""

import heapq
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    Text,
    and_,
    cast,
    collate,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_api.events.fact_hashes import column_hash, hash_of
from mcm_api.events.queries.fact_index import first_unindexed
from mcm_api.resources.queries.page_bytes import FETCHED, within_bytes
from mcm_shared.contracts.facts import Fact
from mcm_shared.db.fact_tables import EVENT_FACT_BLOCKS, FACT_BLOCK_EVENTS
from mcm_shared.db.tables import SOURCE_EVENTS
from mcm_shared.db.text_search import contains_ignoring_case

MAX_BLOCKS: Final = 1_000
"""Blocks of events that one request reads at most."""

_BLOCK: Final = EVENT_FACT_BLOCKS.c
_EVENT: Final = SOURCE_EVENTS.c
_PAYLOADS: Final = (_EVENT.raw_data, _EVENT.attributes)
_NOT_KEPT: Final = frozenset({"raw_data", "attributes", FETCHED})
_PAGE: Final = 100
_TICK: Final = timedelta(microseconds=1)
_FIRST_BLOCKS: Final = 4
_MAX_BLOCKS_AT_ONCE: Final = 32
# text that JSON writes as it is
_PLAIN: Final = re.compile(r"[a-z0-9 _.:@-]+")
_SHORTEST: Final = 2
# letters that also other letters than their own capitals fold to, such as the Kelvin sign, ß and ligatures
_AMBIGUOUS: Final = re.compile(r"s+t?|k|f+[il]?")
_FEW: Final = 100_000


Match = Mapping[str, Any]
"""The columns of an event, without its payloads."""


@dataclass(frozen=True, slots=True)
class FactSearch:
    """Which events are searched: all facts hold, and the conditions; times bound the blocks that are read."""

    facts: Sequence[Fact]
    conditions: Sequence[ColumnElement[bool]] = ()
    users: Sequence[str] = ()
    event_types: Sequence[str] = ()
    sources: Sequence[str] = ()
    not_before: datetime | None = None
    not_after: datetime | None = None


@dataclass(slots=True)
class FactMatches:
    """The newest events that match, newest first, without their payloads, which can be large.

    ``complete_from`` is None unless the search stopped at that time.
    """

    rows: list[Match] = field(default_factory=list)
    complete_from: datetime | None = None


async def newest_with_facts(
    connection: AsyncConnection, columns: Sequence[ColumnElement[Any]], search: FactSearch, limit: int
) -> FactMatches:
    """Finds the newest ``limit`` events; ``columns`` hold id and timestamp, and are those of the result.

    Payloads are read and tested in pieces of a bounded size. The search stops after MAX_BLOCKS blocks and then returns
    the events later than the first block that it did not read, provided that a search from there on has less to read.
    """
    start = await first_unindexed(connection)
    query = select(*columns, *_PAYLOADS).where(*search.conditions, *_texts(search.facts, connection.dialect.name))
    found = await _scan(connection, await _unindexed(connection, query, start), search.facts, limit)
    blocks = _Blocks(connection, search, start // FACT_BLOCK_EVENTS)
    size = _FIRST_BLOCKS
    while chosen := await blocks.following(size):
        if len(found) >= limit and chosen[0].last_at < found[limit - 1]["timestamp"]:
            break
        reached = chosen[0].last_at
        if blocks.read >= MAX_BLOCKS and (search.not_after is None or reached + _TICK < search.not_after):
            later = [row for row in found if row["timestamp"] > reached]
            return FactMatches(later[:limit], reached)
        async for rows in _pieces(connection, query.where(_in_blocks([each.block for each in chosen]))):
            new = [_without_payloads(row) for row in rows if _holds(row, search.facts)]
            found = list(heapq.merge(found, new, key=_position, reverse=True))[:limit]
        blocks.read += len(chosen)
        size = min(2 * size, _MAX_BLOCKS_AT_ONCE)
    return FactMatches(found[:limit])


async def _unindexed(
    connection: AsyncConnection, query: Select[*tuple[Any, ...]], start: int
) -> Select[*tuple[Any, ...]]:
    """Restricts a query to the events that are not in the index yet."""
    query = query.where(_EVENT.id >= start)
    newest = (await connection.execute(select(func.max(_EVENT.id)))).scalar_one() if start else None
    if newest is None or newest - start > _FEW:
        return query
    # few events are found by their ids: in the order of time the database could walk through all others to them
    return select(query.offset(0).subquery())


async def _scan(
    connection: AsyncConnection, query: Select[*tuple[Any, ...]], facts: Sequence[Fact], limit: int
) -> list[Match]:
    """Reads events from the newest on until ``limit`` of them have the facts."""
    found: list[Match] = []
    async for rows in _pieces(connection, query, max(limit, _PAGE)):
        found += [_without_payloads(row) for row in rows if _holds(row, facts)]
        if len(found) >= limit:
            break
    return found[:limit]


async def _pieces(
    connection: AsyncConnection, query: Select[*tuple[Any, ...]], size: int | None = None
) -> AsyncIterator[Sequence[RowMapping]]:
    """Reads events, newest first, so many at once as ``size`` and the byte limit of a page allow."""
    at, number = query.selected_columns["timestamp"], query.selected_columns["id"]
    ordered = query.order_by(at.desc(), number.desc())
    page = ordered
    while True:
        piece = within_bytes(page.limit(size), "timestamp", "id", newest_first=True)
        rows = (await connection.execute(piece)).mappings().all()
        yield rows
        fetched = rows[0][FETCHED] if rows else 0
        if fetched == len(rows) and (size is None or fetched < size):
            return
        last = rows[-1]
        position = tuple_(literal(last["timestamp"], _EVENT.timestamp.type), literal(last["id"], _EVENT.id.type))
        page = ordered.where(tuple_(at, number) < position)


class _Blocks:
    """Reads the blocks that may hold matching events, those with the latest events first."""

    def __init__(self, connection: AsyncConnection, search: FactSearch, end: int) -> None:
        self.read = 0
        self._connection = connection
        self._ahead: list[Any] = []
        self._size = 2 * _MAX_BLOCKS_AT_ONCE
        self._query = select(_BLOCK.block, _BLOCK.last_at).where(_BLOCK.block < end, *_hashed(search))
        if search.not_before is not None:
            self._query = self._query.where(_BLOCK.last_at >= search.not_before)
        if search.not_after is not None:
            self._query = self._query.where(_BLOCK.first_at <= search.not_after)
        self._query = self._query.order_by(_BLOCK.last_at.desc(), _BLOCK.block.desc())
        self._page = self._query if end else None

    async def following(self, number: int) -> list[Any]:
        """Returns the next blocks, at most ``number``; none at the end."""
        if len(self._ahead) < number and self._page is not None:
            rows = (await self._connection.execute(self._page.limit(self._size))).all()
            self._ahead += rows
            self._page = self._after(rows[-1]) if len(rows) == self._size else None
            self._size *= 8
        chosen, self._ahead = self._ahead[:number], self._ahead[number:]
        return chosen

    def _after(self, last: Any) -> Select[*tuple[Any, ...]]:
        position = tuple_(literal(last.last_at, _BLOCK.last_at.type), literal(last.block, _BLOCK.block.type))
        return self._query.where(tuple_(_BLOCK.last_at, _BLOCK.block) < position)


def _hashed(search: FactSearch) -> list[ColumnElement[bool]]:
    hashes = _BLOCK.hashes
    conditions = [hashes.contains(array([hash_of(fact) for fact in search.facts]))]
    columns = (("user", search.users), ("event_type", search.event_types), ("source", search.sources))
    return conditions + [
        hashes.overlap(array([column_hash(column, value) for value in values])) for column, values in columns if values
    ]


def _in_blocks(blocks: Sequence[int]) -> ColumnElement[bool]:
    size = FACT_BLOCK_EVENTS
    return or_(*(and_(_EVENT.id >= block * size, _EVENT.id < (block + 1) * size) for block in blocks))


def _texts(facts: Sequence[Fact], dialect: str) -> list[ColumnElement[bool]]:
    """Builds conditions that every match meets: they spare the rest from being read and tested."""
    payloads = (cast(_EVENT.raw_data, Text), cast(_EVENT.attributes, Text))
    # a number may be written in other digits
    texts = [text for fact in facts for text in (fact.key.rpartition(".")[2], "" if fact.is_number else fact.value)]
    conditions: list[ColumnElement[bool]] = []
    for text in texts:
        word = max(_PLAIN.findall(_AMBIGUOUS.sub("/", text) if text.isascii() else text), key=len, default="")
        if len(word) >= _SHORTEST:
            contains = partial(_contains_ascii, dialect=dialect) if text.isascii() else contains_ignoring_case
            conditions.append(or_(*(contains(payload, word) for payload in payloads)))
    return conditions


def _contains_ascii(payload: ColumnElement[str], word: str, dialect: str) -> ColumnElement[bool]:
    if dialect == "postgresql":
        return func.strpos(func.lower(collate(payload, "C")), word) > 0
    return func.instr(func.lower(payload), word) > 0


def _holds(row: RowMapping, facts: Sequence[Fact]) -> bool:
    payloads = (row["raw_data"], row["attributes"])
    return all(fact.holds(payloads) for fact in facts)


def _without_payloads(row: RowMapping) -> Match:
    return {name: value for name, value in row.items() if name not in _NOT_KEPT}


def _position(row: Match) -> tuple[datetime, int]:
    return row["timestamp"], row["id"]
