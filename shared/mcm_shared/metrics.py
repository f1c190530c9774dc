"""Registry of the Prometheus metrics of every service, and the endpoint that serves them.

A service creates its metrics by name with ``counter``, ``gauge`` and ``histogram``; a name that is not in METRICS is an
error. ``python -m mcm_shared.metrics`` prints the table for docs/operations.md.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

import structlog
from prometheus_client import Counter, Gauge, Histogram, start_http_server

from mcm_shared.errors import ConfigurationError
from mcm_shared.settings import MetricsSettings

log = structlog.get_logger()

Kind = Literal["counter", "gauge", "histogram"]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: its base name (Prometheus adds ``_total`` to a counter), what it measures, and who serves it."""

    name: str
    kind: Kind
    unit: str
    labels: tuple[str, ...]
    services: str
    meaning: str
    buckets: tuple[float, ...] = Histogram.DEFAULT_BUCKETS

    @property
    def served_name(self) -> str:
        """The name that Prometheus queries use."""
        return f"{self.name.removesuffix('_total')}_total" if self.kind == "counter" else self.name


_CONSUMERS: Final = "engine, enricher, notifier"

METRICS: Final = (
    Metric("mcm_records", "counter", "records", ("topic",), _CONSUMERS, "Records consumed and committed"),
    Metric(
        "mcm_batch_seconds",
        "histogram",
        "seconds",
        ("topic",),
        _CONSUMERS,
        "Time to store, complete, send and commit a batch",
        (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    ),
    Metric(
        "mcm_batch_retries",
        "counter",
        "attempts",
        ("topic",),
        _CONSUMERS,
        "Steps of batches retried because a dependency was down",
    ),
    Metric("mcm_dead_letters", "counter", "records", ("topic",), _CONSUMERS, "Records sent to `events.dead`"),
    Metric(
        "mcm_messages_refused",
        "counter",
        "messages",
        ("topic",),
        _CONSUMERS,
        "Messages that Kafka refused for their content, such as their size",
    ),
    Metric(
        "mcm_lag",
        "gauge",
        "records",
        ("topic", "partition"),
        _CONSUMERS,
        "Records not yet consumed, by assigned partition; without those of open transactions",
    ),
    Metric("mcm_events_stored", "counter", "events", (), "engine", "Events stored for the first time"),
    Metric("mcm_events_repeated", "counter", "events", (), "engine", "Events that were stored already"),
    Metric(
        "mcm_events_conflicting",
        "counter",
        "events",
        (),
        "engine",
        "Repeated events with other content than the stored one, which stays",
    ),
    Metric("mcm_detections", "counter", "detections", (), "engine", "Detections stored for the first time"),
    Metric(
        "mcm_findings_enriched", "counter", "findings", ("source",), "enricher, API", "Findings enriched, by explainer"
    ),
    Metric(
        "mcm_enrichments_overtaken",
        "counter",
        "findings",
        (),
        "enricher, API",
        "Enrichments dropped: the finding has a newer one, or no longer exists",
    ),
    Metric("mcm_ai_requests", "counter", "requests", ("outcome",), "enricher, API", "Requests to the model"),
    Metric("mcm_ai_tokens", "counter", "tokens", ("kind",), "enricher, API", "Tokens counted by the model's server"),
    Metric(
        "mcm_http_requests_total", "counter", "requests", ("method", "route", "status"), "API", "HTTP requests answered"
    ),
    Metric(
        "mcm_http_request_seconds", "histogram", "seconds", ("method", "route"), "API", "Time to answer an HTTP request"
    ),
    Metric(
        "mcm_intake_events_total", "counter", "events", (), "API", "Events taken over HTTP and acknowledged by Kafka"
    ),
    Metric("mcm_findings_open", "gauge", "findings", ("severity",), "API", "Standing findings that are not closed"),
    Metric(
        "mcm_findings_overdue",
        "gauge",
        "findings",
        ("severity",),
        "API",
        "Open findings older than the target of their severity (`MCM_TRIAGE_TARGETS`)",
    ),
    Metric(
        "mcm_triage_seconds",
        "gauge",
        "seconds",
        ("severity", "step"),
        "API",
        "Median time to acknowledge and to resolve findings, of the last 90 days",
    ),
    Metric(
        "mcm_exceptions",
        "gauge",
        "exceptions",
        ("state",),
        "API",
        "Exceptions that were not revoked and have not expired; those with an invalid matcher hide nothing",
    ),
    Metric(
        "mcm_exceptions_expiring",
        "gauge",
        "exceptions",
        ("within_days",),
        "API",
        "Active exceptions that expire within 30, 7 and 1 days",
    ),
    Metric("mcm_audit_entries", "gauge", "entries", (), "API", "Entries of the audit trail"),
    Metric(
        "mcm_audit_head",
        "gauge",
        "number",
        (),
        "API",
        "First 52 bits of the hash of the audit trail's last entry, to compare with `mcm-api audit verify`",
    ),
    Metric(
        "mcm_source_records",
        "counter",
        "records",
        ("source",),
        "ingestor",
        "Records of a source that Kafka acknowledged",
    ),
    Metric(
        "mcm_notification_attempts",
        "counter",
        "messages",
        ("channel", "kind", "outcome"),
        "notifier",
        "Messages sent to channels, reminders and tests too, by `kind`: `sent`, `retried` after a failure, or `failed`",
    ),
    Metric(
        "mcm_notifications_unsent",
        "gauge",
        "notifications",
        ("state",),
        "notifier",
        "Notifications that are `waiting` for their message, or `hidden`: suppressed or withdrawn until visible again",
    ),
    Metric(
        "mcm_notifications_failed", "gauge", "messages", (), "notifier", "Messages that failed and were not retried"
    ),
    Metric("mcm_source_failures", "counter", "polls", ("source",), "ingestor", "Polls of a source that failed"),
)

_BY_NAME: Final = {metric.name: metric for metric in METRICS}


@cache
def counter(name: str) -> Counter:
    """Returns the counter of this name."""
    metric = _metric(name, "counter")
    return Counter(metric.name, metric.meaning, metric.labels)


@cache
def gauge(name: str) -> Gauge:
    """Returns the gauge of this name."""
    metric = _metric(name, "gauge")
    return Gauge(metric.name, metric.meaning, metric.labels)


@cache
def histogram(name: str) -> Histogram:
    """Returns the histogram of this name."""
    metric = _metric(name, "histogram")
    return Histogram(metric.name, metric.meaning, metric.labels, buckets=metric.buckets)


def metrics_table() -> str:
    """Writes the registry as a Markdown table."""
    lines = ["| metric | kind, unit | labels | served by | meaning |", "| --- | --- | --- | --- | --- |"]
    for metric in METRICS:
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        cells = (f"`{metric.served_name}`", f"{metric.kind}, {metric.unit}", labels, metric.services, metric.meaning)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines).replace("|  |", "| |")


def serve_metrics(settings: MetricsSettings) -> None:
    """Serves the process's metrics at ``/metrics`` and logs the address.

    Raises ConfigurationError when the port is taken.
    """
    try:
        server, _ = start_http_server(settings.port, settings.host)
    except OSError as error:
        raise ConfigurationError(f"MCM_METRICS_PORT {settings.port} on {settings.host}: {error.strerror}") from None
    log.info("metrics", url=f"http://{settings.host}:{server.server_port}/metrics")


def _metric(name: str, kind: Kind) -> Metric:
    metric = _BY_NAME.get(name)
    if metric is None or metric.kind != kind:
        raise LookupError(f"there is no {kind} {name!r} in METRICS of mcm_shared.metrics; add it there")
    return metric


if __name__ == "__main__":
    print(metrics_table())  # noqa: T201 (the result of the command)
