"""Risk of a user over time: a sum with exponential decay of standing findings and unusual days, in integers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from mcm_api.users.profile.schemas import Risk, RiskDay, RiskPart
from mcm_shared.contracts.findings import Severity

MEMORY: Final = timedelta(days=90)
"""Points older than this are left out: less than a ten-thousandth of them remains."""

POINTS: Final = {Severity.LOW: 5_000, Severity.MEDIUM: 15_000, Severity.HIGH: 40_000, Severity.CRITICAL: 80_000}
"""Thousandths of a point that a finding adds on its day; an unusual day adds the bits of its highest score."""

_DAYS: Final = 30
_MAX_PARTS: Final = 20
_KEPT, _OF = 9, 10


@dataclass(frozen=True, slots=True)
class Added:
    """What adds points on a day: findings of a rule of one severity, or an unusual day."""

    day: date
    rule_name: str | None
    title: str
    severity: Severity | None
    count: int
    points: int


def remaining(points: int, days: int) -> int:
    """Computes what is left of points after some days, rounded down."""
    left: int = points * _KEPT**days // _OF**days
    return left


def risk_until(end: date, added: Iterable[Added]) -> Risk:
    """Sums what is left of all points at the end of a day and of the days before it."""
    counted = [one for one in added if end - MEMORY < one.day <= end]
    days = [end - timedelta(days=before) for before in reversed(range(_DAYS))]
    parts = [_part(one, end) for one in counted]
    parts.sort(key=lambda one: (-one.remaining, -one.date.toordinal(), one.title, one.points))
    return Risk(
        risk=_sum_at(end, counted),
        days=[RiskDay(date=day, risk=_sum_at(day, counted)) for day in days],
        parts=parts[:_MAX_PARTS],
        more=len(parts[_MAX_PARTS:]),
        more_remaining=sum(one.remaining for one in parts[_MAX_PARTS:]),
    )


def _sum_at(day: date, counted: Sequence[Added]) -> int:
    return sum(remaining(one.points, (day - one.day).days) for one in counted if day - MEMORY < one.day <= day)


def _part(one: Added, end: date) -> RiskPart:
    return RiskPart(
        date=one.day,
        rule_name=one.rule_name,
        title=one.title,
        severity=one.severity,
        count=one.count,
        points=one.points,
        remaining=remaining(one.points, (end - one.day).days),
    )
