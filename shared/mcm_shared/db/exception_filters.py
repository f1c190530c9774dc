"""What compiling the Sigma filters of exceptions showed, for the services that do not compile them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from mcm_shared.db.engine import AsyncConnection
from mcm_shared.db.exception_tables import EXCEPTION_FILTERS

_FILTER: Final = EXCEPTION_FILTERS.c


@dataclass(frozen=True, slots=True)
class CompiledFilter:
    """The rules that a Sigma filter names, by id, name or title (None: any), and why it is invalid (None: valid)."""

    rules: tuple[str, ...] | None = None
    problem: str | None = None


async def read_filters(connection: AsyncConnection) -> Mapping[int, CompiledFilter]:
    """Reads the filters that were compiled so far, by the number of the exception."""
    rows = await connection.execute(select(_FILTER.exception_id, _FILTER.rules, _FILTER.problem))
    return {
        number: CompiledFilter(rules if rules is None else tuple(rules), problem) for number, rules, problem in rows
    }


async def write_filter(connection: AsyncConnection, exception_id: int, compiled: CompiledFilter) -> None:
    """Writes what compiling the filter of an exception showed, in the place of what it showed before."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    rules = None if compiled.rules is None else list(compiled.rules)
    values = {"rules": rules, "problem": compiled.problem}
    statement = dialect.insert(EXCEPTION_FILTERS).values(exception_id=exception_id, **values)
    await connection.execute(statement.on_conflict_do_update(index_elements=["exception_id"], set_=values))
