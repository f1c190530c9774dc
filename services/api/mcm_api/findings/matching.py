"""From what is asked for to conditions and orders of the database."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, func, literal, or_, tuple_

from mcm_api.findings.cursor import Cursor
from mcm_api.findings.filters import FindingFilter, SortKey
from mcm_shared.db.tables import FINDINGS

_FINDING: Final = FINDINGS.c
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# a finding without a score comes after those with one
_SCORE: Final = func.coalesce(_FINDING.risk_score, -1)
_ORDERS: Final[dict[SortKey, tuple[ColumnElement[Any], ...]]] = {
    SortKey.FIRST_SEEN: (_FINDING.first_seen, _FINDING.id),
    SortKey.LAST_SEEN: (_FINDING.last_seen, _FINDING.id),
    SortKey.RISK_SCORE: (_SCORE, _FINDING.id),
    SortKey.SEVERITY: (_FINDING.severity_rank, _FINDING.first_seen, _FINDING.id),
    SortKey.DETECTION_COUNT: (_FINDING.detection_count, _FINDING.id),
}


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


def beyond(cursor: Cursor) -> ColumnElement[bool]:
    """Makes the condition that a finding comes after the cursor."""
    columns = _ORDERS[SortKey(cursor.sort)]
    values = [
        literal(_EPOCH + timedelta(microseconds=number) if _is_time(column) else number, column.type)
        for column, number in zip(columns, cursor.place, strict=True)
    ]
    place = tuple_(*columns)
    return place < tuple_(*values) if cursor.order == "desc" else place > tuple_(*values)


def place_of(finding: Any, sort: SortKey) -> tuple[int, ...]:
    """Says where a finding stands in an order: its values in it as numbers, the id last."""
    match sort:
        case SortKey.FIRST_SEEN | SortKey.LAST_SEEN:
            return _micros(finding[sort.value]), finding["id"]
        case SortKey.RISK_SCORE:
            score = finding["risk_score"]
            return -1 if score is None else score, finding["id"]
        case SortKey.SEVERITY:
            return finding["severity_rank"], _micros(finding["first_seen"]), finding["id"]
        case SortKey.DETECTION_COUNT:
            return finding["detection_count"], finding["id"]


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


def _is_time(column: ColumnElement[Any]) -> bool:
    return column is _FINDING.first_seen or column is _FINDING.last_seen


def _micros(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)
