"""How far a long command has come: a bar on a terminal, a closing line everywhere, both on stderr."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class Tally:
    """Counts what was done and how long it took."""

    def __init__(self, bar: Progress | None, total: int | None) -> None:
        self.done = self.new = 0
        self._bar = bar
        self._task = bar.add_task("events", total=total) if bar else None
        self._began = time.monotonic()

    def add(self, count: int, new: int = 0) -> None:
        """Counts ``count`` more, of which ``new`` were not there before."""
        self.done += count
        self.new += new
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task, count)

    def say(self, message: str) -> None:
        """Tells a person on stderr, above the bar where there is one."""
        if self._bar is None:
            say(message)
        else:
            self._bar.console.print(message, markup=False, highlight=False)

    def sentence(self, verb: str) -> str:
        """Says how many events were done, in which time, and how many a second that is."""
        seconds = max(time.monotonic() - self._began, 1e-3)
        return f"{verb} {self.done:,} events in {seconds:.1f} s ({self.done / seconds:,.0f} events/s)"


@contextmanager
def tally(total: int | None) -> Iterator[Tally]:
    """Counts events, and shows a bar while it lasts where stderr is a terminal; ``total`` None: nobody knows."""
    if not sys.stderr.isatty():
        yield Tally(None, total)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield Tally(bar, total)


def say(message: str) -> None:
    """Tells a person on stderr."""
    typer.echo(message, err=True)
