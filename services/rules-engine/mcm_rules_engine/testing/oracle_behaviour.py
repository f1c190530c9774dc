"""What rules for unusual behaviour mean, computed the slow and obvious way: every day counted from all events."""

from collections import Counter
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


def unusual_days(rule: Correlation, events: Iterable[SourceEvent]) -> Iterator[tuple[OracleResult, Hit]]:
    """Says of each scored day of each user whether the rule holds."""
    measure = rule.score
    if measure is None or rule.comparison is None:
        return
    for (user, day), today, score in scored_days(events):
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


def scored_days(events: Iterable[SourceEvent]) -> Iterator[tuple[tuple[str, date], list[SourceEvent], DayScore]]:
    """Scores the days of users that are no longer learning."""
    of_users = [one for one in events if one.user is not None and 1971 <= one.timestamp.year < 9000]
    seen = {(*_user_day(event), feature, value) for event in of_users for feature, value in features_of(event)}
    for (user, day), same in groupby(sorted(of_users, key=_user_day), key=_user_day):
        today = list(same)
        history = [one for one in of_users if _user_day(one)[0] == user]
        history = [one for one in history if day - timedelta(days=60) <= one.timestamp.date() < day]
        if len({one.timestamp.date() for one in history}) < 14 or len(history) < 50:
            continue
        monday = day - timedelta(days=day.weekday())
        mine = [one for one in seen if one[0] == user and day - timedelta(days=60) <= one[1] < day]
        everyone = [one for one in seen if monday - timedelta(weeks=8) <= one[1] < monday]
        values = [
            _evidence(feature, value, [o for o in mine if o[2] is feature], [o for o in everyone if o[2] is feature])
            for at, on, feature, value in seen
            if (at, on) == (user, day) and any(o[2] is feature for o in mine)
        ]
        failed = [one for one in history if one.event_type.endswith(FAILURES)]
        volumes = [
            _volume("events", len(today), history, history),
            _volume("failures", sum(one.event_type.endswith(FAILURES) for one in today), failed, history),
        ]
        yield (user, day), today, score_of(values, volumes)


def _user_day(event: SourceEvent) -> tuple[str, date]:
    return canonical_value(event.user), event.timestamp.date()


def _evidence(feature: Feature, value: str, mine: list[Seen], everyone: list[Seen]) -> ValueEvidence:
    alike = {value}
    if feature is Feature.HOUR:
        alike = {f"{(int(value) + beside) % 24:02}" for beside in (-1, 0, 1)}
    return ValueEvidence(
        feature,
        value,
        sum(one[3] in alike for one in mine),
        len(mine),
        sum(one[3] in alike for one in everyone),
        len(everyone),
        len({one[3] for one in everyone}),
    )


def _volume(name: str, count: int, counted: list[SourceEvent], history: list[SourceEvent]) -> VolumeEvidence:
    days = Counter({one.timestamp.date(): 0 for one in history})
    days.update(one.timestamp.date() for one in counted)
    return VolumeEvidence(name, count, sum(one >= count for one in days.values()), len(days), max(days.values()))
