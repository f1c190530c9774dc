"""Enrichment jobs: rows in the database, run by the enricher that holds their lease.

Anyone with the database may start, read and cancel a job. The enricher that runs a job renews its lease with each
batch; when that process dies, another continues after the last batch.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

import structlog

from mcm_enricher.enrich import Enricher
from mcm_enricher.publish import PublishFindings
from mcm_enricher.store import jobs as store
from mcm_enricher.store.jobs import JobProgress, LeasedJob
from mcm_shared.concurrency.bisect import bisect_failures
from mcm_shared.db.engine import AsyncEngine, InTransaction
from mcm_shared.errors import DataRefusedError, McmError

log = structlog.get_logger()

MAX_UNFINISHED_JOBS: Final = 10
"""Jobs that may wait or run at once."""

_LEASE_S: Final = 120.0
_BATCH: Final = 64
_POLL_S: Final = 1.0


class TooManyJobsError(McmError):
    """The limit of unfinished jobs is reached."""


async def start_job(
    engine: AsyncEngine, limit: int | None = None, *, in_transaction: InTransaction | None = None
) -> UUID:
    """Starts a job that enriches the findings without a score, the oldest ``limit`` or all there are now.

    ``in_transaction`` runs in the transaction that stores it. Raises TooManyJobsError when MAX_UNFINISHED_JOBS are
    waiting or running.
    """
    job_id = await store.insert_job(engine, limit, MAX_UNFINISHED_JOBS, in_transaction)
    if job_id is None:
        raise TooManyJobsError(f"{MAX_UNFINISHED_JOBS} jobs are unfinished; wait until one is done, or cancel one")
    return job_id


async def job_progress(engine: AsyncEngine, job_id: UUID) -> JobProgress | None:
    """Reads the progress of a job; None for an unknown job."""
    return await store.read_job(engine, job_id)


async def cancel_job(
    engine: AsyncEngine, job_id: UUID, *, in_transaction: InTransaction | None = None
) -> JobProgress | None:
    """Cancels a job after its current batch; a finished job stays as it is. None for an unknown job.

    ``in_transaction`` runs in the transaction that cancels it, unless it was finished.
    """
    await store.cancel(engine, job_id, datetime.now(UTC), in_transaction)
    return await store.read_job(engine, job_id)


class JobRunner:
    """Job loop: leases the oldest job, enriches its findings in batches and publishes them; one job at a time."""

    def __init__(
        self,
        engine: AsyncEngine,
        enricher: Enricher,
        publish: PublishFindings,
        *,
        batch_size: int = _BATCH,
        lease_s: float = _LEASE_S,
        poll_s: float = _POLL_S,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._enricher = enricher
        self._publish = publish
        self._batch_size = batch_size
        self._lease_s = lease_s
        self._poll_s = poll_s
        self._now = now
        self._owner = uuid4()

    async def run(self) -> None:
        """Runs jobs until cancelled; the current job is then free for other enrichers at once.

        A job that fails keeps its place and is tried again after a pause, whatever the error.
        """
        deferred = False
        while True:
            found = False
            try:
                found = await self.run_next()
                deferred = False
            except McmError as error:
                # logged once for each outage: the loop polls every second
                if not deferred:
                    log.warning("job deferred, retrying", reason=str(error))
                deferred = True
            except Exception:
                log.exception("job failed, retrying")
            if not found:
                await asyncio.sleep(self._poll_s)

    async def run_next(self) -> bool:
        """Runs the oldest job without a lease to its end; False when there is none.

        Raises DatabaseDownError or BrokerDownError when one is out of reach; the job then waits for the next attempt.
        """
        job = await store.lease_job(self._engine, self._owner, now=self._now(), for_s=self._lease_s)
        if job is None:
            return False
        try:
            await self._run_job(job)
        except BaseException:
            # without waiting for the lease to expire, another enricher can continue at once
            await asyncio.shield(store.release(self._engine, job.id, self._owner))
            raise
        return True

    async def _run_job(self, job: LeasedJob) -> None:
        after_id = job.after_id
        while ids := await store.next_ids(self._engine, job, after_id, self._batch_size):
            refused = await self._enrich(ids)
            after_id = ids[-1]
            is_ours = await store.save_progress(
                self._engine,
                job.id,
                self._owner,
                after_id=after_id,
                failed=len(refused),
                now=self._now(),
                for_s=self._lease_s,
            )
            if not is_ours:
                return
        await store.finish(self._engine, job.id, self._owner, self._now())

    async def _enrich(self, ids: Sequence[int]) -> list[int]:
        """Enriches and publishes findings; returns those whose enrichment the database refuses."""
        refused: list[int] = []

        async def enrich(part: Sequence[int]) -> None:
            await self._publish(await self._enricher.enrich_again(part))

        def refuse(finding_id: int, error: DataRefusedError) -> None:
            log.warning("enrichment refused by the database", finding=finding_id, reason=str(error))
            refused.append(finding_id)

        await bisect_failures(ids, enrich, DataRefusedError, refuse)
        return refused
