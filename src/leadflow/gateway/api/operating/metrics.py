"""``GET /metrics``: what Prometheus asks for every few seconds."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from leadflow.database.engine import unit_of_work
from leadflow.gateway.http.bounds.asked import Exact
from leadflow.gateway.http.callers import ReadsMetrics
from leadflow.observability import gauges
from leadflow.observability.scraping import CONTENT_TYPE, exposition
from leadflow.scoring.serving.process_scorer import ServingScorer

router = APIRouter(tags=["operation"], route_class=Exact)


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(request: Request, caller: ReadsMetrics) -> Response:
    """Rates, durations, queues and how old they are; `docs/operating.md` says what to watch. A key
    for Prometheus: `leadflow keys create prometheus --scope metrics.read`."""
    # One at a time and in a thread of its own: looking must not hold up the leads.
    said = await to_thread.run_sync(_exposition, request.app.state.serving, limiter=_limiter())
    return Response(said, media_type=CONTENT_TYPE)


@lru_cache
def _limiter() -> CapacityLimiter:
    return CapacityLimiter(1)


def _exposition(serving: ServingScorer) -> bytes:
    found = gauges.collect(unit_of_work, datetime.now(UTC))
    return exposition([*found, *_model(serving)])


def _model(serving: ServingScorer) -> Iterator[Metric]:
    loaded = GaugeMetricFamily(
        "leadflow_model_loaded", "Whether the process that answered has a scorer in memory."
    )
    loaded.add_metric([], float(serving.ready))
    yield loaded
    refused = GaugeMetricFamily(
        "leadflow_model_refused", "Whether what should serve could not be loaded when last tried."
    )
    refused.add_metric([], float(serving.error is not None))
    yield refused
    family = GaugeMetricFamily(
        "leadflow_model", "The scorer in memory; always 1.", labels=["regime", "version"]
    )
    if serving.ready:
        scorer = serving.current()
        family.add_metric([scorer.regime, str(scorer.version)], 1)
    yield family
