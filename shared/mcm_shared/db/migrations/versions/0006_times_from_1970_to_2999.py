"""Times of events lie in the years 1970 to 2999: those beyond, which no reader can show, move to the nearest end."""

from typing import Final

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TIMES: Final = {
    "source_events": ("timestamp",),
    "findings": ("bucket_start", "bucket_end", "first_seen", "last_seen"),
}
_ROLLUPS: Final = {
    "event_rollups": ("hour", ("source", "shard")),
    "event_days": ("day", ("source", "event_type", "shard")),
    "user_days": ("day", ('"user"', "source", "shard")),
}


def upgrade() -> None:
    """Applies the change; an event stored as -infinity (the year 1) becomes one of 1970-01-01."""
    _move("<", "1970-01-01 00:00:00", "1970-01-01", 0)
    _move(">", "2999-12-31 23:00:00", "2999-12-31", 32_503_676_400_000_000)


def downgrade() -> None:
    """Leaves the times as they are: the former ones are not known any more."""


def _move(beyond: str, instant: str, day: str, micros: int) -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    at = f"CAST('{instant}+00' AS timestamptz)" if postgresql else f"'{instant}.000000'"
    date = f"CAST('{day}' AS date)" if postgresql else f"'{day}'"
    for table, columns in _TIMES.items():
        for column in columns:
            op.execute(f"UPDATE {table} SET {column} = {at} WHERE {column} {beyond} {at}")  # noqa: S608 (our own)
    op.execute(f"UPDATE detections SET at = {micros} WHERE at {beyond} {micros}")  # noqa: S608 (our own)
    for table, (column, others) in _ROLLUPS.items():
        end, keys = date if column == "day" else at, ", ".join(others)
        op.execute(
            f"""INSERT INTO {table} ({column}, {keys}, "count")
            SELECT {end}, {keys}, sum("count") FROM {table} WHERE {column} {beyond} {end} GROUP BY {keys}
            ON CONFLICT ({column}, {keys}) DO UPDATE SET "count" = {table}."count" + excluded."count" """  # noqa: S608
        )
        op.execute(f"DELETE FROM {table} WHERE {column} {beyond} {end}")  # noqa: S608 (our own)
