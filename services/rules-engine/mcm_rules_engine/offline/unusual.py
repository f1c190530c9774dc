"""Unusual days of users in files of events, without broker or database."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson

from mcm_rules_engine.offline.event_reader import EventReader, Refuse
from mcm_rules_engine.profiles.explain import counts_of
from mcm_rules_engine.profiles.history import UserDay, profile_days, score_days
from mcm_rules_engine.profiles.score import DayScore, FeatureEvidence, VolumeEvidence
from mcm_shared.terminal import escape_controls

_NAMED = 5
_MILLI = 1000


@dataclass(frozen=True, slots=True)
class UnusualDays:
    """The unusual days, the earliest first, of all ``scored`` days; ``learning`` days have no score yet."""

    unusual: list[UserDay]
    scored: int
    learning: int
    events: int
    refused: int


def find_unusual(names: Sequence[str], source: str, max_event_bytes: int, refuse: Refuse) -> UnusualDays:
    """Scores the days of the users in files; see EventReader for what it reads and raises."""
    reader = EventReader(names, source, max_event_bytes, refuse)
    days = list(score_days(profile_days(event for batch in reader.batches() for event in batch)))
    scored = [one for one in days if one.score is not None]
    unusual = [one for one in scored if one.score is not None and one.score.is_unusual]
    return UnusualDays(unusual, len(scored), len(days) - len(scored), reader.events, reader.refused)


def lines_of(one: UserDay, score: DayScore) -> Iterator[str]:
    """Writes a day for a terminal: its scores, and the evidence that weighs most."""
    yield (
        f"{one.day}  {escape_controls(one.user)}  login {_bits(score.login)}  "
        f"activity {_bits(score.activity)}  volume {_bits(score.volume)}"
    )
    evidence: list[FeatureEvidence | VolumeEvidence] = [*score.features, *score.volumes]
    evidence.sort(key=lambda each: -each.score)
    for each in [each for each in evidence if each.score > 0][:_NAMED]:
        yield f"    {_bits(each.score):>5}  {escape_controls(str(each))}"


def json_of(one: UserDay, score: DayScore) -> bytes:
    """Writes a day as one line of JSON, with every count that its scores are computed from."""
    return orjson.dumps({"user": one.user, "day": one.day, **counts_of(score)})


def _bits(score: int) -> str:
    return f"{score / _MILLI:.1f}"
