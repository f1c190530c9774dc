"""Figures of triage as Prometheus metrics, measured once a minute."""

import asyncio
from typing import Final

import structlog

from mcm_api.database import DatabaseReader
from mcm_api.http.problems import ProblemError
from mcm_api.resources.clock import Clock
from mcm_api.resources.triage_targets import TriageTargets
from mcm_api.stats.queries.triage import read_triage_figures
from mcm_api.stats.schemas import TriageFigures
from mcm_shared.errors import McmError
from mcm_shared.metrics import gauge

log = structlog.get_logger()

_INTERVAL_S: Final = 60.0
_NONE: Final = float("nan")


async def measure_triage(reader: DatabaseReader, targets: TriageTargets, clock: Clock) -> None:
    """Sets the metrics until cancelled; while the database is down they keep their values."""
    while True:
        try:
            figures = await read_triage_figures(reader, targets, clock.now())
        except (McmError, ProblemError) as error:
            log.debug("figures of triage not measured, retrying", reason=str(error))
        except Exception:
            log.exception("figures of triage not measured, retrying")
        else:
            set_metrics(figures)
        await asyncio.sleep(_INTERVAL_S)


def set_metrics(figures: TriageFigures) -> None:
    """Sets the metrics to these figures."""
    for one in figures.by_severity:
        severity = one.severity.value
        gauge("mcm_findings_open").labels(severity).set(one.open)
        gauge("mcm_findings_overdue").labels(severity).set(one.overdue)
        for step, value in (("acknowledge", one.time_to_acknowledge_s), ("resolve", one.time_to_resolve_s)):
            gauge("mcm_triage_seconds").labels(severity, step).set(_NONE if value is None else value)
