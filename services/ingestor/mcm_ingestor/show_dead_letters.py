"""Output of dead letters as a table or as JSON."""

import sys
from collections.abc import Sequence
from typing import Final

import orjson
import typer
from rich.console import Console
from rich.table import Table

from mcm_ingestor.dead_letters import DeadLetter
from mcm_shared.terminal import escape_controls

_PREVIEW: Final = 80
_WIDTH_OF_A_FILE: Final = 240


def print_table(dead_letters: Sequence[DeadLetter], total: int) -> None:
    """Prints one row per dead letter; external text is shown without control characters or markup."""
    table = Table(title=f"{total:,} dead letters, the newest {len(dead_letters):,}")
    for column in ("written", "origin", "source", "replayed", "reason", "payload"):
        table.add_column(column, overflow="fold")
    for dead_letter in dead_letters:
        table.add_row(
            "unknown" if dead_letter.written_at is None else f"{dead_letter.written_at:%Y-%m-%d %H:%M:%S}Z",
            escape_controls(dead_letter.origin),
            escape_controls(dead_letter.source or ""),
            "yes" if dead_letter.replayed else "no",
            escape_controls(dead_letter.reason),
            escape_controls(dead_letter.value[:_PREVIEW].decode("utf-8", "replace")),
        )
    width = None if sys.stdout.isatty() else _WIDTH_OF_A_FILE
    Console(markup=False, emoji=False, highlight=False, width=width).print(table)


def print_json(dead_letters: Sequence[DeadLetter]) -> None:
    """Prints one JSON object per line."""
    for dead_letter in dead_letters:
        typer.echo(orjson.dumps(dead_letter.as_json(), option=orjson.OPT_UTC_Z))
