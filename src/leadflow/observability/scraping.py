"""The answer of ``GET /metrics``: counters of every process, and gauges."""

import os
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from leadflow.observability.metrics import FOLDER, OWN

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class _Given(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> Iterator[Metric]:
        yield from self._metrics


def exposition(gauges: Iterable[Metric]) -> bytes:
    """All of it in Prometheus's text format; ``gauges``: what was read for this answer."""
    registry = CollectorRegistry()
    if os.environ.get(FOLDER):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_Given(OWN.collect()))
    registry.register(_Given(gauges))
    return generate_latest(registry)
