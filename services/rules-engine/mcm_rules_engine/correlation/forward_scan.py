"""Reading a group forward from touched rows, as far as these can matter."""

from bisect import bisect_right
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final
from uuid import UUID

from mcm_rules_engine.correlation.protocol import LatestByValue, Look, Position, Row, Seen, Touched

_FIRST_ROWS: Final = 8
_GROWTH: Final = 4
_POSITION: Final = attrgetter("position")


@dataclass(slots=True)
class Stretch:
    """The rows of each input from a position on; ``until`` says how far each is known (None: to the group's end).

    ``missed`` are touched rows that lie beyond.
    """

    before: list[Sequence[Row]]
    after: list[list[Row]]
    until: list[Position | None]
    missed: Sequence[Touched] = ()

    def reaches(self, position: Position) -> bool:
        """Says whether every input is known up to a position."""
        return all(until is None or until >= position for until in self.until)

    def next_after(self, number: int, position: Position) -> Position | None:
        """Finds the first row of an input after a position, among those known."""
        rows = self.after[number]
        place = bisect_right(rows, position, key=_POSITION)
        return rows[place].position if place < len(rows) else None

    def is_known(self, number: int, end: Position | None, end_at: int) -> bool:
        """Says whether an input is known up to ``end`` or up to the time ``end_at``, whichever is earlier."""
        until = self.until[number]
        return until is None or until[0] >= end_at or (end is not None and until >= end)

    def in_order(self) -> list[tuple[Position, list[tuple[int, Row]]]]:
        """Merges the inputs: each position, with the inputs that have a row there."""
        merged: dict[Position, list[tuple[int, Row]]] = {}
        for number, rows in enumerate(self.after):
            for row in rows:
                merged.setdefault(row.position, []).append((number, row))
        return sorted(merged.items(), key=lambda entry: entry[0])


Lacking = Callable[[Touched, Stretch], int | None]
"""Says which input must be known further before a touched row can matter no more; None: none."""

Reading = Generator[list[Look | LatestByValue], list[Seen], Stretch]


def read_forward(
    series: Sequence[UUID], group_key: str, touched: Sequence[Touched], before: int, lacking: Lacking
) -> Reading:
    """Reads the inputs from the first touched row on until no touched row can matter any more.

    Does not read through a crowd to reach the next touched row: see ``Stretch.missed``.
    """
    start = touched[0].position
    wanted = len(touched) + _FIRST_ROWS
    found = yield [Look(one, group_key, start, before, wanted) for one in series]
    stretch = Stretch(
        before=[seen.before for seen in found],
        after=[list(seen.after) for seen in found],
        until=[seen.after[-1].position if len(seen.after) == wanted else None for seen in found],
    )
    waiting = [row for row in touched if stretch.reaches(row.position)]
    stretch.missed = touched[len(waiting) :]
    while True:
        still = [(row, number) for row in waiting if (number := lacking(row, stretch)) is not None]
        if not still:
            return stretch
        waiting = [row for row, _ in still]
        wanted *= _GROWTH
        further = sorted({number for _, number in still})
        found = yield [Look(series[n], group_key, stretch.after[n][-1].position, 0, wanted) for n in further]
        for number, seen in zip(further, found, strict=True):
            # going on from the last row gives that one again, and any others of the same event
            known = {row for row in stretch.after[number] if row.position == stretch.until[number]}
            stretch.after[number] += [row for row in seen.after if row not in known]
            stretch.until[number] = seen.after[-1].position if len(seen.after) == wanted else None
