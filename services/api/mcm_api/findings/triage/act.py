"""Taking actions on findings, each with its entry in the audit trail in the same transaction."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from mcm_api.access.audit.recorder import AuditRecorder
from mcm_api.access.store.audit_log import append_entries
from mcm_api.database import DatabaseReader, DatabaseWriter
from mcm_api.findings.filters import SortKey
from mcm_api.findings.queries.selection import select_findings
from mcm_api.findings.triage.schemas import MAX_AT_ONCE, ActionRequest, BulkActionRequest, BulkActionResponse
from mcm_api.http.problems import ProblemError, ProblemItem, invalid
from mcm_api.identity.restriction import current_restriction
from mcm_api.resources.queries.findings import no_finding
from mcm_shared.contracts.triage import MAX_LABELS, ActionKind
from mcm_shared.db.engine import AsyncConnection, transaction
from mcm_shared.db.finding_actions import (
    ActionRequested,
    TriagedRow,
    append_actions,
    lock_findings,
    newest_actions,
    read_triage,
)

_VERSION: Final = re.compile(r'"?([0-9]{1,9})"?', re.ASCII)


def expected_version(if_match: str | None) -> int | None:
    """Reads the header ``If-Match``; None for any version. Raises ProblemError 422 for what is no version."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = _VERSION.fullmatch(if_match.strip())
    if found is None:
        reason = 'If-Match must be the triage_version of the finding in quotation marks, like "3"'
        raise invalid(reason, [ProblemItem(parameter="If-Match", reason=reason)])
    return int(found[1])


async def act_on_finding(
    writer: DatabaseWriter, audit: AuditRecorder, finding_id: int, request: ActionRequest, expected: int | None
) -> None:
    """Takes an action on one finding.

    Raises ProblemError: 404 for a finding that is not there or may not be seen, 409 for too many labels, 412 when the
    finding was triaged since the version that is expected.
    """
    requested = request.requested()
    async with transaction(writer.engine) as connection:
        found = _visible(await lock_findings(connection, [finding_id]))
        if not found:
            raise no_finding(finding_id)
        finding = found[0]
        if expected is not None and expected != finding.state.triage_version:
            raise await _changed(connection, finding)
        if not _has_room(finding, requested):
            raise ProblemError(409, f"A finding has at most {MAX_LABELS} labels; remove one first.")
        entry = audit.entry(
            "finding.triage",
            str(finding_id),
            before={"value": _value_before(finding, requested)},
            after={"kind": requested.kind.value, "value": requested.value, "reason": requested.reason},
        )
        await append_actions(connection, found, requested, audit.actor, entry.at)
        await append_entries(connection, [entry])


async def act_on_findings(
    reader: DatabaseReader, writer: DatabaseWriter, audit: AuditRecorder, request: BulkActionRequest
) -> tuple[BulkActionResponse, Sequence[int]]:
    """Takes an action on many findings, ``MAX_AT_ONCE`` at most; returns also the ids of those that changed.

    Findings that are not there or may not be seen are left out.
    """
    ids = await _selected(reader, request)
    requested = request.requested()
    if request.dry_run:
        changing, seen_until = 0, None
        for start in range(0, len(ids), MAX_AT_ONCE):
            async with reader.transaction() as connection:
                stored = await read_triage(connection, ids[start : start + MAX_AT_ONCE])
            changing += sum(_is_changed(finding, requested) for finding in stored)
            seen_until = max((finding.last_seen for finding in stored), default=seen_until)
        counts = BulkActionResponse(
            matched=len(ids),
            changed=changing,
            unchanged=len(ids) - changing,
            next=None,
            until=ids[-1] if ids else None,
            seen_until=seen_until,
            dry_run=True,
        )
        return counts, ()
    now = ids[:MAX_AT_ONCE]
    async with transaction(writer.engine) as connection:
        locked = _visible(await lock_findings(connection, now))
        changing_now = [finding for finding in locked if _is_changed(finding, requested)]
        if changing_now:
            await append_actions(connection, changing_now, requested, audit.actor, datetime.now(UTC))
            await append_entries(connection, [audit.entry("findings.triage", after=_audited(request, changing_now))])
    counts = BulkActionResponse(
        matched=len(ids),
        changed=len(changing_now),
        unchanged=len(now) - len(changing_now),
        next=now[-1] if len(ids) > len(now) else None,
        dry_run=False,
    )
    return counts, [finding.id for finding in changing_now]


async def _selected(reader: DatabaseReader, request: BulkActionRequest) -> list[int]:
    async with reader.transaction() as connection:
        if request.filter is not None:
            active = await reader.cache.active_exceptions(connection)
            order = (SortKey.FIRST_SEEN, "desc")
            found: Sequence[int] = await select_findings(connection, active, request.filter, *order)
        else:
            found = [finding.id for finding in await read_triage(connection, request.ids or ())]
    ids = sorted(set(found))
    first = 0 if request.after is None else bisect_right(ids, request.after)
    return ids[first : None if request.until is None else bisect_right(ids, request.until)]


def _visible(findings: Sequence[TriagedRow]) -> list[TriagedRow]:
    # the restriction that the queries of readers are rewritten by; what is written is checked under the lock
    restriction = current_restriction()
    return [finding for finding in findings if restriction.allows(finding.source, finding.first_seen)]


def _is_changed(finding: TriagedRow, requested: ActionRequested) -> bool:
    return finding.would_change(requested) and _has_room(finding, requested)


def _has_room(finding: TriagedRow, requested: ActionRequested) -> bool:
    adds = requested.kind is ActionKind.LABEL and not (requested.value or "").startswith("-")
    return not adds or requested.value in finding.state.labels or len(finding.state.labels) < MAX_LABELS


async def _changed(connection: AsyncConnection, finding: TriagedRow) -> ProblemError:
    last = (await newest_actions(connection, finding.uid, 1))[-1:]
    if not last:
        return ProblemError(412, "If-Match names a version that the finding does not have yet; load the finding again.")
    (action,) = last
    at = action.at.isoformat(timespec="seconds").replace("+00:00", "Z")
    detail = f"{action.actor} changed this finding at {at} ({action.kind}: {action.value or 'none'}); load it again."
    return ProblemError(412, detail[:500], extra={"changed_by": action.actor, "changed_at": action.at})


def _value_before(finding: TriagedRow, requested: ActionRequested) -> str | None:
    match requested.kind:
        case ActionKind.STATUS:
            return finding.status
        case ActionKind.ASSIGN:
            return finding.state.assignee
        case ActionKind.NOTE:
            return finding.state.notes
        case ActionKind.LABEL:
            return " ".join(finding.state.labels)


def _audited(request: BulkActionRequest, changed: Sequence[TriagedRow]) -> dict[str, object]:
    chosen: dict[str, object] = {"id": sorted(finding.id for finding in changed)}
    if request.filter is not None:
        chosen["filter"] = request.filter.model_dump(mode="json", exclude_none=True)
    return {
        "kind": request.kind.value,
        "value": request.value,
        "reason": request.reason,
        "count": len(changed),
        **chosen,
    }
