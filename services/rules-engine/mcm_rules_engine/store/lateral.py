"""One query for many rows of parameters: by LATERAL on PostgreSQL, row by row on SQLite, which lacks it."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Column, Date, Text, Uuid, text
from sqlalchemy.types import TypeEngine

from mcm_shared.db.engine import AsyncConnection, fetch

_PARAMETER: Final = re.compile(r"\br\.(\w+)")
_ARRAYS: Final[tuple[tuple[type[TypeEngine[Any]], str], ...]] = (
    (Uuid, "uuid[]"),
    (BigInteger, "bigint[]"),
    (Text, "text[]"),
    (Date, "date[]"),
)


class LateralQuery:
    """A query with parameters named ``r.<name>`` that is run for each of many rows of them.

    ``parameters`` and ``columns`` give the types of the parameters and of the columns of a result.
    """

    def __init__(
        self, query: str, parameters: Mapping[str, TypeEngine[Any]], columns: Mapping[str, TypeEngine[Any]]
    ) -> None:
        arrays = ", ".join(f"${number}::{_array(kind)}" for number, kind in enumerate(parameters.values(), start=1))
        selected = ", ".join(f"found.{name}" for name in columns)
        self._postgresql = (
            f"SELECT r.number, {selected} FROM unnest({arrays}) WITH ORDINALITY AS r({', '.join(parameters)}, number) "  # noqa: S608 (our own text)
            f"CROSS JOIN LATERAL ({query}) found"
        )
        self._sqlite = (
            text(_PARAMETER.sub(r":\1", query))
            .bindparams()
            .columns(*(Column(name, kind) for name, kind in columns.items()))
        )
        self._parameters = parameters

    async def execute(self, connection: AsyncConnection, rows: Sequence[Sequence[Any]]) -> list[list[Sequence[Any]]]:
        """Runs the query for each row of parameters; returns the rows found for each, in the same order."""
        found: list[list[Sequence[Any]]] = [[] for _ in rows]
        if not rows:
            return found
        if connection.dialect.name == "postgresql":
            for number, *row in await fetch(connection, self._postgresql, *zip(*rows, strict=True)):
                found[number - 1].append(row)
            return found
        for of_row, row in zip(found, rows, strict=True):
            values = dict(zip(self._parameters, map(_plain, row), strict=True))
            of_row.extend((await connection.execute(self._sqlite, values)).all())
        return found


def _array(kind: TypeEngine[Any]) -> str:
    return next(array for of, array in _ARRAYS if isinstance(kind, of))


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return value.hex if isinstance(value, UUID) else value
