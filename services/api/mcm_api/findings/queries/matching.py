"""From what is asked for to conditions and orders of the database."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Text, cast, extract, func, or_

from mcm_api.findings.filters import FindingFilter, SortKey
from mcm_shared.contracts.findings import Severity
from mcm_shared.db.tables import FINDINGS
from mcm_shared.db.text_search import contains_ignoring_case

_FINDING: Final = FINDINGS.c
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
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


def conditions(wanted: FindingFilter, without: Collection[str] = ()) -> list[ColumnElement[bool]]:
    """Lists the conditions of a filter, but for the parameters named in ``without``."""
    found: list[ColumnElement[bool]] = []
    given = {name: value for name in FindingFilter.model_fields if (value := getattr(wanted, name)) is not None}
    for name, value in given.items():
        if name not in without:
            found.extend(_condition(name, value))
    return found


def ordered_by(sort: SortKey, order: str) -> list[ColumnElement[Any]]:
    """Lists what to order by."""
    return [column.desc() if order == "desc" else column.asc() for column in _ORDERS[sort]]


def place_of(sort: SortKey, dialect: str) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Makes the expressions of the whole number that a finding is ordered by, and of its id, by which ties go."""
    match sort:
        case SortKey.FIRST_SEEN:
            value = _micros(_FINDING.first_seen, dialect)
        case SortKey.LAST_SEEN:
            value = _micros(_FINDING.last_seen, dialect)
        case SortKey.RISK_SCORE:
            value = cast(_SCORE, BigInteger)
        case SortKey.SEVERITY:
            value = cast(_FINDING.severity_rank, BigInteger) * _RANK + _micros(_FINDING.first_seen, dialect)
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
            return Severity(finding["severity"]).rank * _RANK + _micros_of(finding["first_seen"])
        case SortKey.DETECTION_COUNT:
            return int(finding["detection_count"])
        case _:
            return _micros_of(finding[sort.value])


def _micros_of(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


def _condition(name: str, value: Any) -> list[ColumnElement[bool]]:
    match name:
        case "severity":
            return [_FINDING.severity_rank.in_(sorted({severity.rank for severity in value}))]
        case "user":
            return [_FINDING.user == value]
        case "rule":
            return [_FINDING.rule_name.in_(sorted(set(value)))]
        case "source":
            return [_FINDING.source.in_(sorted(set(value)))]
        case "risk_min":
            return [_FINDING.risk_score >= value]
        case "enriched":
            return [_FINDING.risk_score.is_not(None) if value else _FINDING.risk_score.is_(None)]
        case "q":
            columns = (_FINDING.title, _FINDING.description, _FINDING.rule_name, _FINDING.user)
            return [or_(*(contains_ignoring_case(column, value) for column in columns))]
        case "from_date":
            return [_FINDING.first_seen >= _start_of(value)]
        case "to_date":
            return [_FINDING.first_seen < _start_of(value + timedelta(days=1))] if value < date.max else []
        case "from_timestamp":
            return [_FINDING.first_seen >= value]
        case _:
            return [_FINDING.first_seen < value]


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _micros(column: ColumnElement[datetime], dialect: str) -> ColumnElement[int]:
    if dialect == "postgresql":
        return cast(extract("epoch", column) * 1_000_000, BigInteger)
    text = cast(column, Text)
    # of the whole seconds, since SQLite rounds to milliseconds
    seconds = cast(func.strftime("%s", func.substr(text, 1, 19)), BigInteger)
    return seconds * 1_000_000 + cast(func.substr(text, 21, 6), BigInteger)
