"""Reading the catalogue of rules, and what each found."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, Text, case, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_api.database import DatabaseReader
from mcm_api.identity.restriction import current_restriction
from mcm_api.rules.controls import controls_of
from mcm_api.rules.plain_english import plain_english
from mcm_api.rules.schemas import DayFindings, LearningUsers, ResultCounts, RuleDetails, RuleResponse, RuleTestResponse
from mcm_rules_engine import HISTORY, LEARNING_DAYS, LEARNING_EVENTS, read_recorded
from mcm_shared.contracts.findings import rule_series
from mcm_shared.db.profile_tables import PROFILE_DAYS
from mcm_shared.db.suppression import ActiveExceptions
from mcm_shared.db.tables import FINDINGS, RULE_RESULTS, RULES

DAYS: Final = 30

_FINDING: Final = FINDINGS.c
_RULE: Final = RULES.c
# without parsing the document: the list reads the documents of all rules
_HELPER: Final = re.compile(r"^level:\s*['\"]?informational\b", re.MULTILINE | re.IGNORECASE)


async def read_rules(reader: DatabaseReader) -> list[RuleResponse]:
    """Reads every rule the engine ever loaded, each in its active or else its latest version, by family and name."""
    async with reader.transaction() as connection:
        rows = await _catalogue(connection)
        active = await reader.cache.active_exceptions(connection)
        found = await _found(connection, active)
        days, last = await _days(connection, active)
    rules = [RuleResponse(**_values(row, found, days, last)) for row in rows]
    return sorted(rules, key=lambda rule: (rule.family, rule.rule_name))


async def read_rule(reader: DatabaseReader, name: str, today: date) -> RuleDetails | None:
    """Reads one rule by id or name; None where there is none."""
    try:
        condition = or_(_RULE.rule_id == UUID(name), _RULE.name == name)
    except ValueError:
        condition = _RULE.name == name
    async with reader.transaction() as connection:
        rows = await _catalogue(connection, condition)
        if not rows:
            return None
        row = max(rows, key=lambda one: (one["active"], one["loaded_at"]))
        active = await reader.cache.active_exceptions(connection)
        found = await _found(connection, active, row["rule_id"])
        days, last = await _days(connection, active, row["rule_id"])
        results = await _results(connection, row["rule_id"], row["version"])
        document = read_recorded(row["yaml"])
        users = await _learning(connection, today) if _is_of_behaviour(document) else None
    return RuleDetails(
        **_values(row, found, days, last),
        yaml=row["yaml"],
        runbook=row["runbook"],
        falsepositives=row["falsepositives"],
        summary=plain_english(document),
        tests=_tests(document),
        rule_version=row["version"],
        loaded_at=row["loaded_at"],
        results=results,
        users=users,
    )


async def _results(connection: AsyncConnection, rule_id: UUID, version: str) -> ResultCounts:
    columns = RULE_RESULTS.c
    in_series = columns.series_id == rule_series(str(rule_id), version)
    query = select(columns.state, func.count()).where(in_series).group_by(columns.state)
    found = {row[0]: row[1] for row in await connection.execute(query)}
    return ResultCounts(**{state: found.get(state, 0) for state in ResultCounts.model_fields})


async def _learning(connection: AsyncConnection, today: date) -> LearningUsers | None:
    """Counts the users of the last 60 days by whether they are learning; None where profiles may not be read."""
    if not current_restriction().is_none:
        return None
    columns = PROFILE_DAYS.c
    # an event with a time in the future must not make everyone else inactive
    last = (await connection.execute(select(func.max(columns.day)).where(columns.day <= today))).scalar_one()
    known = users = 0
    if last is not None:
        active = select(func.count(columns.day.distinct()).label("days"), func.sum(columns.events).label("events"))
        in_period = columns.day.between(last - HISTORY + timedelta(days=1), last)
        by_user = active.where(in_period).group_by(columns.user).subquery()
        enough = (by_user.c.days >= LEARNING_DAYS) & (by_user.c.events >= LEARNING_EVENTS)
        counts = select(func.count(), func.coalesce(func.sum(case((enough, 1), else_=0)), 0)).select_from(by_user)
        users, known = (await connection.execute(counts)).one()
    return LearningUsers(learning=users - known, known=known, needed_days=LEARNING_DAYS, needed_events=LEARNING_EVENTS)


def _is_of_behaviour(document: Mapping[str, Any]) -> bool:
    """Whether a Sigma document is a rule of unusual behaviour."""
    correlation = document.get("correlation")
    return isinstance(correlation, Mapping) and correlation.get("type") == "unusual_behaviour"


async def _catalogue(connection: AsyncConnection, *conditions: Any) -> list[RowMapping]:
    # the last row of a rule wins
    rows = (
        (await connection.execute(select(RULES).where(*conditions).order_by(_RULE.active, _RULE.loaded_at)))
        .mappings()
        .all()
    )
    return list({row["rule_id"]: row for row in rows}.values())


async def _found(
    connection: AsyncConnection, active: ActiveExceptions, *rule_ids: UUID
) -> dict[UUID, tuple[int, int, datetime]]:
    query = (
        select(_FINDING.rule_id, func.count(), func.sum(_FINDING.detection_count), func.max(_FINDING.last_seen))
        .where(active.visible)
        .group_by(_FINDING.rule_id)
    )
    if rule_ids:
        query = query.where(_FINDING.rule_id.in_(rule_ids))
    return {row[0]: (row[1], int(row[2]), row[3]) for row in await connection.execute(query)}


async def _days(
    connection: AsyncConnection, active: ActiveExceptions, *rule_ids: UUID
) -> tuple[dict[tuple[UUID, str], int], date | None]:
    last = (await connection.execute(select(func.max(_FINDING.first_seen)))).scalar_one()
    if last is None:
        return {}, None
    first = datetime.combine(last.date() - timedelta(days=DAYS - 1), datetime.min.time(), UTC)
    in_utc = (
        func.timezone("UTC", _FINDING.first_seen) if connection.dialect.name == "postgresql" else _FINDING.first_seen
    )
    day = cast(func.date(in_utc), Text)
    query = (
        select(_FINDING.rule_id, day, func.count())
        .where(_FINDING.first_seen >= first, active.visible)
        .group_by(_FINDING.rule_id, day)
    )
    if rule_ids:
        query = query.where(_FINDING.rule_id.in_(rule_ids))
    return {(row[0], row[1]): row[2] for row in await connection.execute(query)}, last.date()


def _values(
    row: RowMapping,
    found: Mapping[UUID, tuple[int, int, datetime]],
    days: Mapping[tuple[UUID, str], int],
    last: date | None,
) -> dict[str, Any]:
    rule_id = row["rule_id"]
    findings, detections, last_hit = found.get(rule_id, (0, 0, None))
    shown = [] if last is None else [last - timedelta(days=DAYS - 1 - number) for number in range(DAYS)]
    return {
        "rule_id": rule_id,
        "rule_name": row["name"],
        "title": row["title"],
        "description": row["description"],
        "level": row["level"],
        "helper": _HELPER.search(row["yaml"]) is not None,
        "status": row["status"],
        "family": row["family"] or _log_source(row["yaml"]),
        "pack": row["pack"] or None,
        "active": row["active"],
        "tags": row["tags"],
        "controls": controls_of(row["tags"]),
        "findings": findings,
        "detections": detections,
        "last_hit": last_hit,
        "hits_per_day": [DayFindings(date=day, count=days.get((rule_id, day.isoformat()), 0)) for day in shown],
    }


def _log_source(text: str) -> str:
    source = read_recorded(text).get("logsource")
    given = source if isinstance(source, Mapping) else {}
    return str(given.get("product") or given.get("category") or "other")


def _tests(document: Mapping[str, Any]) -> list[RuleTestResponse]:
    return [
        RuleTestResponse(
            name=test["name"],
            events=sum(event.get("repeat", 1) for event in test.get("events", [])),
            fires=bool(test["expect"]),
            expect=test["expect"],
        )
        for test in document.get("tests", [])
    ]
