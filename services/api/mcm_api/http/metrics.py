"""Counts and times of requests, for Prometheus; labels come from the code, never from a request."""

from typing import Final

from prometheus_client import Counter, Histogram

_REQUESTS: Final = Counter("mcm_http_requests_total", "Requests answered", ["method", "route", "status"])
_SECONDS: Final = Histogram("mcm_http_request_seconds", "Time to answer", ["method", "route"])
_ACCEPTED: Final = Counter("mcm_intake_events_total", "Events taken over HTTP and acknowledged by Kafka")

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def observe(method: str, route: str, status: int, seconds: float) -> None:
    """Counts one request; ``route`` is a route's template, like ``/findings/{finding_id}``."""
    known = method if method in _METHODS else "other"
    _REQUESTS.labels(known, route, str(status)).inc()
    _SECONDS.labels(known, route).observe(seconds)


def count_accepted(events: int) -> None:
    """Counts events that were taken and acknowledged."""
    _ACCEPTED.inc(events)
