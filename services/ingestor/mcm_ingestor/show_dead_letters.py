"""Output of dead letters as a table or as JSON."""

import sys
from collections.abc import Mapping, Sequence
from typing import Final

import orjson
import typer
from rich.console import Console
from rich.table import Table

from mcm_ingestor.dead_letter_entries import DeadLetterEntry, EntryState
from mcm_shared.terminal import escape_controls

_PREVIEW: Final = 80
_WIDTH_OF_A_FILE: Final = 240


def print_table(entries: Sequence[DeadLetterEntry], counts: Mapping[EntryState, int]) -> None:
    """Prints one row per entry; external text is shown without control characters or markup."""
    figures = ", ".join(f"{counts[state]:,} {state}" for state in EntryState)
    table = Table(title=f"Dead letters: {figures}; the newest {len(entries):,}")
    for column in ("place", "written", "origin", "source", "state", "reason", "payload"):
        table.add_column(column, overflow="fold")
    for entry in entries:
        letter = entry.letter
        table.add_row(
            "{}/{}".format(*letter.place),
            "unknown" if letter.written_at is None else f"{letter.written_at:%Y-%m-%d %H:%M:%S}Z",
            escape_controls(letter.origin),
            escape_controls(letter.source or ""),
            escape_controls(_state(entry)),
            escape_controls(letter.reason),
            escape_controls(letter.value[:_PREVIEW].decode("utf-8", "replace")),
        )
    width = None if sys.stdout.isatty() else _WIDTH_OF_A_FILE
    Console(markup=False, emoji=False, highlight=False, width=width).print(table)


def print_json(entries: Sequence[DeadLetterEntry]) -> None:
    """Prints one JSON object per line."""
    for entry in entries:
        action = entry.action
        document = {
            "place": "{}/{}".format(*entry.letter.place),
            **entry.letter.as_json(),
            "state": entry.state,
            "failures": entry.failures,
            "actor": action and action.actor,
            "acted_at": action and action.at,
            "dismissed_because": action and action.reason,
        }
        typer.echo(orjson.dumps(document, option=orjson.OPT_UTC_Z))


def _state(entry: DeadLetterEntry) -> str:
    if entry.action is None or entry.action.reason is None:
        return entry.state
    return f"{entry.state}: {entry.action.reason}"
