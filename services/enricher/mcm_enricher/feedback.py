"""Feedback on explanations, and statistics of model use."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from mcm_enricher.store.feedback import (
    FeedbackCount,
    StoredFeedback,
    count_feedback,
    read_feedback,
    write_feedback,
)
from mcm_enricher.store.usage import DayUsage, read_usage
from mcm_shared.db.engine import AsyncEngine, InTransaction

__all__ = [
    "AiStats",
    "DayUsage",
    "FeedbackCount",
    "StoredFeedback",
    "Verdict",
    "get_feedback",
    "set_feedback",
    "stats_ai",
]

Verdict = Literal["helpful", "wrong"]

_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class AiStats:
    """Feedback by prompt version and model, and model usage by day, newest first."""

    feedback: list[FeedbackCount]
    usage: list[DayUsage]


async def set_feedback(
    engine: AsyncEngine,
    finding_id: int,
    verdict: Verdict,
    comment: str | None = None,
    *,
    in_transaction: InTransaction | None = None,
) -> StoredFeedback | None:
    """Stores feedback on a finding's explanation, replacing earlier feedback.

    ``in_transaction`` runs in the transaction that stores it. None where the finding is not there or has no
    explanation.
    """
    return await write_feedback(engine, finding_id, verdict, comment, datetime.now(UTC), in_transaction)


async def get_feedback(engine: AsyncEngine, finding_id: int) -> StoredFeedback | None:
    """Reads the feedback on a finding; None where there is none."""
    return await read_feedback(engine, finding_id)


async def stats_ai(engine: AsyncEngine) -> AiStats:
    """Counts feedback and reads the usage of the last thirty days with requests."""
    return AiStats(await count_feedback(engine), await read_usage(engine, _DAYS))
