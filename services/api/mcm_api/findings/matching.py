"""From what is asked for to conditions and orders of the database."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Text, cast, extract, func, or_

from mcm_api.findings.filters import FindingFilter, SortKey
from mcm_shared.db.tables import FINDINGS

_FINDING: Final = FINDINGS.c
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


def standing(sort: SortKey, dialect: str) -> ColumnElement[int]:
    """Makes the expression of the whole number that findings are ordered by; ties go by id."""
    match sort:
        case SortKey.FIRST_SEEN:
            return _micros(_FINDING.first_seen, dialect)
        case SortKey.LAST_SEEN:
            return _micros(_FINDING.last_seen, dialect)
        case SortKey.RISK_SCORE:
            # a finding without a score comes after those with one
            return cast(func.coalesce(_FINDING.risk_score, -1), BigInteger)
        case SortKey.SEVERITY:
            return cast(_FINDING.severity_rank, BigInteger) * _RANK + _micros(_FINDING.first_seen, dialect)
        case SortKey.DETECTION_COUNT:
            return _FINDING.detection_count


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
            return [or_(*(column.icontains(value, autoescape=True) for column in columns))]
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
