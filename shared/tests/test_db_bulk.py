"""Bulk inserts: every kind of column comes back as it was given, on PostgreSQL and on SQLite."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    select,
)

from mcm_shared.db.bulk import BulkInsert, BulkInserts, among
from mcm_shared.db.engine import AsyncEngine, transaction
from mcm_shared.db.types import UtcDateTime
from mcm_shared.testing.builders import NOON

THINGS = Table(
    "things",
    MetaData(),
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("uid", Uuid, nullable=False),
    Column("at", UtcDateTime),
    Column("text", Text),
    Column("big", BigInteger),
    Column("small", SmallInteger),
    Column("yes", Boolean),
    Column("data", JSON(none_as_null=True)),
    UniqueConstraint("uid"),
)
COLUMNS = ("uid", "at", "text", "big", "small", "yes", "data")
INSERT = BulkInsert(THINGS, COLUMNS, conflict="(uid) DO NOTHING", returning=("id", *COLUMNS))
COUNT = BulkInsert(
    THINGS,
    ("uid", "big"),
    conflict="(uid) DO UPDATE SET big = things.big + excluded.big",
    returning=("uid", "big"),
)
ONE, TWO, THREE = UUID(int=1), UUID(int=2), UUID(int=3)

Row = tuple[Any, ...]


@pytest.fixture(autouse=True)
async def things(engine: AsyncEngine) -> None:
    """An empty table of every kind of column."""
    async with transaction(engine) as connection:
        await connection.run_sync(THINGS.metadata.create_all)


async def insert(engine: AsyncEngine, *rows: Row, statement: BulkInsert = INSERT) -> list[Row]:
    async with transaction(engine) as connection:
        return [tuple(row) for row in await statement.execute(connection, rows)]


async def stored(engine: AsyncEngine) -> list[Row]:
    async with transaction(engine, read_only=True) as connection:
        query = select(*(THINGS.c[name] for name in COLUMNS)).order_by(THINGS.c.id)
        return [tuple(row) for row in (await connection.execute(query)).all()]


async def test_every_kind_of_value_comes_back_as_it_was_given(engine: AsyncEngine) -> None:
    rows: list[Row] = [
        (
            uuid4(),
            NOON,
            "größe '; DROP TABLE things; -- \\ \" %s :p0 {} 🙂",
            2**63 - 1,
            -(2**15),
            True,
            {"a": [1, None]},
        ),
        (uuid4(), datetime(1, 1, 1, tzinfo=UTC), "", -(2**63), 2**15 - 1, False, [1.5, "ü", True, {}]),
        (uuid4(), datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC), "\\N", 0, 0, None, ["text"]),
        (uuid4(), datetime(1969, 12, 31, 23, 59, 59, 1, UTC), "{a,b}", 2**53 + 1, 1, True, [7, 2**63 - 1]),
        (uuid4(), None, None, None, None, None, None),
        (uuid4(), NOON, "[]", 1, 1, True, {"nested": {"deep": ["\\u0000 is text", "NULL"]}}),
    ]

    returned = await insert(engine, *rows)

    assert await stored(engine) == rows
    assert [row[1:] for row in returned] == rows
    assert [row[0] for row in returned] == sorted(row[0] for row in returned)


async def test_a_time_of_any_zone_is_stored_in_utc(engine: AsyncEngine) -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=5, minutes=45)))

    ((_, _, returned, *_),) = await insert(engine, (ONE, elsewhere, None, None, None, None, None))

    assert returned == NOON
    assert returned.tzinfo is UTC


async def test_rows_that_are_there_are_left_and_only_new_ones_returned(engine: AsyncEngine) -> None:
    def row(uid: UUID, text: str) -> Row:
        return (uid, None, text, None, None, None, None)

    await insert(engine, row(ONE, "first"))
    returned = await insert(engine, row(ONE, "second"), row(TWO, "new"), row(TWO, "again"))

    assert [one[1] for one in returned] == [TWO]
    assert [(one[0], one[2]) for one in await stored(engine)] == [(ONE, "first"), (TWO, "new")]


async def test_a_conflict_may_update_and_then_the_row_is_returned(engine: AsyncEngine) -> None:
    await insert(engine, (ONE, 5), (TWO, 1), statement=COUNT)

    assert await insert(engine, (ONE, 3), (THREE, 2), statement=COUNT) == [(ONE, 8), (THREE, 2)]


async def test_no_rows_are_no_statement(engine: AsyncEngine) -> None:
    assert await insert(engine) == []


@pytest.mark.parametrize("empty", [0, 1])
async def test_several_tables_take_rows_together_or_none(engine: AsyncEngine, empty: int) -> None:
    others = THINGS.to_metadata(MetaData(), name="other_things")
    async with transaction(engine) as connection:
        await connection.run_sync(others.metadata.create_all)
    both = BulkInserts(*(BulkInsert(table, ("uid", "big"), "(uid) DO NOTHING") for table in (THINGS, others)))
    some: list[list[Row]] = [[(ONE, 1)], [(TWO, 2), (THREE, 3)]]
    fewer = [[] if number == empty else rows for number, rows in enumerate([[(TWO, 2)], [(ONE, 1)]])]

    async with transaction(engine) as connection:
        await both.execute(connection, some)
        await both.execute(connection, fewer)

    async with transaction(engine, read_only=True) as connection:
        first, second = [
            [tuple(row) for row in await connection.execute(select(table.c.uid, table.c.big).order_by(table.c.big))]
            for table in (THINGS, others)
        ]
    assert first == ([(ONE, 1)] if empty == 0 else [(ONE, 1), (TWO, 2)])
    assert second == ([(TWO, 2), (THREE, 3)] if empty == 1 else [(ONE, 1), (TWO, 2), (THREE, 3)])


async def test_thousands_of_rows_go_in_at_once(engine: AsyncEngine) -> None:
    rows = [(uuid4(), NOON, str(number), number, number % 7, True, {"n": number}) for number in range(20_000)]

    assert len(await insert(engine, *rows)) == 20_000
    assert (await stored(engine))[-1] == rows[-1]


@pytest.mark.parametrize(
    ("column", "inserted"),
    [
        ("uid", [TWO, THREE]),
        ("text", ["b", "ü'"]),
        ("big", [2, 2**62]),
        ("at", [NOON, NOON + timedelta(microseconds=1)]),
    ],
)
async def test_rows_are_found_among_any_number_of_values(engine: AsyncEngine, column: str, inserted: list[Any]) -> None:
    await insert(
        engine,
        (ONE, NOON - timedelta(days=1), "a", 1, None, None, None),
        (TWO, NOON, "b", 2, None, None, None),
        (THREE, NOON + timedelta(microseconds=1), "ü'", 2**62, None, None, None),
    )

    async with transaction(engine, read_only=True) as connection:
        for values, expected in ((inserted, [TWO, THREE]), (inserted[:1], [TWO]), ([], [])):
            query = select(THINGS.c.uid).where(among(THINGS.c[column], values, connection)).order_by(THINGS.c.id)
            assert list((await connection.execute(query)).scalars()) == expected
