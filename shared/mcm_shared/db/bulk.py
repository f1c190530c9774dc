"""Bulk inserts: many rows by one statement: one bind parameter a column, whatever the number of rows."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import chain
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import JSON, Column, ColumnElement, Date, Dialect, Table, Uuid, func, select, text, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from mcm_shared.db.engine import fetch
from mcm_shared.db.types import UtcDateTime

Rows = Sequence[Sequence[Any]]

_DIALECT: Final[Dialect] = PGDialect_asyncpg()  # type: ignore[no-untyped-call]


class BulkInsert:
    """One ``INSERT … SELECT … ON CONFLICT`` for a batch of rows, on PostgreSQL (unnest) and on SQLite (json_each).

    ``conflict`` says what to do with a row that exists, in SQL of both databases: ``(uid) DO NOTHING`` or
    ``(key) DO UPDATE SET …`` with ``excluded``. JSON columns take values; they are dumped here. ``literals`` are the
    columns that have one value in every row, in SQL of both databases.
    """

    def __init__(
        self,
        table: Table,
        columns: Sequence[str],
        conflict: str,
        returning: Sequence[str] = (),
        literals: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._literals = dict(literals)
        self._columns = [table.c[name] for name in columns]
        self._conflict = conflict
        self._table = table
        self._returning = [table.c[name] for name in returning]
        self._postgresql = self.postgresql()
        self._sqlite = text(self._statement(self._from_json_each())).columns(*self._returning)
        self._results = [
            column.type.dialect_impl(_DIALECT).result_processor(_DIALECT, None) for column in self._returning
        ]
        self._to_json = [isinstance(column.type, JSON) for column in self._columns]
        self._for_sqlite = [_sqlite_converter(column.type) for column in self._columns]

    async def execute(self, connection: AsyncConnection, rows: Rows) -> Rows:
        """Inserts the rows in their order and returns the ``returning`` columns of those inserted or updated."""
        if not rows:
            return []
        if connection.dialect.name == "postgresql":
            return self._read(await fetch(connection, self._postgresql, *self.arrays(rows)))
        result = await connection.execute(self._sqlite, self._json(rows))
        return result.all() if self._returning else []

    def _read(self, rows: Rows) -> Rows:
        # what SQLAlchemy would make of what the driver gives: for most types nothing
        if not any(self._results):
            return rows
        return [
            [make(value) if make else value for make, value in zip(self._results, row, strict=True)] for row in rows
        ]

    def postgresql(self, first: int = 1) -> str:
        """Writes the statement for PostgreSQL, whose parameters are numbered from ``first``."""
        return self._statement(self._from_unnest(first))

    def arrays(self, rows: Rows) -> list[Sequence[Any]]:
        """Builds the parameters of the statement for PostgreSQL: an array for each column."""
        columns = zip(*rows, strict=True) if rows else [()] * len(self._columns)
        return [
            [_dump(value) for value in column] if to_json else column
            for column, to_json in zip(columns, self._to_json, strict=True)
        ]

    def _json(self, rows: Rows) -> dict[str, Any]:
        converters = self._for_sqlite
        plain = [[convert(value) for convert, value in zip(converters, row, strict=True)] for row in rows]
        return {"rows": orjson.dumps(plain).decode()}

    def _from_unnest(self, first: int) -> str:
        arrays = ", ".join(f"${number}::{_array_type(c.type)}" for number, c in enumerate(self._columns, first))
        sent = (
            f"CAST(u.c{index} AS json)" if isinstance(column.type, JSON) else f"u.c{index}"
            for index, column in enumerate(self._columns)
        )
        selected = ", ".join((*sent, *self._literals.values()))
        names = ", ".join(f"c{index}" for index in range(len(self._columns)))
        return f"SELECT {selected} FROM unnest({arrays}) AS u({names})"  # noqa: S608 (our own names)

    def _from_json_each(self) -> str:
        extracted = (f"json_extract(value, '$[{index}]')" for index in range(len(self._columns)))
        selected = ", ".join((*extracted, *self._literals.values()))
        # "WHERE true" keeps SQLite's parser from reading ON CONFLICT as a join condition
        return f"SELECT {selected} FROM json_each(:rows) WHERE true"  # noqa: S608 (our own names)

    def _statement(self, select: str) -> str:
        names = ", ".join(f'"{name}"' for name in (*(column.name for column in self._columns), *self._literals))
        sql = f"INSERT INTO {self._table.name} ({names}) {select} ON CONFLICT {self._conflict}"
        if self._returning:
            sql += " RETURNING " + ", ".join(f'{self._table.name}."{column.name}"' for column in self._returning)
        return sql


class BulkInserts:
    """Inserts into several tables that return nothing; on PostgreSQL one statement in one round trip."""

    def __init__(self, *inserts: BulkInsert) -> None:
        self._inserts = inserts
        statements: list[str] = []
        first = 1
        for insert in inserts:
            statements.append(insert.postgresql(first))
            first += len(insert.arrays(()))
        others = ", ".join(f"w{number} AS ({statement})" for number, statement in enumerate(statements[:-1]))
        self._postgresql = f"WITH {others} {statements[-1]}"

    async def execute(self, connection: AsyncConnection, rows: Sequence[Rows]) -> None:
        """Inserts the rows of each table. Concurrent writers lock the tables in the same order."""
        if connection.dialect.name == "postgresql":
            arrays = [insert.arrays(some) for insert, some in zip(self._inserts, rows, strict=True)]
            await fetch(connection, self._postgresql, *chain.from_iterable(arrays))
        else:
            for insert, some in zip(self._inserts, rows, strict=True):
                await insert.execute(connection, some)


def among(column: Column[Any], values: Collection[Any], connection: AsyncConnection) -> ColumnElement[bool]:
    """Builds ``column IN (values)`` with one bind parameter: the same statement for any number of values."""
    if connection.dialect.name == "postgresql":
        return column == func.any(type_coerce(list(values), ARRAY(column.type)))
    plain = orjson.dumps([_sqlite_converter(column.type)(value) for value in values]).decode()
    return column.in_(select(func.json_each(plain).table_valued("value").c.value))


def _dump(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


def _array_type(column_type: TypeEngine[Any]) -> str:
    if isinstance(column_type, JSON):
        return "text[]"
    if isinstance(column_type, UtcDateTime):
        return "timestamptz[]"
    if isinstance(column_type, Uuid):
        return "uuid[]"
    if isinstance(column_type, Date):
        return "date[]"
    return {"BIGINT": "bigint[]", "INTEGER": "bigint[]", "SMALLINT": "smallint[]", "BOOLEAN": "boolean[]"}.get(
        str(column_type), "text[]"
    )


def _sqlite_converter(column_type: TypeEngine[Any]) -> Callable[[Any], Any]:
    if isinstance(column_type, JSON):
        return _dump
    if isinstance(column_type, UtcDateTime):
        return _sqlite_time
    if isinstance(column_type, Date):
        return _sqlite_date
    if isinstance(column_type, Uuid):
        return _sqlite_uuid
    return _as_is


def _as_is(value: Any) -> Any:
    return value


def _sqlite_uuid(value: UUID | None) -> str | None:
    return None if value is None else value.hex


def _sqlite_date(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _sqlite_time(value: datetime | None) -> str | None:
    # isoformat, since strftime leaves years before 1000 without their zeros
    return None if value is None else value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
