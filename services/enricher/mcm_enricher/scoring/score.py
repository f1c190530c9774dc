"""Deterministic risk score: the same facts always give the same score.

It depends only on the set of events (severity, count, facts, event time); never on the wall clock, or on the finding's
version or id.
"""

import math
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from mcm_enricher.scoring.facts import FindingFacts
from mcm_enricher.scoring.local_time import local_time
from mcm_enricher.scoring.signals import environment, is_machine, outcome, privilege, sensitivity
from mcm_shared.contracts.findings import FindingMessage, Severity


class Band(NamedTuple):
    """Range of the scores of a severity, ``floor`` to ``ceiling``; ``start`` is the score without other factors."""

    floor: int
    start: int
    ceiling: int


BANDS: Final = {
    Severity.LOW: Band(5, 12, 39),
    Severity.MEDIUM: Band(30, 36, 69),
    Severity.HIGH: Band(60, 64, 89),
    Severity.CRITICAL: Band(80, 84, 100),
}
"""Bands overlap on purpose: a medium finding with every aggravating factor outranks a mild high one."""

MAX_MOVED: Final = 20
"""Points by which a model may raise or lower a score."""

_MAX_FOR_COUNT: Final = 5


@dataclass(frozen=True, slots=True)
class Factor:
    """Factor of a score: its name, the points it adds or subtracts, and the reason in plain words."""

    name: str
    points: int
    reason: str


@dataclass(frozen=True, slots=True)
class Score:
    """A score from 0 to 100, its factors, and the band that bounds it."""

    value: int
    band: Band
    factors: tuple[Factor, ...]

    def bound(self, proposed: int) -> int:
        """Bounds a score proposed by a model: close to this one, never below the floor of the severity."""
        return min(max(proposed, self.value - MAX_MOVED, self.band.floor), self.value + MAX_MOVED, 100)

    def as_data(self) -> dict[str, Any]:
        """Returns the details stored with the score, as JSON."""
        return {
            "deterministic_score": self.value,
            "factors": [{"name": f.name, "points": f.points, "reason": f.reason} for f in self.factors],
        }


def score_finding(finding: FindingMessage, facts: FindingFacts) -> Score:
    """Scores a finding by severity, frequency, outcome, privilege, environment, sensitivity and time of day."""
    band = BANDS[finding.severity]
    factors = [Factor("severity", band.start, f"{finding.severity} severity")]
    for name, signal in (
        ("frequency", _frequency(finding.detection_count)),
        ("outcome", outcome(finding, facts)),
        ("privilege", privilege(facts)),
        ("environment", environment(facts)),
        ("sensitivity", sensitivity(facts)),
        ("time of day", _time_of_day(finding, facts)),
    ):
        if signal is not None:
            factors.append(Factor(name, *signal))
    total = sum(factor.points for factor in factors)
    return Score(min(max(total, band.floor), band.ceiling), band, tuple(factors))


def _frequency(count: int) -> tuple[int, str] | None:
    points = min(_MAX_FOR_COUNT, int(2.5 * math.log10(max(count, 1)) + 0.5))
    return (points, f"seen {count:,} times") if points else None


def _time_of_day(finding: FindingMessage, facts: FindingFacts) -> tuple[int, str] | None:
    if is_machine(facts):
        return None
    local = local_time(finding.first_seen, facts)
    if not (local.is_night or local.is_weekend):
        return None
    # night in UTC is daytime elsewhere; a local night is stronger evidence
    points = (2 if local.known else 1) * local.is_night + local.is_weekend
    when = ("on a weekend night" if local.is_weekend else "at night") if local.is_night else "at a weekend"
    return points, f"{when}, {local.where}"
