"""Progress of a long command on stderr: a bar on a terminal, and a closing line."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class ProgressCounter:
    """Progress counter: events done, and elapsed time."""

    def __init__(self, bar: Progress | None, total: int | None) -> None:
        self.done = self.new = 0
        self._bar = bar
        self._task = bar.add_task("events", total=total) if bar else None
        self._began = time.monotonic()

    def add(self, count: int, new: int = 0) -> None:
        """Adds ``count`` events, ``new`` of which did not exist before."""
        self.done += count
        self.new += new
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task, count)

    def say(self, message: str) -> None:
        """Prints a message to stderr, above the progress bar if there is one."""
        if self._bar is None:
            say(message)
        else:
            self._bar.console.print(message, markup=False, highlight=False)

    def sentence(self, verb: str) -> str:
        """Formats the number of events, the time, and the rate."""
        seconds = max(time.monotonic() - self._began, 1e-3)
        return f"{verb} {self.done:,} events in {seconds:.1f} s ({self.done / seconds:,.0f} events/s)"


@contextmanager
def tally(total: int | None) -> Iterator[ProgressCounter]:
    """Counts events and shows a progress bar if stderr is a terminal; ``total`` is None when unknown."""
    if not sys.stderr.isatty():
        yield ProgressCounter(None, total)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield ProgressCounter(bar, total)


def say(message: str) -> None:
    """Prints a message to stderr."""
    typer.echo(message, err=True)
