"""What the recomputed rules mean, computed the slow and obvious way: every scope answered from all events."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from itertools import pairwise
from typing import Literal
from uuid import UUID

from mcm_rules_engine.sigma.model.correlation import Correlation, Kind
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.testing.oracle_groups import Hit, OracleEntry, Position, counted_groups
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.findings import FINDING_UUIDS

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EMPTY_WINDOWS = 30
LARGEST = 10**15
MICROSECOND = timedelta(microseconds=1)

ResultName = tuple[UUID, str, int, UUID, str]
"""A result by the series of its rule, group key, time, event (or window) and value."""

Progress = Mapping[str, int]
"""Until when each source is complete, in microseconds since 1970."""


@dataclass(frozen=True)
class OracleResult:
    """The answer for a scope; ``state`` is "no" where the rule does not hold."""

    at: int
    uid: UUID
    value: str
    state: Literal["pending", "standing", "no"]
    decided_by: UUID
    first: Position
    last: Position
    amount: str | None = None

    def hit(self, rule: Correlation, group: dict[str, str | None], blind: int) -> Hit:
        """The hit that a standing result is; ``blind`` are the rules that no longer see the source of a group."""
        completed_by = tuple(sorted({self.first, self.last}))
        value = self.amount if self.amount is not None else self.value or None
        silence = rule.kind is Kind.SILENCE
        severity = max((one for count, one in rule.steps if not silence or blind >= count), key=lambda one: one.rank)
        return Hit(rule, self.at, group, severity, self.first, self.last, blind if silence else 1, completed_by, value)


def progress_of(events: Iterable[SourceEvent]) -> Progress:
    """Says until when each source is complete: its latest event, or what a record of a poll says."""
    until: dict[str, int] = {}
    for event in events:
        at = _micros(event.timestamp)
        until[event.source] = max(until.get(event.source, at), at)
        if event.source == "mcm.ingestor" and event.event_type == "source_polled":
            polled = min(_micros(datetime.fromisoformat(event.facts["complete_until"])), at)
            until |= {source: max(until.get(source, polled), polled) for source in event.facts["feeds"]}
    return until


def blind_rules(
    rule: Correlation,
    group: Mapping[str, str | None],
    until: int,
    ruleset: Ruleset,
    hits: Mapping[str, list[Hit]],
    events: Mapping[UUID, SourceEvent],
) -> int:
    """Counts the rules that the events of the source of a group matched, or counted towards, before it was silent."""
    if rule.kind is not Kind.SILENCE or rule.group_by != ("source",):
        return 0
    since = until - rule.history // MICROSECOND
    of_rules = [[hit.last for hit in hits[one.id]] for one in ruleset.rules if one.raises_finding]
    for one in ruleset.correlations:
        if one.raises_finding and not one.tumbling and one.depth == 1:
            counted = counted_groups(one, hits, events, ruleset).values()
            of_rules.append([entry.position for _, entries in counted for entry in entries])
    return sum(
        any(since < at <= until and events[uid].source == group["source"] for at, uid in positions)
        for positions in of_rules
    )


def answers(
    rule: Correlation, key: str, entries: list[OracleEntry], events: Mapping[UUID, SourceEvent], until: Progress
) -> list[OracleResult]:
    """Answers for every scope of a group."""

    def waits(uid: UUID, time: int) -> bool:
        sources = rule.sources if rule.sources is not None else (events[uid].source,)
        return any(until.get(source, -1) < time for source in sources)

    if rule.kind is Kind.NOT_FOLLOWED_BY:
        return list(_not_followed_by(rule, entries, waits))
    if rule.kind is Kind.NEW_VALUE:
        return list(_new_value(rule, entries))
    if rule.kind is Kind.SILENCE:
        return list(_silence(rule, key, entries, max(until.values())))
    return list(_windows(rule, key, entries, waits))


def _not_followed_by(
    rule: Correlation, entries: list[OracleEntry], waits: Callable[[UUID, int], bool]
) -> Iterator[OracleResult]:
    for at, uid in sorted({one.position for one in entries if one.input == 0}):
        end = at + rule.window
        followers = sorted(
            one.position for one in entries if one.input == 1 and at <= one.position[0] < end and one.position[1] != uid
        )
        here = (at, uid)
        if followers:
            yield OracleResult(at, uid, "", "no", followers[0][1], here, here)
        else:
            yield OracleResult(at, uid, "", "pending" if waits(uid, end) else "standing", uid, here, here)


def _new_value(rule: Correlation, entries: list[OracleEntry]) -> Iterator[OracleResult]:
    learning = rule.learning // timedelta(microseconds=1)
    for here, value in sorted({(one.position, one.value or "") for one in entries}):
        recent = [one for one in entries if here[0] - rule.window < one.position[0] and one.position < here]
        same = [one.position for one in recent if (one.value or "") == value]
        learned = not learning or any(one.position[0] <= here[0] - learning for one in recent)
        decided_by = max(same) if same else here
        yield OracleResult(*here, value, "standing" if learned and not same else "no", decided_by[1], here, here)


def _silence(rule: Correlation, key: str, entries: list[OracleEntry], now: int) -> Iterator[OracleResult]:
    hour = 3600 * 10**6
    unread: Position | None = None
    for number in reversed(range(len(rule.inputs))):
        positions = sorted({one.position for one in entries if one.input == number})
        if not positions:
            continue
        hours = sorted({at // hour * hour for at, _ in positions})
        here = [position for position in positions if position[0] // hour * hour == hours[-1]]
        before = [position for position in positions if position[0] > hours[-1] - rule.history // MICROSECOND]
        recent = [one for one in before if one[0] // hour * hour > hours[-1] - rule.history // MICROSECOND]
        value = "read" if number else ""
        for start, following in pairwise(hours):
            name = FINDING_UUIDS.uuid5(f"bucket|{start}|{key}")
            inside = [position for position in positions if position[0] // hour * hour == start]
            resumed = next(position for position in positions if position[0] >= following)
            yield OracleResult(start, name, value, "no", resumed[1], inside[-1], inside[-1])
        name = FINDING_UUIDS.uuid5(f"bucket|{hours[-1]}|{key}")
        # pauses within an hour are shorter than the least silence
        pauses = [after - at for (at, _), (after, _) in pairwise(recent) if after // hour > at // hour]
        tenths = max([2 * pause // (hour // 10) for pause in pauses] + [10])
        silent = tenths * (hour // 10)
        learned = here[0][0] - recent[0][0] >= rule.learning // MICROSECOND
        if (not number and not learned) or unread:
            decided = unread or here[-1]
            yield OracleResult(hours[-1], name, value, "no", decided[1], here[-1], here[-1])
            continue
        text = f"{tenths // 10}.{tenths % 10}".removesuffix(".0")
        if now < here[-1][0] + silent:
            yield OracleResult(hours[-1], name, value, "pending", here[0][1], here[0], here[0], text)
        else:
            yield OracleResult(hours[-1], name, value, "standing", here[-1][1], here[-1], here[-1], text)
            unread = here[-1] if number else None


def _windows(
    rule: Correlation, key: str, entries: list[OracleEntry], waits: Callable[[UUID, int], bool]
) -> Iterator[OracleResult]:
    summed = rule.kind in (Kind.VALUE_SUM, Kind.VALUE_AVG)
    inside: dict[int, set[tuple[Position, Fraction]]] = {}
    for one in entries:
        value = _number(one.value) if summed else Fraction(0)
        if value is not None:
            inside.setdefault(one.position[0] // rule.window * rule.window, set()).add((one.position, value))
    for start, counted in inside.items():
        positions = sorted(position for position, _ in counted)
        yield _window(rule, key, start, counted, (positions[0], positions[-1]), waits)
        for number in range(1, EMPTY_WINDOWS + 1):
            empty = start + number * rule.window
            if empty in inside or rule.kind is Kind.VALUE_AVG or not _holds(rule, Fraction(0)):
                break
            if waits(positions[-1][1], empty):
                name = FINDING_UUIDS.uuid5(f"bucket|{empty}|{key}")
                yield OracleResult(empty, name, "", "no", positions[-1][1], positions[-1], positions[-1])
                continue
            yield _window(rule, key, empty, set(), (positions[-1], positions[-1]), waits)


def _window(
    rule: Correlation,
    key: str,
    start: int,
    counted: set[tuple[Position, Fraction]],
    ends: tuple[Position, Position],
    waits: Callable[[UUID, int], bool],
) -> OracleResult:
    name = FINDING_UUIDS.uuid5(f"bucket|{start}|{key}")
    if waits(ends[1][1], start + rule.window):
        return OracleResult(start, name, "", "pending", ends[1][1], *ends)
    total = sum((value for _, value in counted), Fraction(0))
    amount = Fraction(len({position for position, _ in counted}))
    if rule.kind is Kind.VALUE_SUM:
        amount = total
    elif rule.kind is Kind.VALUE_AVG:
        amount = total / len(counted)
    text = f"{Decimal(round(amount * 10**6)).scaleb(-6):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return OracleResult(
        start, name, "", "standing" if _holds(rule, amount) else "no", ends[1][1], *ends, "0" if text == "-0" else text
    )


def _holds(rule: Correlation, amount: Fraction) -> bool:
    assert rule.comparison is not None
    number = rule.comparison.number
    return {
        "lt": amount < number,
        "lte": amount <= number,
        "eq": amount == number,
        "neq": amount != number,
        "gt": amount > number,
        "gte": amount >= number,
    }[rule.comparison.operator]


def _number(value: str | None) -> Fraction | None:
    try:
        number = Decimal(value or "")
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) > LARGEST:
        return None
    return Fraction(round(Fraction(number) * 10**6), 10**6)


def _micros(time: datetime) -> int:
    return (time - EPOCH) // timedelta(microseconds=1)
