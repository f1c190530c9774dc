"""Findings in a real database, as the engine would store them."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import orjson
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.db.engine import transaction
from mcm_shared.db.tables import FINDINGS


async def store_findings(engine: AsyncEngine, findings: Iterable[FindingMessage]) -> list[FindingMessage]:
    """Stores findings without their events; returns them with the ids of their rows."""
    given: Sequence[FindingMessage] = [finding.model_copy(update={"event_id": None}) for finding in findings]
    async with transaction(engine) as connection:
        await connection.execute(insert(FINDINGS), [row_of(finding) for finding in given])
        ids = dict((await connection.execute(FINDINGS.select().with_only_columns(FINDINGS.c.uid, FINDINGS.c.id))).all())
    return [finding.model_copy(update={"id": ids[finding.uid]}) for finding in given]


def row_of(finding: FindingMessage) -> dict[str, object]:
    """Makes the row of a finding."""
    values = finding.model_dump(exclude={"id", "group", "severity", "rule_id"})
    return {
        **{name: value for name, value in values.items() if name in FINDINGS.c},
        "rule_id": UUID(finding.rule_id),
        "severity_rank": finding.severity.rank,
        "group_key": orjson.dumps(finding.group).decode(),
        "series_id": UUID(int=1),
        "bucket_start": finding.first_seen,
        "bucket_end": finding.first_seen,
    }
