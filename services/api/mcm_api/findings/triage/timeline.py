"""The timeline of a finding: what the engine, the AI and people did."""

from typing import Final

from mcm_api.database import DatabaseReader
from mcm_api.findings.triage.schemas import FindingTimeline, TimelineEntry
from mcm_api.resources.findings import FindingResponse
from mcm_api.resources.queries.findings import read_finding
from mcm_shared.contracts.triage import Status
from mcm_shared.db.finding_actions import StoredAction, count_actions, newest_actions

MAX_ACTIONS: Final = 500


async def read_timeline(reader: DatabaseReader, finding_id: int) -> FindingTimeline:
    """Reads the timeline of a finding; raises ProblemError 404 when there is none or it may not be seen."""
    finding = await read_finding(reader, finding_id)
    async with reader.transaction() as connection:
        actions = await newest_actions(connection, finding.uid, MAX_ACTIONS)
        total = await count_actions(connection, finding.uid)
    happened = [
        TimelineEntry(by="engine", kind="raised", at=finding.created_at, value=finding.severity.value),
        *_explained(finding),
        *map(_by_person, actions),
    ]
    happened.sort(key=lambda entry: entry.at or finding.created_at)
    return FindingTimeline(
        finding_id=finding_id,
        triage_version=finding.triage_version,
        items=[*happened, *_derived(finding)],
        total_actions=total,
    )


def _explained(finding: FindingResponse) -> list[TimelineEntry]:
    if finding.ai_enriched_at is None:
        return []
    score = None if finding.risk_score is None else str(finding.risk_score)
    return [TimelineEntry(by="ai", kind="explained", at=finding.ai_enriched_at, actor=finding.ai_source, value=score)]


def _by_person(action: StoredAction) -> TimelineEntry:
    return TimelineEntry.model_validate(
        {
            "by": "person",
            "kind": action.kind,
            "at": action.at,
            "actor": action.actor,
            "value": action.value,
            "reason": action.reason,
        }
    )


def _derived(finding: FindingResponse) -> list[TimelineEntry]:
    # not stored: they follow from the last closing and the detections, whenever these arrived
    if finding.status is Status.REOPENED:
        return [TimelineEntry(by="engine", kind="reopened", at=finding.last_seen)]
    if finding.late_detections:
        return [TimelineEntry(by="engine", kind="late_detections", at=None, value=str(finding.late_detections))]
    return []
