"""Findings, the guidance of their rules, and the columns that the enricher writes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Executable, func, literal_column, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mcm_enricher.contexts import RuleGuidance
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.db.bulk import among
from mcm_shared.db.engine import transaction
from mcm_shared.db.finding_changes import ENRICHER_SHARD, note_change
from mcm_shared.db.findings import MESSAGE_COLUMNS, message_of
from mcm_shared.db.tables import FINDINGS, RULES

RuleKey = tuple[UUID, str]


@dataclass(frozen=True, slots=True)
class StoredEnrichment:
    """What is written to a finding: ``version`` is the finding's when it was explained.

    ``data`` is JSON; it says at least the severity and detection count that were explained.
    """

    version: int
    risk_score: int
    explanation: str
    source: str
    data: dict[str, Any]
    enriched_at: datetime

    def apply_to(self, finding: FindingMessage) -> FindingMessage:
        """Returns the finding with these AI fields."""
        return finding.model_copy(
            update={
                "risk_score": self.risk_score,
                "ai_explanation": self.explanation,
                "ai_source": self.source,
                "ai_enriched_at": self.enriched_at,
            }
        )


# One JSON parameter for all rows. Rows are locked in uid order first, as every writer of findings does, so that two
# of them cannot wait for each other; an enrichment of an older version of the finding changes nothing.
SET_AI_COLUMNS: Final = """SET risk_score = r.risk_score, ai_explanation = r.explanation, ai_source = r.source,
    ai_version = r.version, ai_data = r.data, ai_enriched_at = r.enriched_at"""
_GUARD: Final = "(findings.ai_version IS NULL OR findings.ai_version <= r.version)"

_LOCK: Final = text(
    """SELECT 1 FROM findings
    WHERE uid IN (SELECT CAST(value ->> 'uid' AS uuid) FROM json_array_elements(CAST(:rows AS json)))
    ORDER BY uid FOR NO KEY UPDATE"""
)
_UPDATE: Final[Mapping[str, Executable]] = {
    "postgresql": text(
        f"""UPDATE findings {SET_AI_COLUMNS}
        FROM json_to_recordset(CAST(:rows AS json)) AS r(uid uuid, version integer, risk_score smallint,
            explanation text, source text, data json, enriched_at timestamptz)
        WHERE findings.uid = r.uid AND {_GUARD} RETURNING findings.uid"""
    ).columns(FINDINGS.c.uid),
    "sqlite": text(
        f"""UPDATE findings {SET_AI_COLUMNS}
        FROM (SELECT json_extract(value, '$.uid') AS uid, json_extract(value, '$.version') AS version,
            json_extract(value, '$.risk_score') AS risk_score, json_extract(value, '$.explanation') AS explanation,
            json_extract(value, '$.source') AS source, json_extract(value, '$.data') AS data,
            json_extract(value, '$.enriched_at') AS enriched_at FROM json_each(:rows)) AS r
        WHERE findings.uid = r.uid AND {_GUARD} RETURNING findings.uid"""  # noqa: S608 (our own constants)
    ).columns(FINDINGS.c.uid),
}

AI_COLUMNS: Final = (
    FINDINGS.c.ai_version,
    FINDINGS.c.risk_score,
    FINDINGS.c.ai_explanation,
    FINDINGS.c.ai_source,
    FINDINGS.c.ai_data,
    FINDINGS.c.ai_enriched_at,
)


async def write_enrichments(connection: AsyncConnection, enrichments: Mapping[UUID, StoredEnrichment]) -> set[UUID]:
    """Writes enrichments by finding uid and returns the uids of those written.

    Not written: those of a finding that is not there, or that has an enrichment of a newer version already.
    """
    if not enrichments:
        return set()
    sqlite = connection.dialect.name == "sqlite"
    rows = {"rows": orjson.dumps([_row(uid, given, sqlite) for uid, given in enrichments.items()]).decode()}
    if not sqlite:
        await connection.execute(_LOCK, rows)
    taken = set((await connection.execute(_UPDATE[connection.dialect.name], rows)).scalars())
    if taken:
        await note_change(connection, ENRICHER_SHARD)
    return taken


async def read_enrichments(connection: AsyncConnection, uids: Collection[UUID]) -> dict[UUID, StoredEnrichment]:
    """Reads the enrichments of findings by uid; those never enriched are absent."""
    query = select(FINDINGS.c.uid, *AI_COLUMNS).where(
        among(FINDINGS.c.uid, uids, connection), FINDINGS.c.ai_version.is_not(None)
    )
    return {uid: StoredEnrichment(*values) for uid, *values in (await connection.execute(query)).all()}


async def read_rule_guidance(connection: AsyncConnection, rules: Collection[RuleKey]) -> dict[RuleKey, RuleGuidance]:
    """Reads the guidance of rules by id and version; unknown rules are absent."""
    query = select(RULES.c.rule_id, RULES.c.version, RULES.c.description, RULES.c.runbook).where(
        among(RULES.c.rule_id, {rule_id for rule_id, _ in rules}, connection),
        among(RULES.c.version, {version for _, version in rules}, connection),
    )
    rows = (await connection.execute(query)).all()
    return {(row.rule_id, row.version): RuleGuidance(row.description, row.runbook) for row in rows}


async def read_findings(connection: AsyncConnection, finding_ids: Sequence[int]) -> dict[int, FindingMessage]:
    """Reads whole findings by id; unknown ids are absent."""
    query = select(*MESSAGE_COLUMNS).where(among(FINDINGS.c.id, finding_ids, connection))
    return {row.id: message_of(row) for row in (await connection.execute(query)).all()}


async def count_missing(engine: AsyncEngine) -> int:
    """Counts findings without a risk score."""
    query = select(func.count()).select_from(FINDINGS).where(FINDINGS.c.risk_score.is_(None))
    async with transaction(engine, read_only=True) as connection:
        return (await connection.execute(query)).scalar_one()


async def fallback_ids(engine: AsyncEngine, limit: int) -> list[int]:
    """Finds findings that the heuristic explained in a model's place, those that waited longest first."""
    query = (
        select(FINDINGS.c.id)
        # a literal, so that the partial index is found
        .where(FINDINGS.c.ai_source == literal_column("'fallback'"))
        .order_by(FINDINGS.c.ai_enriched_at)
        .limit(limit)
    )
    async with transaction(engine, read_only=True) as connection:
        return list((await connection.execute(query)).scalars())


async def missing_ids(engine: AsyncEngine, limit: int) -> list[int]:
    """Finds findings without a risk score, the oldest first, ``limit`` at most."""
    query = select(FINDINGS.c.id).where(FINDINGS.c.risk_score.is_(None)).order_by(FINDINGS.c.id).limit(limit)
    async with transaction(engine, read_only=True) as connection:
        return list((await connection.execute(query)).scalars())


def _row(uid: UUID, given: StoredEnrichment, sqlite: bool) -> dict[str, Any]:
    at = given.enriched_at
    return {
        "uid": uid.hex if sqlite else str(uid),
        "version": given.version,
        "risk_score": given.risk_score,
        "explanation": given.explanation,
        "source": given.source,
        "data": given.data,
        "enriched_at": f"{at:%Y-%m-%d %H:%M:%S.%f}" if sqlite else at.isoformat(),
    }
