"""One event, with the rules it matches and the findings that name it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Text, cast, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_api.database import DatabaseReader
from mcm_api.events.queries.newest import COLUMNS
from mcm_api.events.schemas import ConditionPart, EventDetails, EventResponse, ExplainedRule, MatchedRule
from mcm_api.identity.restriction import current_restriction
from mcm_api.resources.findings import FindingResponse
from mcm_api.resources.queries.findings import read_findings
from mcm_api.resources.queries.page_bytes import FETCHED, within_bytes
from mcm_api.resources.rule_catalogue import RuleCatalogue
from mcm_rules_engine import Ruleset, explain_finding
from mcm_shared.db.bulk import among
from mcm_shared.db.events import source_event_of
from mcm_shared.db.tables import FINDINGS, SOURCE_EVENTS

_EVENT: Final = SOURCE_EVENTS.c
_FINDING: Final = FINDINGS.c
_MAX_FINDINGS: Final = 100
_DAY: Final = timedelta(days=1)


async def read_event(reader: DatabaseReader, event_id: int, catalogue: RuleCatalogue) -> EventDetails | None:
    """Reads an event by its id; None where there is none."""
    ruleset = await catalogue.ruleset(reader)
    query = select(*COLUMNS, _EVENT.ingested_at).where(_EVENT.id == event_id)
    async with reader.transaction() as connection:
        row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            return None
        ids = await _naming(connection, row["event_uid"], row["timestamp"], ruleset)
    findings = await read_findings(reader, ids)
    return EventDetails(**row, matched_rules=_matched(row, ruleset), findings=findings)


async def events_of_finding(
    reader: DatabaseReader, finding: FindingResponse, limit: int
) -> tuple[list[EventResponse], int]:
    """Reads the events that a finding names, the oldest first, and how many of them the identity may see."""
    uids = named_events(finding.extra_data)
    async with reader.transaction() as connection:
        query = select(*COLUMNS).where(among(_EVENT.event_uid, uids, connection))
        bounded = within_bytes(query, "timestamp", "event_uid", newest_first=False)
        rows = (await connection.execute(bounded)).mappings().all()
    # without a restriction those count too that are not stored here any more
    total = len(uids) if current_restriction().is_none else (rows[0][FETCHED] if rows else 0)
    return [EventResponse.model_validate(dict(row)) for row in rows[:limit]], total


def named_events(extra_data: dict[str, Any]) -> list[UUID]:
    """Lists the events of the earliest and the latest detection, and those that completed them."""
    uids: dict[str, None] = {}
    for end in ("earliest", "latest"):
        evidence = extra_data.get(end) or {}
        for entry in (evidence, *evidence.get("completed_by", ())):
            if "event_uid" in entry:
                uids.setdefault(entry["event_uid"])
    return [UUID(uid) for uid in uids]


async def _naming(connection: AsyncConnection, uid: UUID, at: datetime, ruleset: Ruleset) -> Sequence[int]:
    # a finding is no longer than its rule's bucket, and what completed it no older than the rule's time span
    longest = max((rule.group_for for rule in ruleset.all), default=_DAY)
    widest = max((correlation.timespan for correlation in ruleset.correlations), default=_DAY)
    candidates = (
        select(_FINDING.id, _FINDING.extra_data)
        .where(
            _FINDING.first_seen >= _shifted(at, -longest),
            _FINDING.first_seen <= _shifted(at, widest),
            _FINDING.last_seen >= at,
            cast(_FINDING.extra_data, Text).contains(str(uid)),
        )
        .order_by(_FINDING.first_seen.desc(), _FINDING.id.desc())
        .limit(_MAX_FINDINGS)
    )
    return [row.id for row in await connection.execute(candidates) if uid in named_events(row.extra_data)]


def _shifted(at: datetime, by: timedelta) -> datetime:
    try:
        return at + by
    except OverflowError:
        return at


async def conditions_of_finding(
    reader: DatabaseReader, finding: FindingResponse, catalogue: RuleCatalogue
) -> list[ExplainedRule]:
    """Explains the latest detection of a finding by its event; empty where the event or the rule is no longer there."""
    ruleset = await catalogue.ruleset(reader)
    uid = (finding.extra_data.get("latest") or {}).get("event_uid")
    if uid is None:
        return []
    async with reader.transaction() as connection:
        query = select(*COLUMNS).where(_EVENT.event_uid == UUID(uid))
        row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        return []
    explained = explain_finding(ruleset, str(finding.rule_id), source_event_of(row))
    return [
        ExplainedRule(rule_name=rule.name, title=rule.title, condition=ConditionPart.of(node))
        for rule, node in explained
    ]


def _matched(row: Any, ruleset: Ruleset) -> list[MatchedRule]:
    return [
        MatchedRule(rule_id=match.rule.id, rule_name=match.rule.name, title=match.rule.title, level=match.severity)
        for match in ruleset.match(source_event_of(row))
    ]
