"""What rules for unusual behaviour mean, computed the slow and obvious way: every day counted from all events."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import groupby
from uuid import UUID

from mcm_rules_engine.profiles.explain import bits_text, explain
from mcm_rules_engine.profiles.features import Feature, features_of
from mcm_rules_engine.profiles.score import DayScore, ValueEvidence, VolumeEvidence, score_of
from mcm_rules_engine.sigma.compile.group_keys import canonical_value, group_key
from mcm_rules_engine.sigma.model.correlation import Correlation
from mcm_rules_engine.testing.oracle_groups import Hit
from mcm_rules_engine.testing.oracle_recomputed import OracleResult
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.findings import FINDING_UUIDS

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FAILURES = ("_failed", "_failure", "_denied")

Seen = tuple[str, date, Feature, str]
Counts = defaultdict[Feature, Counter[str]]
ScoredDay = tuple[tuple[str, date], list[SourceEvent], DayScore]


def unusual_days(rule: Correlation, scored: Iterable[ScoredDay]) -> Iterator[tuple[OracleResult, Hit]]:
    """Says of each scored day of each user whether the rule holds."""
    measure = rule.score
    if measure is None or rule.comparison is None:
        return
    for (user, day), today, score in scored:
        holds = rule.comparison.holds(Fraction(score.of(measure), 1000))
        positions = sorted(((event.timestamp - EPOCH) // timedelta(microseconds=1), event.uid) for event in today)
        key = group_key({"user": user})
        start = (datetime(day.year, day.month, day.day, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
        name: UUID = FINDING_UUIDS.uuid5(f"bucket|{start}|{key}")
        ends = (positions[0], positions[-1])
        amount = bits_text(score.of(measure)).rstrip("0").rstrip(".")
        first = next(event for event in today if event.uid == positions[0][1])
        why = explain(first.user or "", day, score, measure)
        completed_by = tuple(sorted(set(ends)))
        yield (
            OracleResult(start, name, "", "standing" if holds else "no", ends[1][1], *ends, amount),
            Hit(rule, start, {"user": user}, rule.level, *ends, 1, completed_by, amount, why),
        )


def scored_days(events: Iterable[SourceEvent]) -> Iterator[ScoredDay]:
    """Scores the days of users that are no longer learning."""
    dated = [(*_user_day(one), one) for one in events if one.user is not None and 1971 <= one.timestamp.year < 9000]
    seen = {(user, day, *value) for user, day, event in dated for value in features_of(event)}
    weeks: dict[date, Counts] = {}
    for user, of_user in groupby(sorted(dated, key=_named), key=lambda one: one[0]):
        days = {day: [event for *_, event in same] for day, same in groupby(of_user, key=lambda one: one[1])}
        seen_of_user = [one for one in seen if one[0] == user]
        for day, today in days.items():
            first = day - timedelta(days=60)
            before = {other: events for other, events in days.items() if first <= other < day}
            history = [event for events in before.values() for event in events]
            if len(before) < 14 or len(history) < 50:
                continue
            monday = day - timedelta(days=day.weekday())
            if monday not in weeks:
                weeks[monday] = _counts(seen, monday - timedelta(weeks=8), monday)
            mine = _counts(seen_of_user, first, day)
            values = [
                _evidence(feature, value, mine[feature], weeks[monday][feature])
                for _, on, feature, value in seen_of_user
                if on == day and mine[feature]
            ]
            failed = [one for one in history if one.event_type.endswith(FAILURES)]
            volumes = [
                _volume("events", len(today), history, history),
                _volume("failures", sum(one.event_type.endswith(FAILURES) for one in today), failed, history),
            ]
            yield (user, day), today, score_of(values, volumes)


def _named(one: tuple[str, date, SourceEvent]) -> tuple[str, date]:
    return one[:2]


def _user_day(event: SourceEvent) -> tuple[str, date]:
    return canonical_value(event.user), event.timestamp.date()


def _counts(seen: Iterable[Seen], first: date, end: date) -> Counts:
    """Counts on how many days of how many users each value of each feature was seen, from the first day to the end."""
    counts: Counts = defaultdict(Counter)
    for _, day, feature, value in seen:
        if first <= day < end:
            counts[feature][value] += 1
    return counts


def _evidence(feature: Feature, value: str, mine: Counter[str], everyone: Counter[str]) -> ValueEvidence:
    alike = {value}
    if feature is Feature.HOUR:
        alike = {f"{(int(value) + beside) % 24:02}" for beside in (-1, 0, 1)}
    return ValueEvidence(
        feature,
        value,
        sum(mine[one] for one in alike),
        mine.total(),
        sum(everyone[one] for one in alike),
        everyone.total(),
        len(everyone),
    )


def _volume(name: str, count: int, counted: list[SourceEvent], history: list[SourceEvent]) -> VolumeEvidence:
    days = Counter({one.timestamp.date(): 0 for one in history})
    days.update(one.timestamp.date() for one in counted)
    return VolumeEvidence(name, count, sum(one >= count for one in days.values()), len(days), max(days.values()))
