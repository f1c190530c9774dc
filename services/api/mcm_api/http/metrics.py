"""Counts and times of requests, for Prometheus; labels come from the code, never from a request."""

from typing import Final

from mcm_shared.metrics import counter, histogram

_REQUESTS: Final = counter("mcm_http_requests_total")
_SECONDS: Final = histogram("mcm_http_request_seconds")
_ACCEPTED: Final = counter("mcm_intake_events_total")

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def observe(method: str, route: str, status: int, seconds: float) -> None:
    """Counts one request; ``route`` is a route's template, like ``/findings/{finding_id}``."""
    known = method if method in _METHODS else "other"
    _REQUESTS.labels(known, route, str(status)).inc()
    _SECONDS.labels(known, route).observe(seconds)


def count_accepted(events: int) -> None:
    """Counts events that were taken and acknowledged."""
    _ACCEPTED.inc(events)
