"""Evaluating Sigma filters of exceptions on the events of findings, and storing what they cover."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select, update

from mcm_api.exclusions import exclusion_of
from mcm_rules_engine import Exclusion
from mcm_shared.contracts.exceptions import StoredException
from mcm_shared.db.bulk import BulkInsert, among
from mcm_shared.db.engine import AsyncConnection
from mcm_shared.db.events import source_event_of
from mcm_shared.db.finding_changes import PEOPLE_SHARD, note_change
from mcm_shared.db.suppression import STANDING, in_period, matched_by, of_rules
from mcm_shared.db.tables import DETECTIONS, EXCEPTION_MATCHES, FINDINGS, RULES, SOURCE_EVENTS
from mcm_shared.event_time import to_micros

MAX_EVENTS: Final = 5000
"""Events of a finding that are evaluated; a finding with more detections is not covered."""

_CHUNK: Final = 500
_FINDING: Final = FINDINGS.c
_MATCH: Final = EXCEPTION_MATCHES.c
_DETECTION: Final = DETECTIONS.c
_EVENT: Final = SOURCE_EVENTS.c


class Candidate(NamedTuple):
    """A finding to evaluate a filter on."""

    id: int
    version: int
    series_id: UUID
    group_key: str
    bucket_start: datetime
    bucket_end: datetime
    extra_data: dict[str, Any]


_CANDIDATE: Final = [_FINDING[name] for name in Candidate._fields]
_STORE: Final = BulkInsert(
    EXCEPTION_MATCHES,
    ("exception_id", "finding_id", "version", "covered"),
    conflict="(exception_id, finding_id) DO UPDATE SET version = excluded.version, covered = excluded.covered"
    " WHERE excluded.version > exception_matches.version",
)


async def unknown_rules(connection: AsyncConnection, exclusion: Exclusion) -> list[str]:
    """Lists the rules that a filter names and that were never loaded."""
    if exclusion.rules is None:
        return []
    rule = RULES.c
    columns = (rule.rule_id, rule.name, rule.title)
    known = {str(value) for row in await connection.execute(select(*columns)) for value in row}
    return [name for name in exclusion.rules if name not in known]


async def read_stale(connection: AsyncConnection, exception: StoredException, limit: int) -> list[Candidate]:
    """Reads the findings in the period that the other conditions match, and that were not evaluated as they are now."""
    evaluated = select(_MATCH.finding_id, _MATCH.version).where(_MATCH.exception_id == exception.id).subquery()
    query = (
        select(*_CANDIDATE)
        .outerjoin(evaluated, evaluated.c.finding_id == _FINDING.id)
        .where(
            or_(evaluated.c.version.is_(None), evaluated.c.version < _FINDING.version),
            *_conditions(exception),
            in_period(exception),
        )
        .order_by(_FINDING.id)
        .limit(limit)
    )
    return [Candidate(*row) for row in await connection.execute(query)]


async def read_candidates(
    connection: AsyncConnection, exception: StoredException, now: datetime, days: int, limit: int
) -> list[Candidate]:
    """Reads the newest findings that the other conditions match, of the last days and of the period."""
    recent = and_(_FINDING.first_seen >= now - timedelta(days=days), _FINDING.first_seen <= now)
    query: Select[Any] = select(*_CANDIDATE).where(STANDING, *_conditions(exception), or_(recent, in_period(exception)))
    newest = query.order_by(_FINDING.first_seen.desc(), _FINDING.id.desc()).limit(limit)
    return [Candidate(*row) for row in await connection.execute(newest)]


async def is_covered(connection: AsyncConnection, exclusion: Exclusion, finding: Candidate) -> bool:
    """Evaluates a filter on the events of a finding: all of them must be stored and excluded."""
    named = list(_named(finding.extra_data))
    if not named or not await _all_excluded(connection, exclusion, named):
        return False
    bounds = (to_micros(finding.bucket_start), to_micros(finding.bucket_end))
    query = (
        select(_DETECTION.event_uid)
        .where(
            _DETECTION.series_id == finding.series_id,
            _DETECTION.group_key == finding.group_key,
            _DETECTION.at >= bounds[0],
            _DETECTION.at < bounds[1],
        )
        .distinct()
        .limit(MAX_EVENTS + 1)
    )
    others = [uid for uid in (await connection.execute(query)).scalars() if uid not in named]
    if len(others) > MAX_EVENTS:
        return False
    for start in range(0, len(others), _CHUNK):
        if not await _all_excluded(connection, exclusion, others[start : start + _CHUNK]):
            return False
    return True


async def store_matches(connection: AsyncConnection, exception_id: int, found: Sequence[tuple[int, int, bool]]) -> None:
    """Stores which findings, by id and version, an exception covers; a later version replaces an earlier one."""
    await _STORE.execute(connection, [(exception_id, *each) for each in sorted(found)])
    # only what is covered changes lists
    if any(covered for _, _, covered in found):
        await note_change(connection, PEOPLE_SHARD)


async def reset_matches(connection: AsyncConnection, exception_id: int) -> None:
    """Covers nothing by an exception any more, until it is evaluated anew."""
    covered = update(EXCEPTION_MATCHES).where(_MATCH.exception_id == exception_id, _MATCH.covered)
    if (await connection.execute(covered.values(covered=False, version=-1))).rowcount:
        await note_change(connection, PEOPLE_SHARD)


def _conditions(exception: StoredException) -> Iterator[ColumnElement[bool]]:
    matcher = exception.parsed()
    yield matched_by(matcher)
    yield of_rules(exclusion_of(matcher.sigma or "").rules)


def _named(extra_data: dict[str, Any]) -> Iterator[UUID]:
    # the events of the earliest and the latest detection, and those that completed them
    for end in ("earliest", "latest"):
        evidence = extra_data.get(end) or {}
        for entry in (evidence, *evidence.get("completed_by", ())):
            if "event_uid" in entry:
                yield UUID(entry["event_uid"])


async def _all_excluded(connection: AsyncConnection, exclusion: Exclusion, uids: Collection[UUID]) -> bool:
    distinct = set(uids)
    query = select(
        _EVENT.event_uid,
        _EVENT.source_event_id,
        _EVENT.source,
        _EVENT.event_type,
        _EVENT.user,
        _EVENT.timestamp,
        _EVENT.raw_data,
        _EVENT.attributes,
    ).where(among(_EVENT.event_uid, distinct, connection))
    rows = (await connection.execute(query)).mappings().all()
    return len(rows) == len(distinct) and all(exclusion.excludes(source_event_of(row)) for row in rows)
