"""SQL of the filter and of the orders of findings."""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Text, and_, cast, extract, false, func, not_, or_, true

from mcm_api.findings.filters import SortKey
from mcm_shared.contracts.finding_filter import FindingFilter, FindingStanding, given, one_for_each_parameter
from mcm_shared.contracts.findings import Severity
from mcm_shared.contracts.triage import UNASSIGNED
from mcm_shared.db.suppression import ActiveExceptions
from mcm_shared.db.tables import FINDINGS
from mcm_shared.db.text_search import contains_ignoring_case
from mcm_shared.event_time import to_micros

_FINDING: Final = FINDINGS.c
# a finding without a score comes after those with one
_SCORE: Final = func.coalesce(_FINDING.risk_score, -1)
_ORDERS: Final[dict[SortKey, tuple[ColumnElement[Any], ...]]] = {
    SortKey.FIRST_SEEN: (_FINDING.first_seen, _FINDING.id),
    SortKey.LAST_SEEN: (_FINDING.last_seen, _FINDING.id),
    SortKey.RISK_SCORE: (_SCORE, _FINDING.id),
    SortKey.SEVERITY: (_FINDING.severity_rank, _FINDING.first_seen, _FINDING.id),
    SortKey.DETECTION_COUNT: (_FINDING.detection_count, _FINDING.id),
}
# severity and time in one number: the time takes less than this, wherever it lies in the years 1 to 9999
_RANK: Final = 2**59


def conditions(
    filters: FindingFilter, active: ActiveExceptions, without: Collection[str] = ()
) -> list[ColumnElement[bool]]:
    """Lists the SQL conditions of a filter, except those of the parameters named in ``without``."""
    return [_CONDITIONS[name](value, active) for name, value in given(filters, without).items()]


def ordered_by(sort: SortKey, order: str) -> list[ColumnElement[Any]]:
    """Lists what to order by."""
    return [column.desc() if order == "desc" else column.asc() for column in _ORDERS[sort]]


def place_of(sort: SortKey, dialect: str) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Makes the expressions of the whole number that a finding is ordered by, and of its id, by which ties go."""
    match sort:
        case SortKey.FIRST_SEEN:
            value = _micros_sql(_FINDING.first_seen, dialect)
        case SortKey.LAST_SEEN:
            value = _micros_sql(_FINDING.last_seen, dialect)
        case SortKey.RISK_SCORE:
            value = cast(_SCORE, BigInteger)
        case SortKey.SEVERITY:
            value = cast(_FINDING.severity_rank, BigInteger) * _RANK + _micros_sql(_FINDING.first_seen, dialect)
        case SortKey.DETECTION_COUNT:
            value = cast(_FINDING.detection_count, BigInteger)
    return value, _FINDING.id


def value_of(finding: Mapping[str, Any], sort: SortKey) -> int:
    """Computes the whole number that a finding is ordered by."""
    match sort:
        case SortKey.RISK_SCORE:
            score = finding["risk_score"]
            return -1 if score is None else int(score)
        case SortKey.SEVERITY:
            return Severity(finding["severity"]).rank * _RANK + to_micros(finding["first_seen"])
        case SortKey.DETECTION_COUNT:
            return int(finding["detection_count"])
        case SortKey.FIRST_SEEN | SortKey.LAST_SEEN:
            return to_micros(finding[sort.value])


def _until(day: date) -> ColumnElement[bool]:
    return true() if day == date.max else _FINDING.first_seen < _start_of(day + timedelta(days=1))


def _contains(text: str) -> ColumnElement[bool]:
    columns = (_FINDING.title, _FINDING.description, _FINDING.rule_name, _FINDING.user)
    return or_(*(contains_ignoring_case(column, text) for column in columns))


def _assigned(names: list[str]) -> ColumnElement[bool]:
    named = _FINDING.assignee.in_(sorted(set(names) - {UNASSIGNED}))
    return or_(named, _FINDING.assignee.is_(None)) if UNASSIGNED in names else named


def _labelled(labels: list[str]) -> ColumnElement[bool]:
    # labels hold nothing that JSON escapes: each stands in the text as it is, between quotation marks
    text = cast(_FINDING.labels, Text)
    has_one = (text.contains(f'"{label}"', autoescape=True) for label in sorted(set(labels)))
    return and_(_FINDING.labels.is_not(None), or_(*has_one))


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _micros_sql(column: ColumnElement[datetime], dialect: str) -> ColumnElement[int]:
    if dialect == "postgresql":
        return cast(extract("epoch", column) * 1_000_000, BigInteger)
    text = cast(column, Text)
    # of the whole seconds, since SQLite rounds to milliseconds
    seconds = cast(func.strftime("%s", func.substr(text, 1, 19)), BigInteger)
    return seconds * 1_000_000 + cast(func.substr(text, 21, 6), BigInteger)


def _suppressed(values: list[bool], active: ActiveExceptions) -> ColumnElement[bool]:
    if len(set(values)) > 1:
        return true()
    if not active.exceptions:
        return false() if values[0] else true()
    return active.suppressed if values[0] else not_(active.suppressed)


def _unchanged(condition: Callable[[Any], ColumnElement[bool]]) -> Callable[..., ColumnElement[bool]]:
    """Adapts a condition that the active exceptions do not change."""
    return lambda value, _: condition(value)


_OF_FINDING: Final[Mapping[str, Callable[[Any], ColumnElement[bool]]]] = {
    "severity": lambda severities: _FINDING.severity_rank.in_(sorted({each.rank for each in severities})),
    "user": lambda user: _FINDING.user == user,
    "rule": lambda names: _FINDING.rule_name.in_(sorted(set(names))),
    "source": lambda sources: _FINDING.source.in_(sorted(set(sources))),
    "status": lambda statuses: _FINDING.status.in_(sorted({each.value for each in statuses})),
    "assignee": _assigned,
    "label": _labelled,
    "risk_min": lambda score: _FINDING.risk_score >= score,
    "state": lambda states: or_(*(_FINDING.withdrawn.is_(one is FindingStanding.WITHDRAWN) for one in set(states))),
    "enriched": lambda yes: _FINDING.risk_score.is_not(None) if yes else _FINDING.risk_score.is_(None),
    "q": _contains,
    "from_date": lambda day: _FINDING.first_seen >= _start_of(day),
    "to_date": _until,
    "from_timestamp": lambda instant: _FINDING.first_seen >= instant,
    "to_timestamp": lambda instant: _FINDING.first_seen < instant,
}
_CONDITIONS: Final[Mapping[str, Callable[[Any, ActiveExceptions], ColumnElement[bool]]]] = one_for_each_parameter(
    {
        "suppressed": _suppressed,
        **{name: _unchanged(condition) for name, condition in _OF_FINDING.items()},
    }
)
