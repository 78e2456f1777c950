"""How many requests, and how long they took, by route and status (Prometheus text)."""

import os

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BUCKETS_S = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)

REQUESTS = Counter("http_requests", "Requests answered.", ["method", "route", "status"])
LATENCY = Histogram(
    "http_request_duration_seconds",
    "Time from the request to its answer.",
    ["method", "route"],
    buckets=BUCKETS_S,
)


def observe(request: HttpRequest, response: HttpResponseBase, duration_s: float) -> None:
    """Count one answer. Routes are patterns, never paths, so that the series stay few."""
    match = request.resolver_match
    route = match.route if match is not None else "unmatched"
    method = request.method if request.method in METHODS else "other"
    REQUESTS.labels(method, route, str(response.status_code)).inc()
    LATENCY.labels(method, route).observe(duration_s)


def exposition() -> bytes:
    """All series; of every worker process when PROMETHEUS_MULTIPROC_DIR is set."""
    registry: CollectorRegistry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
