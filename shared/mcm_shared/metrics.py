"""Prometheus metrics, served by every service on its own port."""

from typing import Final

import structlog
from prometheus_client import Counter, Gauge, Histogram, start_http_server

from mcm_shared.errors import ConfigurationError
from mcm_shared.settings import MetricsSettings

log = structlog.get_logger()

RECORDS: Final = Counter("mcm_records", "Records consumed and committed", ["topic"])
BATCH_SECONDS: Final = Histogram(
    "mcm_batch_seconds",
    "Seconds to handle, send and commit one batch",
    ["topic"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
RETRIES: Final = Counter("mcm_batch_retries", "Batches tried again because a dependency was down", ["topic"])
DEAD_LETTERS: Final = Counter("mcm_dead_letters", "Records that could not be processed", ["topic"])
LAG: Final = Gauge("mcm_lag", "Records not yet consumed, in assigned partitions", ["topic", "partition"])


def serve_metrics(settings: MetricsSettings) -> None:
    """Serves the process's metrics at ``/metrics`` and logs where.

    Raises ConfigurationError when the port is taken.
    """
    try:
        server, _ = start_http_server(settings.port, settings.host)
    except OSError as error:
        raise ConfigurationError(f"MCM_METRICS_PORT {settings.port} on {settings.host}: {error.strerror}") from None
    log.info("metrics", url=f"http://{settings.host}:{server.server_port}/metrics")
