"""AI enrichment of findings: a risk score and an explanation.

This is the public interface; other services import nothing below it.
"""

from mcm_enricher.enrich import enrich_now, missing_ids
from mcm_enricher.explainers import RunningExplainer
from mcm_enricher.explainers.choose import make_explainer
from mcm_enricher.feedback import AiStats, DayUsage, FeedbackCount, StoredFeedback, Verdict, set_feedback, stats_ai
from mcm_enricher.jobs import TooManyJobsError, cancel_job, job_progress, start_job
from mcm_enricher.publish import EnrichedPublisher
from mcm_enricher.settings import EnricherSettings
from mcm_enricher.store.jobs import JobProgress

__all__ = [
    "AiStats",
    "DayUsage",
    "EnrichedPublisher",
    "EnricherSettings",
    "FeedbackCount",
    "JobProgress",
    "RunningExplainer",
    "StoredFeedback",
    "TooManyJobsError",
    "Verdict",
    "cancel_job",
    "enrich_now",
    "job_progress",
    "make_explainer",
    "missing_ids",
    "set_feedback",
    "start_job",
    "stats_ai",
]
