"""Counters of tumbling windows: incremented by what a transaction really inserted, summed over their shards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import text

from mcm_rules_engine.correlation.protocol import Position
from mcm_shared.db.bulk import BulkInsert
from mcm_shared.db.engine import AsyncConnection, fetch
from mcm_shared.db.tables import TUMBLING_COUNTS
from mcm_shared.uuids import parse_uuid


class Bucket(NamedTuple):
    """One window of one group; ``start`` in microseconds since 1970."""

    series_id: UUID
    group_key: str
    start: int


@dataclass(slots=True)
class Tally:
    """What fell into a bucket: how many events, the earliest and the latest."""

    count: int
    first: Position
    last: Position
    newest: Position | None = None
    total: int = 0
    values: set[int] = field(default_factory=set)

    def add_value(self, position: Position, value: int) -> None:
        """Adds a value of an event, in millionths; once, also where several rules hold for it."""
        if position != self.newest:
            self.values.clear()
        if value not in self.values:
            self.newest = None
            self.values.add(value)
            self.total += value
            self.add(position)

    def add(self, position: Position) -> None:
        """Counts an event; once, also where several rules hold for it, one after the other."""
        if position == self.newest:
            return
        self.newest = position
        if not self.count or position < self.first:
            self.first = position
        if not self.count or position > self.last:
            self.last = position
        self.count += 1


_ADD: Final = BulkInsert(
    TUMBLING_COUNTS,
    ("series_id", "group_key", "bucket", "shard", "count", "first", "last", "sum_high", "sum_low"),
    conflict="(series_id, group_key, bucket, shard) DO UPDATE SET "
    "count = tumbling_counts.count + excluded.count, "
    "sum_high = tumbling_counts.sum_high + excluded.sum_high, "
    "sum_low = tumbling_counts.sum_low + excluded.sum_low, "
    "first = CASE WHEN excluded.first < tumbling_counts.first THEN excluded.first ELSE tumbling_counts.first END, "
    "last = CASE WHEN excluded.last > tumbling_counts.last THEN excluded.last ELSE tumbling_counts.last END",
)

# Few buckets reach their threshold; only these are returned.
_READ: Final = """
SELECT r.number, sum(t.count), min(t.first), max(t.last)
FROM {buckets} JOIN tumbling_counts t ON t.series_id = r.series AND t.group_key = r.grp AND t.bucket = r.bucket
GROUP BY r.number, r.threshold HAVING sum(t.count) >= r.threshold
"""
_READ_POSTGRESQL: Final = _READ.format(
    buckets="unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[]) "
    "WITH ORDINALITY AS r(series, grp, bucket, threshold, number)"
)
_READ_SQLITE: Final = text(
    _READ.format(
        buckets="(SELECT key + 1 AS number, json_extract(value, '$[0]') AS series, json_extract(value, '$[1]') AS grp, "
        "json_extract(value, '$[2]') AS bucket, json_extract(value, '$[3]') AS threshold FROM json_each(:buckets)) AS r"
    )
)
_OFFSET: Final = 1 << 63
_TIME_DIGITS: Final = 20
_LOW: Final = 1 << 32


async def add_to_tumbling(connection: AsyncConnection, tallies: Mapping[Bucket, Tally], shard: int) -> None:
    """Adds what was really inserted to the counters."""
    # in one order: two workers that raise the same counters wait for each other and never deadlock
    new = [entry for entry in tallies.items() if entry[1].count]
    ordered = sorted(new, key=lambda entry: (entry[0].series_id.bytes, *entry[0][1:]))
    await _ADD.execute(
        connection,
        [
            (
                *bucket,
                shard,
                tally.count,
                text_of_position(tally.first),
                text_of_position(tally.last),
                *divmod(tally.total, _LOW),
            )
            for bucket, tally in ordered
        ],
    )


async def read_tumbling(connection: AsyncConnection, thresholds: Mapping[Bucket, int]) -> dict[Bucket, Tally]:
    """Sums the counters of buckets over their shards; returns those that reach their threshold."""
    if not thresholds:
        return {}
    buckets = list(thresholds)
    if connection.dialect.name == "postgresql":
        found: Sequence[Any] = await fetch(
            connection, _READ_POSTGRESQL, *zip(*buckets, strict=True), thresholds.values()
        )
    else:
        plain = [(series.hex, group_key, start, count) for (series, group_key, start), count in thresholds.items()]
        found = (await connection.execute(_READ_SQLITE, {"buckets": orjson.dumps(plain).decode()})).all()
    return {
        buckets[number - 1]: Tally(int(count), position_of_text(first), position_of_text(last))
        for number, count, first, last in found
    }


def text_of_position(position: Position) -> str:
    """Writes the position of an event as the counters hold it."""
    # fixed width, so that texts sort as positions do, times before 1970 included
    return f"{position[0] + _OFFSET:0{_TIME_DIGITS}d}:{position[1].hex}"


def total_of(high: int, low: int) -> int:
    """Joins the halves of a sum, which are counted apart so that neither can overflow."""
    return high * _LOW + low


def position_of_text(text: str) -> Position:
    """Reads the position of an event as the counters hold it."""
    return int(text[:_TIME_DIGITS]) - _OFFSET, parse_uuid(text[_TIME_DIGITS + 1 :])
