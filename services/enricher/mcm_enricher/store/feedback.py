"""Feedback on explanations: stored by finding, counted by prompt version and model."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, case, func, select, text

from mcm_shared.db.engine import AsyncEngine, InTransaction, transaction
from mcm_shared.db.tables import ENRICHMENT_FEEDBACK, FINDINGS
from mcm_shared.db.types import UtcDateTime

_UPSERT: Final = text(
    """INSERT INTO enrichment_feedback (finding_id, verdict, comment, source, model, prompt_version, given_at)
    VALUES (:finding_id, :verdict, :comment, :source, :model, :prompt_version, :given_at)
    ON CONFLICT (finding_id) DO UPDATE SET verdict = excluded.verdict, comment = excluded.comment,
        source = excluded.source, model = excluded.model, prompt_version = excluded.prompt_version,
        given_at = excluded.given_at"""
).bindparams(bindparam("given_at", type_=UtcDateTime))


@dataclass(frozen=True, slots=True)
class StoredFeedback:
    """Feedback on a finding's explanation (``helpful`` or ``wrong``), and the author of the explanation.

    ``model`` and ``prompt_version`` are "" for the heuristic.
    """

    finding_id: int
    verdict: str
    comment: str | None
    source: str
    model: str
    prompt_version: str
    given_at: datetime


@dataclass(frozen=True, slots=True)
class FeedbackCount:
    """Feedback counts for one prompt version and model ("" for the heuristic)."""

    prompt_version: str
    model: str
    helpful: int
    wrong: int


async def write_feedback(
    engine: AsyncEngine,
    finding_id: int,
    verdict: str,
    comment: str | None,
    given_at: datetime,
    in_transaction: InTransaction | None = None,
) -> StoredFeedback | None:
    """Stores feedback on a finding's explanation, replacing earlier feedback; None when there is no explanation."""
    columns = FINDINGS.c.ai_source, FINDINGS.c.ai_data
    async with transaction(engine) as connection:
        query = select(*columns).where(FINDINGS.c.id == finding_id, FINDINGS.c.ai_version.is_not(None))
        row = (await connection.execute(query)).first()
        if row is None:
            return None
        by_model = row.ai_source in ("openai", "cache")
        model, version = (row.ai_data["model"], row.ai_data["prompt_version"]) if by_model else ("", "")
        feedback = StoredFeedback(finding_id, verdict, comment, row.ai_source, model, version, given_at)
        values = {name: getattr(feedback, name) for name in StoredFeedback.__slots__}
        await connection.execute(_UPSERT, values)
        if in_transaction is not None:
            await in_transaction(connection)
    return feedback


async def read_feedback(engine: AsyncEngine, finding_id: int) -> StoredFeedback | None:
    """Reads the feedback on a finding; None where there is none."""
    columns = [ENRICHMENT_FEEDBACK.c[name] for name in StoredFeedback.__slots__]
    async with transaction(engine, read_only=True) as connection:
        query = select(*columns).where(ENRICHMENT_FEEDBACK.c.finding_id == finding_id)
        row = (await connection.execute(query)).first()
    return None if row is None else StoredFeedback(*row)


async def count_feedback(engine: AsyncEngine) -> list[FeedbackCount]:
    """Counts feedback by prompt version and model."""
    columns = ENRICHMENT_FEEDBACK.c
    group = columns.prompt_version, columns.model
    counts = [func.sum(case((columns.verdict == verdict, 1), else_=0)) for verdict in ("helpful", "wrong")]
    async with transaction(engine, read_only=True) as connection:
        rows = (await connection.execute(select(*group, *counts).group_by(*group).order_by(*group))).all()
    return [FeedbackCount(*row) for row in rows]
