"""Runs the jobs that were asked for, also those of an API that ended before they were done."""

import asyncio
import contextlib
from typing import Final
from uuid import UUID

import structlog

from mcm_api.findings.enrichment import Enrichment
from mcm_enricher.enrich import Enricher
from mcm_enricher.jobs import JobRunner, cancel_job, job_progress, start_job
from mcm_enricher.store.jobs import JobProgress
from mcm_shared.errors import McmError

log = structlog.get_logger()

_LOOK_EVERY_S: Final = 5.0
_LEASE_S: Final = 60.0


class Jobs:
    """Starts jobs, says how far they are, and runs them one at a time while ``run`` runs.

    A job is a row: one that was not done when its API ended goes on at the next look of any other.
    """

    def __init__(self, enrichment: Enrichment) -> None:
        enricher = Enricher(enrichment.engine, enrichment.explainer, concurrency=enrichment.concurrency)
        self._engine = enrichment.engine
        self._runner = JobRunner(enrichment.engine, enricher, enrichment.tell, lease_s=_LEASE_S)
        self._started = asyncio.Event()

    async def start(self, limit: int | None) -> UUID:
        """Starts a job for the findings without a score, the oldest ``limit`` or all there are now.

        Raises DatabaseDownError when the database is out of reach, as the other methods do.
        """
        job_id = await start_job(self._engine, limit)
        self._started.set()
        return job_id

    async def progress(self, job_id: UUID) -> JobProgress | None:
        """Says how far a job is; None where there is none."""
        return await job_progress(self._engine, job_id)

    async def cancel(self, job_id: UUID) -> JobProgress | None:
        """Ends a job after the batch in hand; one that is over stays as it is. None where there is none."""
        return await cancel_job(self._engine, job_id)

    async def run(self) -> None:
        """Runs jobs as they come until it is cancelled; the job in hand is then free for others at once."""
        put_off = False
        while True:
            self._started.clear()
            try:
                while await self._runner.run_next():
                    pass
                put_off = False
            except McmError as error:
                # said once: /ready says for how long the database is down
                if not put_off:
                    log.warning("jobs are put off", reason=str(error))
                put_off = True
            except Exception:
                log.exception("a job failed and is tried again")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY_S):
                    await self._started.wait()
