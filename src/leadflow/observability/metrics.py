"""Figures that a process counts as it works: requests, steps of the way of a lead, flow runs.

The processes of a gateway, of the background and the workers count into files of one folder
(``PROMETHEUS_MULTIPROC_DIR``, set by the supervisor, emptied as it starts), so that whichever
process is asked answers for all. Without the variable a process answers for itself.

Labels are names of ours and never of people: routes, steps, levels.
"""

import os
from pathlib import Path

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
if os.environ.get(FOLDER):
    # The library opens files in it as the first figure is counted.
    Path(os.environ[FOLDER]).mkdir(parents=True, exist_ok=True)

from prometheus_client import (  # noqa: E402
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
)

# When each was first counted is nothing that anybody asks for.
disable_created_metrics()  # type: ignore[no-untyped-call]
OWN = CollectorRegistry(auto_describe=True)
SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

REQUESTS = Counter(
    "leadflow_requests_total",
    "Requests answered, by method, address as it was declared, and status.",
    ("method", "route", "status"),
    registry=OWN,
)
REQUEST_SECONDS = Histogram(
    "leadflow_request_seconds",
    "Time from a request's head to the end of its answer.",
    ("method", "route"),
    registry=OWN,
    buckets=SECONDS,
)
STEP_SECONDS = Histogram(
    "leadflow_step_seconds",
    "Time of one step for one lead or one batch: store, score, audit, hand_out.",
    ("step",),
    registry=OWN,
    buckets=SECONDS,
)
STEP_FAILURES = Counter(
    "leadflow_step_failures_total", "Steps that ended with an error.", ("step",), registry=OWN
)
ACTS = Counter(
    "leadflow_outbox_ended_total",
    "Acts of the outbox that were performed, by lane, act and the state that left them in.",
    ("lane", "act", "state"),
    registry=OWN,
)
ACT_SECONDS = Histogram(
    "leadflow_outbox_act_seconds",
    "Time that performing one act of the outbox took.",
    ("lane",),
    registry=OWN,
    buckets=SECONDS,
)
FLOW_RUN_SECONDS = Histogram(
    "leadflow_flow_run_seconds",
    "Time from the start of a flow run to its end, by deployment and the state it ended in.",
    ("deployment", "ended"),
    registry=OWN,
    buckets=(0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0),
)
_requests: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """One request was answered; ``route`` as declared, such as ``/leads/{lead_id}``."""
    found = _requests.get((method, route, status))
    if found is None:
        known = method if method in METHODS else "other"
        found = (REQUESTS.labels(known, route, str(status)), REQUEST_SECONDS.labels(known, route))
        if known == method:
            _requests[method, route, status] = found
    found[0].inc()
    found[1].observe(seconds)


def count_act(lane: str, act: str, state: str, seconds: float) -> None:
    """One act of the outbox was performed and is ``state`` now: ``done``, ``nothing_done``,
    ``waiting`` for its next attempt, ``uncertain``, ``failed``; ``lost`` where its claim was."""
    ACTS.labels(lane, act, state).inc()
    ACT_SECONDS.labels(lane).observe(seconds)


def count_flow_run(deployment: str, ended: str, seconds: float) -> None:
    """One flow run is over. ``ended``: the type of Prefect's state, such as ``completed``, or
    ``nothing_due`` where the worker found nothing to do and did not begin it."""
    FLOW_RUN_SECONDS.labels(deployment, ended).observe(seconds)
