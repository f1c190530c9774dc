"""Explanation of a day's score: sentences and rows in which every number can be recomputed from the counts shown."""

from datetime import date
from typing import Any, Final

from mcm_rules_engine.profiles.likelihood import MILLIBITS
from mcm_rules_engine.profiles.score import DayScore, ValueEvidence, VolumeEvidence
from mcm_rules_engine.sigma.model.correlation import Measure
from mcm_shared.terminal import escape_controls

_NAMED: Final = 5
_MAX_BITS: Final = 40
_COUNTS: Final = ("value", "user_count", "user_total", "everyone_count", "everyone_total", "everyone_values", "score")
_VOLUME_COUNTS: Final = ("name", "count", "days_with_as_many", "active_days", "most", "score")


def explain(user: str, day: date, score: DayScore, measure: Measure, *, is_unusual: bool = True) -> str:
    """Explains a score of a user's day: how unlikely the day is for the user, or no longer, and by which counts."""
    bits = score.of(measure)
    said = f"{day} is unusual for {user}: {bits_text(bits)} bits, at most 1 in {odds(bits):,}"
    if not is_unusual:
        said = f"With the events that have arrived since, {day} is not unusual for {user}: {bits_text(bits)} bits"
    reasons = [str(one) for one in score.evidence_of(measure)[:_NAMED]]
    sentences = [
        said,
        *(f"{reason[:1].upper()}{reason[1:]}" for reason in reasons),
    ]
    return escape_controls(" ".join(f"{sentence}." for sentence in sentences))


def odds(score: int) -> int:
    """Returns how many times as likely for everyone as for the user: two to the power of the whole bits."""
    return 1 << min(_MAX_BITS, max(0, score // MILLIBITS))


def bits_text(score: int) -> str:
    """Writes a score in bits, to a thousandth."""
    whole, rest = divmod(abs(score), MILLIBITS)
    return f"{'-' if score < 0 else ''}{whole}.{rest:03}"


def counts_of(score: DayScore) -> dict[str, Any]:
    """Lists the scores of a day with every count that they are computed from."""
    return {
        **{measure.value: score.of(measure) for measure in Measure},
        "features": [
            {
                "feature": feature.values[0].feature.value,
                "score": feature.score,
                "values": [_row(value, _COUNTS) for value in feature.values],
            }
            for feature in score.features
        ],
        "volumes": [_row(volume, _VOLUME_COUNTS) for volume in score.volumes],
    }


def _row(evidence: ValueEvidence | VolumeEvidence, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(evidence, name) for name in names}
