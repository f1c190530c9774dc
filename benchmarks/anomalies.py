"""Unusual days of users that behaviour scores find, beside isolation forest, ECOD and HBOS on the same features."""

import importlib
import os
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.util import find_spec
from typing import Any, Final
from unittest.mock import patch

from mcm_ingestor.generator import generate_fake_events_batch
from mcm_ingestor.generator.incidents import plan
from mcm_rules_engine.profiles.features import Feature
from mcm_rules_engine.profiles.history import Days, History, ProfileDay, Totals, profile_days, totals_before
from mcm_rules_engine.profiles.score import THRESHOLDS, DayScore
from mcm_shared.contracts.events import from_raw_event

SEEDS = int(os.environ.get("MCM_BENCH_SEEDS", "20"))
PAIRS = int(os.environ.get("MCM_BENCH_PAIRS", "30"))
EVENTS = int(os.environ.get("MCM_BENCH_EVENTS", "20000"))
DAYS: Final = 60
END: Final = datetime(2026, 11, 20, tzinfo=UTC)
_NAMED: Final = 0.01
"""Share of all user-days that each method may name."""
_SWAPS_FROM: Final = 40
_ACTIVE_DAYS: Final = 2
_ATTACKERS: Final = ("CY", "IS", "PA")

_BASELINES: Final = {
    "isolation forest": ("sklearn.ensemble", "IsolationForest", {"random_state": 0}),
    "ECOD": ("pyod.models.ecod", "ECOD", {}),
    "HBOS": ("pyod.models.hbos", "HBOS", {}),
}

Scores = dict[date, DayScore]
Method = Callable[[Sequence[DayScore]], Sequence[float]]
"""Scores days; the higher, the more unusual."""


@dataclass(frozen=True, slots=True)
class Month:
    """A company's days, everyone's sums before each of them, and the scores of each user's days."""

    users: Mapping[str, Mapping[date, ProfileDay]]
    everyone: Mapping[date, Totals]
    scores: Mapping[str, Scores]


def main() -> None:
    """Prints the share of swapped users that each method finds, and how many days of quiet months are unusual."""
    missing = [module for module, _, _ in _BASELINES.values() if find_spec(module.partition(".")[0]) is None]
    if missing:
        print("scikit-learn and PyOD are not installed: no comparison (pip install scikit-learn pyod)")
    found: dict[str, int] = defaultdict(int)
    swapped = 0
    for seed in range(SEEDS):
        month = _month(seed)
        methods: dict[str, Method] = {"behaviour scores": _activity, **({} if missing else _baselines(month))}
        of_all = {name: _threshold(method(_all_days(month))) for name, method in methods.items()}
        swaps = list(_swaps(month, random.Random(seed)))  # noqa: S311 (reproducible, hides nothing)
        swapped += len(swaps)
        for name, method in methods.items():
            scores = iter(method([day for first_days in swaps for day in first_days]))
            found[name] += sum(max([next(scores) for _ in first_days]) >= of_all[name] for first_days in swaps)
        shares = ", ".join(f"{name} {count / swapped:.2f}" for name, count in found.items())
        print(f"  {seed + 1} months, {swapped:,} swapped users: {shares}", flush=True)
    for name, count in found.items():
        print(f"{count / swapped:8.2f}  of swapped users in the top {_NAMED:.0%} by {name}")
    _print_quiet_months()
    _print_incidents()


def _month(seed: int) -> Month:
    raw = generate_fake_events_batch(EVENTS, seed=seed, now=END, days=DAYS)
    days = profile_days(from_raw_event(each, fallback_id="") for each in raw)
    everyone = {day: totals.copy() for day, totals in totals_before(days)}
    users = _by_user(days)
    return Month(users, everyone, {user: _scores(of_user, everyone) for user, of_user in users.items()})


def _by_user(days: Days) -> dict[str, dict[date, ProfileDay]]:
    users: dict[str, dict[date, ProfileDay]] = defaultdict(dict)
    for day, profiles in days.items():
        for user, profile in profiles.items():
            users[user][day] = profile
    return users


