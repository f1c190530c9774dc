"""Reads a group forward from affected rows, as far as these can matter."""

from bisect import bisect_right
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final
from uuid import UUID

from mcm_rules_engine.correlation.protocol import AffectedRow, LatestByValue, Position, RangeQuery, RangeResult, Row

_FIRST_ROWS: Final = 8
_GROWTH: Final = 4
_POSITION: Final = attrgetter("position")
_FIRST_UID: Final = UUID(int=0)


def _time(row: Row) -> int:
    return row.position[0]


@dataclass(slots=True)
class Segment:
    """Rows of each input from a position on; ``until`` is how far each is known (None: to the group's end).

    ``outside_segment`` are affected rows that lie beyond.
    """

    before: list[Sequence[Row]]
    after: list[list[Row]]
    until: list[Position | None]
    outside_segment: Sequence[AffectedRow] = ()

    def reaches(self, position: Position) -> bool:
        """Says whether every input is known up to a position."""
        return all(until is None or until >= position for until in self.until)

    def reaches_past(self, at: int) -> bool:
        """Says whether every input is known with all its rows of a time."""
        return all(until is None or until[0] > at for until in self.until)

    def next_after(self, number: int, position: Position) -> Position | None:
        """Finds the first row of an input after a position, among those known."""
        rows = self.after[number]
        place = bisect_right(rows, position, key=_POSITION)
        return rows[place].position if place < len(rows) else None

    def is_known(self, number: int, end: Position | None, end_at: int) -> bool:
        """Says whether an input is known up to ``end`` or up to the time ``end_at``, whichever is earlier."""
        until = self.until[number]
        return until is None or until[0] >= end_at or (end is not None and until >= end)

    def second_time_after(self, number: int, at: int) -> int | None:
        """Finds the time of the second row of an input after a time, among those known."""
        rows = self.after[number]
        place = bisect_right(rows, at, key=_time) + 1
        return rows[place].position[0] if place < len(rows) else None

    def is_known_through(self, number: int, at: int | None, end_at: int) -> bool:
        """Says whether an input is known with every row of the time ``at`` and before, or up to the time ``end_at``."""
        until = self.until[number]
        return until is None or until[0] >= end_at or (at is not None and until[0] > at)

    def by_time(self) -> Iterator[tuple[int, dict[int, list[Position]]]]:
        """Merges the inputs: each time in order, with the positions of each input then."""
        merged: dict[int, dict[int, list[Position]]] = {}
        for number, rows in enumerate(self.after):
            for row in rows:
                merged.setdefault(row.position[0], {}).setdefault(number, []).append(row.position)
        return iter(sorted(merged.items()))

    def in_order(self) -> list[tuple[Position, list[tuple[int, Row]]]]:
        """Merges the inputs: each position, with the inputs that have a row there."""
        merged: dict[Position, list[tuple[int, Row]]] = {}
        for number, rows in enumerate(self.after):
            for row in rows:
                merged.setdefault(row.position, []).append((number, row))
        return sorted(merged.items(), key=lambda entry: entry[0])


IncompleteInput = Callable[[AffectedRow, Segment], int | None]
"""Says which input must be known further before an affected row can matter no more; None: none."""

Reading = Generator[list[RangeQuery | LatestByValue], list[RangeResult], Segment]


def read_forward(
    series: Sequence[UUID],
    group_key: str,
    affected: Sequence[AffectedRow],
    before: int,
    incomplete_input: IncompleteInput,
    *,
    whole_times: bool = False,
) -> Reading:
    """Reads the inputs from the first affected row on until no affected row can matter any more.

    Does not read through a crowd to reach the next affected row: see ``Segment.outside_segment``. With ``whole_times``
    rows of one time belong together: it begins with the first of that time, and reads such a crowd.
    """
    start_at, start_uid = affected[0].position
    start = (start_at, _FIRST_UID if whole_times else start_uid)
    limit = len(affected) + _FIRST_ROWS
    found = yield [RangeQuery(one, group_key, start, before, limit) for one in series]
    segment = Segment(
        before=[result.before for result in found],
        after=[list(result.after) for result in found],
        until=[result.after[-1].position if len(result.after) == limit else None for result in found],
    )
    if whole_times:
        waiting = [row for row in affected if row.position[0] == start_at or segment.reaches_past(row.position[0])]
    else:
        waiting = [row for row in affected if segment.reaches(row.position)]
    segment.outside_segment = affected[len(waiting) :]
    while True:
        still = [(row, number) for row in waiting if (number := incomplete_input(row, segment)) is not None]
        if not still:
            return segment
        waiting = [row for row, _ in still]
        limit *= _GROWTH
        further = sorted({number for _, number in still})
        found = yield [RangeQuery(series[n], group_key, segment.after[n][-1].position, 0, limit) for n in further]
        for number, result in zip(further, found, strict=True):
            # going on from the last row gives that one again, and any others of the same event
            known = {row for row in segment.after[number] if row.position == segment.until[number]}
            segment.after[number] += [row for row in result.after if row not in known]
            segment.until[number] = result.after[-1].position if len(result.after) == limit else None
