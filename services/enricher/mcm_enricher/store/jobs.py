"""Enrichment jobs and their leases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Row, Select, func, insert, select, update

from mcm_shared.db.engine import AsyncEngine, InTransaction, transaction
from mcm_shared.db.leases import Lease, lease_rows
from mcm_shared.db.tables import ENRICHMENT_JOBS, FINDINGS

_COLUMNS: Final = ENRICHMENT_JOBS.c


@dataclass(frozen=True, slots=True)
class JobProgress:
    """Progress of a job: ``done`` of ``total`` findings, ``failed`` of which the database refused.

    ``state`` is waiting, running, done or cancelled.
    """

    id: UUID
    state: str
    total: int
    done: int
    failed: int
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class LeasedJob:
    """A leased job: the findings without a score whose ids lie in (``after_id``, ``until_id``]."""

    id: UUID
    after_id: int
    until_id: int


async def insert_job(
    engine: AsyncEngine, limit: int | None, max_unfinished: int, in_transaction: InTransaction | None = None
) -> UUID | None:
    """Inserts a job for the findings that have no score now, or the oldest ``limit`` of them.

    Returns None, and inserts none, when ``max_unfinished`` jobs are waiting or running.
    """
    job_id = uuid4()
    async with transaction(engine) as connection:
        unfinished = select(func.count()).select_from(ENRICHMENT_JOBS).where(_COLUMNS.finished_at.is_(None))
        if (await connection.execute(unfinished)).scalar_one() >= max_unfinished:
            return None
        missing = select(FINDINGS.c.id).where(FINDINGS.c.risk_score.is_(None)).order_by(FINDINGS.c.id)
        chosen = missing.limit(limit).subquery() if limit is not None else missing.subquery()
        counted = (await connection.execute(select(func.count(), func.max(chosen.c.id)).select_from(chosen))).one()
        values = {"id": job_id, "total": counted[0], "until_id": counted[1] or 0, "created_at": datetime.now(UTC)}
        if counted[0] == 0:
            values |= {"state": "done", "finished_at": values["created_at"]}
        await connection.execute(insert(ENRICHMENT_JOBS).values(values))
        if in_transaction is not None:
            await in_transaction(connection)
    return job_id


async def read_job(engine: AsyncEngine, job_id: UUID) -> JobProgress | None:
    """Reads the progress of a job; None for an unknown job."""
    async with transaction(engine, read_only=True) as connection:
        row = (await connection.execute(select(ENRICHMENT_JOBS).where(_COLUMNS.id == job_id))).first()
        if row is None:
            return None
        # counted from the findings: what an enricher wrote before it was killed counts too
        left = 0 if row.state == "done" else (await connection.execute(_left(row))).scalar_one()
    done = min(max(row.total - left, 0), row.total)
    return JobProgress(row.id, row.state, row.total, done, row.failed, row.created_at, row.finished_at)


async def lease_job(engine: AsyncEngine, owner: UUID, *, now: datetime, for_s: float) -> LeasedJob | None:
    """Leases the oldest unfinished job that has no live lease; None when there is none."""
    oldest = select(_COLUMNS.id).where(_COLUMNS.finished_at.is_(None)).order_by(_COLUMNS.created_at).limit(1)
    returning = (_COLUMNS.id, _COLUMNS.after_id, _COLUMNS.until_id)
    async with transaction(engine) as connection:
        taken = await lease_rows(
            connection,
            ENRICHMENT_JOBS,
            oldest,
            Lease(owner, now, for_s),
            values={"state": "running"},
            returning=returning,
        )
    return LeasedJob(*taken[0]) if taken else None


async def next_ids(engine: AsyncEngine, job: LeasedJob, after_id: int, limit: int) -> Sequence[int]:
    """Reads the ids of the job's next findings without a score."""
    query = (
        select(FINDINGS.c.id)
        .where(FINDINGS.c.risk_score.is_(None), FINDINGS.c.id > after_id, FINDINGS.c.id <= job.until_id)
        .order_by(FINDINGS.c.id)
        .limit(limit)
    )
    async with transaction(engine, read_only=True) as connection:
        return (await connection.execute(query)).scalars().all()


async def save_progress(
    engine: AsyncEngine, job_id: UUID, owner: UUID, *, after_id: int, failed: int, now: datetime, for_s: float
) -> bool:
    """Saves a job's progress and renews its lease; False when the lease was lost or the job has ended."""
    values = {
        "after_id": after_id,
        "failed": _COLUMNS.failed + failed,
        "leased_until": now + timedelta(seconds=for_s),
    }
    return await _change(engine, job_id, values, leased_by=owner)


async def finish(engine: AsyncEngine, job_id: UUID, owner: UUID, now: datetime) -> None:
    """Marks a job as done."""
    await _change(engine, job_id, {"state": "done", "finished_at": now, "leased_until": None}, leased_by=owner)


async def release(engine: AsyncEngine, job_id: UUID, owner: UUID) -> None:
    """Ends the lease, so that another enricher can continue the job."""
    await _change(engine, job_id, {"leased_until": None, "leased_by": None}, leased_by=owner)


async def cancel(engine: AsyncEngine, job_id: UUID, now: datetime, in_transaction: InTransaction | None = None) -> None:
    """Cancels a job that is not finished."""
    values = {"state": "cancelled", "finished_at": now, "leased_until": None}
    await _change(engine, job_id, values, in_transaction=in_transaction)


async def _change(
    engine: AsyncEngine,
    job_id: UUID,
    values: dict[str, Any],
    leased_by: UUID | None = None,
    in_transaction: InTransaction | None = None,
) -> bool:
    ours = [_COLUMNS.id == job_id, _COLUMNS.finished_at.is_(None)]
    if leased_by is not None:
        ours.append(_COLUMNS.leased_by == leased_by)
    async with transaction(engine) as connection:
        changed = await connection.execute(update(ENRICHMENT_JOBS).where(*ours).values(values))
        if changed.rowcount and in_transaction is not None:
            await in_transaction(connection)
    return bool(changed.rowcount)


def _left(row: Row[Any]) -> Select[Any]:
    return (
        select(func.count())
        .select_from(FINDINGS)
        .where(FINDINGS.c.risk_score.is_(None), FINDINGS.c.id > row.after_id, FINDINGS.c.id <= row.until_id)
    )