def _scores(days: Mapping[date, ProfileDay], everyone: Mapping[date, Totals]) -> Scores:
    history, scores = History(), {}
    for day in sorted(days):
        score = history.score(day, days[day], everyone[day])
        if score is not None:
            scores[day] = score
        history.add(day, days[day])
    return scores


def _swaps(month: Month, chance: random.Random) -> Iterator[list[DayScore]]:
    """Exchanges the events of two users from a day on; yields the first active days of each afterwards."""
    known = sorted(user for user, scores in month.scores.items() if len(scores) >= _SWAPS_FROM / 2)
    first = END.date() - timedelta(days=DAYS - _SWAPS_FROM)
    for _ in range(PAIRS):
        pair = chance.sample(known, 2)
        start = first + timedelta(days=chance.randrange(DAYS - _SWAPS_FROM - 7))
        for user, other in (pair, pair[::-1]):
            days = {day: profile for day, profile in month.users[user].items() if day < start}
            days |= {day: profile for day, profile in month.users[other].items() if day >= start}
            scores = _scores(days, month.everyone)
            first_days = [scores[day] for day in sorted(scores) if day >= start][:_ACTIVE_DAYS]
            if first_days:
                yield first_days


def _activity(days: Sequence[DayScore]) -> list[float]:
    return [score.activity for score in days]


def _baselines(month: Month) -> dict[str, Method]:
    training = [_vector(score) for score in _all_days(month)]
    return {name: _baseline(training, *baseline) for name, baseline in _BASELINES.items()}


def _baseline(training: list[list[float]], module: str, model: str, parameters: dict[str, Any]) -> Method:
    array = importlib.import_module("numpy").array
    fitted = getattr(importlib.import_module(module), model)(**parameters).fit(array(training))
    # scikit-learn says how normal a row is, PyOD how unusual
    sign = -1 if module.startswith("sklearn") else 1
    return lambda days: [sign * float(one) for one in fitted.decision_function(array([_vector(day) for day in days]))]


def _vector(score: DayScore) -> list[float]:
    """Makes the row that the other methods see: both parts of each feature's score, and the volumes."""
    features = {one.values[0].feature: one for one in score.features}
    row: list[float] = []
    for feature in Feature:
        one = features.get(feature)
        worst = max(0, one.values[0].score) if one else 0
        row += [worst, one.score - worst if one else 0]
    return [*row, *(volume.score for volume in sorted(score.volumes, key=lambda volume: volume.name))]


def _all_days(month: Month) -> list[DayScore]:
    return [score for scores in month.scores.values() for score in scores.values()]


def _threshold(scores: Sequence[float]) -> float:
    ordered = sorted(scores, reverse=True)
    return ordered[int(len(ordered) * _NAMED)]


def _print_quiet_months() -> None:
    with patch.object(plan, "PLANNED", ()):
        days = [score for seed in range(SEEDS) for score in _all_days(_month(1000 + seed))]
    unusual = sum(score.is_unusual for score in days)
    print(f"{100 * unusual / len(days):8.2f}  unusual days of 100 in quiet months ({len(days):,} user-days; target 1)")
    for measure, threshold in THRESHOLDS.items():
        ordered = sorted((score.of(measure) for score in days), reverse=True)
        held = sum(one >= threshold for one in ordered)
        print(f"{100 * held / len(days):8.2f}  findings of unusual_{measure} for 100 user-days")
        marks = ", ".join(
            f"{ordered[int(len(ordered) * share)] / 1000:.1f} ({share:.1%})" for share in (0.002, 0.005, 0.01)
        )
        print(f"          {measure}: {marks}")


def _print_incidents() -> None:
    """Prints how many days of planted account takeovers are unusual; they alone come from these countries."""
    takeovers = [
        score
        for month in (_month(seed) for seed in range(SEEDS))
        for user, scores in month.scores.items()
        for day, score in scores.items()
        if any((Feature.COUNTRY, country) in month.users[user][day].values for country in _ATTACKERS)
    ]
    share = sum(score.is_unusual for score in takeovers) / max(1, len(takeovers))
    print(f"{share:8.2f}  of days with planted account takeovers are unusual ({len(takeovers):,} user-days)")
