"""Generated columns that can be added to a table with rows, on PostgreSQL and on SQLite."""

from typing import Any

from sqlalchemy import Computed
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import DDLCompiler


class Generated(Computed):
    """A generated column: stored on PostgreSQL, which indexes it; virtual on SQLite, which adds no others."""

    def __init__(self, sql: str) -> None:
        super().__init__(sql, persisted=True)


@compiles(Generated, "sqlite")
def _virtual(element: Generated, compiler: DDLCompiler, **_: Any) -> str:
    sql = compiler.sql_compiler.process(element.sqltext, include_table=False, literal_binds=True)
    return f"GENERATED ALWAYS AS ({sql}) VIRTUAL"


@compiles(Generated)
def _stored(element: Generated, compiler: DDLCompiler, **options: Any) -> str:
    written: str = compiler.visit_computed_column(element, **options)  # type: ignore[no-untyped-call]
    return written
