"""Prints dead letters for a person or for a program."""

import sys
from collections.abc import Sequence
from typing import Final

import orjson
import typer
from rich.console import Console
from rich.table import Table

from mcm_ingestor.dead_letters import DeadLetter

_PREVIEW: Final = 80
_WIDTH_OF_A_FILE: Final = 240


def print_table(letters: Sequence[DeadLetter], total: int) -> None:
    """Prints one row a letter; what came from outside is shown without control characters and markup."""
    table = Table(title=f"{total:,} dead letters, the newest {len(letters):,}")
    for column in ("written", "origin", "source", "replayed", "reason", "payload"):
        table.add_column(column, overflow="fold")
    for letter in letters:
        table.add_row(
            "unknown" if letter.written_at is None else f"{letter.written_at:%Y-%m-%d %H:%M:%S}Z",
            _plain(letter.origin),
            _plain(letter.source or ""),
            "yes" if letter.replayed else "no",
            _plain(letter.reason),
            _plain(letter.value[:_PREVIEW].decode("utf-8", "replace")),
        )
    width = None if sys.stdout.isatty() else _WIDTH_OF_A_FILE
    Console(markup=False, emoji=False, highlight=False, width=width).print(table)


def print_json(letters: Sequence[DeadLetter]) -> None:
    """Prints one JSON object a line."""
    for letter in letters:
        typer.echo(orjson.dumps(letter.as_json(), option=orjson.OPT_UTC_Z))


def _plain(text: str) -> str:
    return "".join(character if character.isprintable() else "·" for character in text)
