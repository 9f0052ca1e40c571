"""Timing the steps of the way of a lead: store, score, audit, hand out."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Literal

from leadflow.observability.metrics import STEP_FAILURES, STEP_SECONDS
from leadflow.observability.spans import span

Step = Literal["store", "score", "audit", "hand_out"]


@contextmanager
def step(name: Step) -> Iterator[None]:
    """Times the block, or the function it decorates, for ``/metrics``; a span of the trace where
    traces are kept."""
    begun = perf_counter()
    with span(name):
        try:
            yield
        except BaseException:
            STEP_FAILURES.labels(name).inc()
            raise
        finally:
            STEP_SECONDS.labels(name).observe(perf_counter() - begun)
