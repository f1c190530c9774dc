"""Anomaly scores of a user's day: log likelihood ratios of its values, and the tails of its volumes, in integers.

A value's ratio says how much more likely it is for everyone than for the user. The user's probability is smoothed
towards everyone's, as if the user had shown PRIOR values more, spread as everyone's are. A feature adds the ratio of
its most unusual value, which finds one strange event on a usual day, and LIKENESS times the mean over all its values,
which finds a day that as a whole is like someone else's. A usual feature counts against an anomaly.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from mcm_rules_engine.profiles.features import LOGIN_FEATURES, Feature
from mcm_rules_engine.profiles.likelihood import log_ratio
from mcm_rules_engine.sigma.model.correlation import Measure

HISTORY_DAYS: Final = 60
LEARNING_DAYS: Final = 14
LEARNING_EVENTS: Final = 50
PRIOR: Final = 4
LIKENESS: Final = 2


THRESHOLDS: Final = {Measure.LOGIN: 6_000, Measure.ACTIVITY: 10_000, Measure.VOLUME: 7_000}
"""Thresholds, in thousandths of a bit: of 100 days of a quiet month, at most one is unusual."""


def value_score(user_count: int, user_total: int, everyone_count: int, of_everyone: int) -> int:
    """Scores a value by its counts; ``of_everyone`` is everyone's total and the number of distinct values, plus one."""
    everyone = everyone_count + 1
    return log_ratio(everyone * (user_total + PRIOR), user_count * of_everyone + PRIOR * everyone)


def feature_score(scores: Sequence[int]) -> int:
    """Scores a feature by the scores of its values: the most unusual one, and the mean of all."""
    return max(0, *scores) + LIKENESS * (sum(scores) // len(scores))


def volume_score(count: int, days_with_as_many: int, active_days: int, most: int) -> int:
    """Scores a volume by the days that had as many, beyond all of them by a Pareto tail; 0 for none."""
    if count > most:
        return log_ratio((active_days + 1) * count, max(1, most))
    return log_ratio(active_days + 1, days_with_as_many + 1) if count else 0


class Scores(NamedTuple):
    """The scores of a day alone, in thousandths of a bit, by the names of Measure."""

    login: int
    activity: int
    volume: int

    def of(self, measure: Measure) -> int:
        """Returns one of the scores."""
        score: int = getattr(self, measure.value)
        return score


@dataclass(frozen=True)
class ValueEvidence:
    """On how many days a value of a day occurred before: among the values of the user's days, and of everyone's.

    ``everyone_values`` is the number of distinct values that everyone has shown.
    """

    feature: Feature
    value: str
    user_count: int
    user_total: int
    everyone_count: int
    everyone_total: int
    everyone_values: int

    @cached_property
    def score(self) -> int:
        """The binary logarithm of the ratio, in thousandths; negative for a value that is usual for the user."""
        of_everyone = self.everyone_total + self.everyone_values + 1
        return value_score(self.user_count, self.user_total, self.everyone_count, of_everyone)

    def __str__(self) -> str:
        new = "new " if not self.user_count else ""
        return (
            f"{new}{self.feature} {self.value}: {self.user_count:,} of {self.user_total:,} in {HISTORY_DAYS} days; "
            f"everyone {self.everyone_count:,} of {self.everyone_total:,} among {self.everyone_values:,} values"
        )


@dataclass(frozen=True)
class VolumeEvidence:
    """How many of the user's active days had as many events (or failures) as this one, and the most of any."""

    name: str
    count: int
    days_with_as_many: int
    active_days: int
    most: int

    @cached_property
    def score(self) -> int:
        """The binary logarithm of the inverse probability of as many, in thousandths; 0 for none."""
        return volume_score(self.count, self.days_with_as_many, self.active_days, self.most)

    def __str__(self) -> str:
        return (
            f"{self.count:,} {self.name}: as many on {self.days_with_as_many:,} of {self.active_days:,} active days, "
            f"at most {self.most:,}"
        )


@dataclass(frozen=True)
class FeatureEvidence:
    """The values of a feature on a day, the most unusual first."""

    values: tuple[ValueEvidence, ...]

    @cached_property
    def score(self) -> int:
        """The most unusual value's ratio, and the mean of all values' ratios, as the module says."""
        return feature_score([one.score for one in self.values])

    def __str__(self) -> str:
        return str(self.values[0])


@dataclass(frozen=True)
class DayScore:
    """The scores of a user's day in thousandths of a bit; of its features and of its volumes, the weightiest first."""

    features: tuple[FeatureEvidence, ...]
    volumes: tuple[VolumeEvidence, ...]

    @cached_property
    def activity(self) -> int:
        """How much more likely the day's values are for everyone than for the user."""
        return sum(one.score for one in self.features)

    @property
    def is_unusual(self) -> bool:
        """Whether one of the scores reaches its threshold."""
        return any(self.of(measure) >= threshold for measure, threshold in THRESHOLDS.items())

    @cached_property
    def login(self) -> int:
        """How much more likely it is for everyone than for the user to act from where, and when, the user did."""
        return sum(one.score for one in self.features if one.values[0].feature in LOGIN_FEATURES)

    @cached_property
    def volume(self) -> int:
        """How unlikely as many events, or as many failures, are for the user."""
        return max(one.score for one in self.volumes)

    @property
    def scores(self) -> Scores:
        """The scores alone."""
        return Scores(self.login, self.activity, self.volume)

    def of(self, measure: Measure) -> int:
        """Returns one of the scores."""
        return self.scores.of(measure)

    def evidence_of(self, measure: Measure) -> list[FeatureEvidence | VolumeEvidence]:
        """Lists what raises one of the scores, the weightiest first."""
        if measure is Measure.VOLUME:
            return [one for one in self.volumes if one.score > 0]
        is_part = Feature if measure is Measure.ACTIVITY else LOGIN_FEATURES
        return [one for one in self.features if one.score > 0 and one.values[0].feature in is_part]


def score_of(values: Iterable[ValueEvidence], volumes: Iterable[VolumeEvidence]) -> DayScore:
    """Scores a day by the evidence of all of its values and volumes, in whatever order."""
    by_feature: dict[Feature, list[ValueEvidence]] = defaultdict(list)
    for one in sorted(values, key=lambda one: (-one.score, one.value)):
        by_feature[one.feature].append(one)
    features = (FeatureEvidence(tuple(by_feature[feature])) for feature in sorted(by_feature))
    return DayScore(
        tuple(sorted(features, key=lambda one: -one.score)),
        tuple(sorted(volumes, key=lambda one: (-one.score, one.name))),
    )
