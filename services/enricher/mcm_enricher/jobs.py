"""Jobs that enrich many findings: started and watched by anybody, run by whoever holds their lease.

A job is a row. Whoever runs it renews its lease as it moves on; when that process dies, another goes on where it was.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

import structlog

from mcm_enricher.enrich import Enricher
from mcm_enricher.store import jobs as store
from mcm_enricher.store.jobs import JobProgress, LeasedJob
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.db.engine import AsyncEngine
from mcm_shared.errors import DataRefusedError, McmError

log = structlog.get_logger()

Publish = Callable[[Sequence[FindingMessage]], Awaitable[None]]

_LEASE_S: Final = 120.0
_BATCH: Final = 64
_PAUSE_S: Final = 1.0


async def start_job(engine: AsyncEngine, limit: int | None = None) -> UUID:
    """Starts a job that enriches the findings without a score, the oldest ``limit`` or all there are now."""
    return await store.insert_job(engine, limit)


async def job_progress(engine: AsyncEngine, job_id: UUID) -> JobProgress | None:
    """Says how far a job has come; None where there is none."""
    return await store.read_job(engine, job_id)


async def cancel_job(engine: AsyncEngine, job_id: UUID) -> JobProgress | None:
    """Ends a job, after the batch in hand; one that is finished stays as it is. None where there is none."""
    await store.cancel(engine, job_id, datetime.now(UTC))
    return await store.read_job(engine, job_id)


class JobRunner:
    """Runs jobs, one at a time; several processes may have one each. ``tell`` gets what was enriched."""

    def __init__(
        self,
        engine: AsyncEngine,
        enricher: Enricher,
        tell: Publish,
        *,
        batch_size: int = _BATCH,
        lease_s: float = _LEASE_S,
        pause_s: float = _PAUSE_S,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._enricher = enricher
        self._tell = tell
        self._batch_size = batch_size
        self._lease_s = lease_s
        self._pause_s = pause_s
        self._now = now
        self._owner = uuid4()

    async def run(self) -> None:
        """Runs jobs as they come, until it is cancelled; what is down is waited for."""
        while True:
            try:
                ran = await self.run_next()
            except McmError as error:
                log.warning("the job was put off", reason=str(error))
                ran = False
            if not ran:
                await asyncio.sleep(self._pause_s)

    async def run_next(self) -> bool:
        """Runs the oldest job that nobody works on to its end; False where there is none.

        Raises DatabaseDownError or BrokerDownError when one is out of reach; the job stays to be gone on with.
        """
        job = await store.lease_job(self._engine, self._owner, now=self._now(), for_s=self._lease_s)
        if job is None:
            return False
        try:
            await self._work_on(job)
        except BaseException:
            # a process that is stopped lets the next one go on at once
            await asyncio.shield(store.release(self._engine, job.id, self._owner))
            raise
        return True

    async def _work_on(self, job: LeasedJob) -> None:
        after_id = job.after_id
        while ids := await store.next_ids(self._engine, job, after_id, self._batch_size):
            failed = await self._enrich(ids)
            after_id = ids[-1]
            ours = await store.move_on(
                self._engine,
                job.id,
                self._owner,
                after_id=after_id,
                failed=failed,
                now=self._now(),
                for_s=self._lease_s,
            )
            if not ours:
                return
        await store.finish(self._engine, job.id, self._owner, self._now())

    async def _enrich(self, ids: Sequence[int]) -> int:
        """Enriches findings and says how many the database refused."""
        try:
            await self._tell(await self._enricher.enrich_again(ids))
        except DataRefusedError as error:
            if len(ids) == 1:
                log.warning("the database refuses an enrichment", finding=ids[0], reason=str(error))
                return 1
            middle = len(ids) // 2
            return await self._enrich(ids[:middle]) + await self._enrich(ids[middle:])
        return 0
