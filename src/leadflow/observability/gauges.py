"""Gauges that rooms read from the database when somebody asks for ``/metrics``.

A room declares its queues and gauges (``QUEUES`` and ``GAUGES`` of its ``declares.py``); the
composition root installs them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import text
from sqlalchemy.orm import Session

from leadflow.catalogues import Catalogue
from leadflow.observability.logs import get_logger

# A question that takes longer is given up: looking must not slow down what is looked at.
LONGEST = "3s"
Reading = tuple[tuple[str, ...], float]
UnitOfWork = Callable[[], AbstractContextManager[Session]]
log = get_logger(__name__)


@dataclass(frozen=True)
class Queue:
    """Work that waits. ``read``: how much there is, and since when the oldest waits."""

    name: str
    read: Callable[[Session, datetime], tuple[int, datetime | None]]


@dataclass(frozen=True)
class Gauge:
    """A figure under ``leadflow_NAME``. ``read``: the values of its labels, which are few and of
    our own naming, with the figure. Asked again after ``seconds`` at the soonest."""

    name: str
    help: str
    labels: tuple[str, ...]
    read: Callable[[Session, datetime], Iterable[Reading]]
    seconds: float = 0.0


QUEUES = Catalogue[Queue]("queues")
GAUGES = Catalogue[Gauge]("gauges")
_kept: dict[str, tuple[datetime, list[Reading]]] = {}


def install(queues: Iterable[Queue], gauges: Iterable[Gauge]) -> None:
    """Let these be all there are."""
    QUEUES.install({queue.name: queue for queue in queues})
    GAUGES.install({gauge.name: gauge for gauge in gauges})
    _kept.clear()


def collect(unit_of_work: UnitOfWork, now: datetime) -> Iterator[Metric]:
    """Every queue and gauge as Prometheus takes them. One that cannot be read is left out, and
    counted in ``leadflow_gauges_failed``; the others are told all the same."""
    failed = 0
    length = GaugeMetricFamily(
        "leadflow_queue_length", "How much waits in a queue.", labels=["queue"]
    )
    oldest = GaugeMetricFamily(
        "leadflow_queue_oldest_seconds",
        "How long the oldest has waited in a queue; 0 where nothing waits.",
        labels=["queue"],
    )
    for queue in QUEUES.values():
        found = _read(unit_of_work, queue, now)
        if found is None:
            failed += 1
            continue
        waiting, since = found
        length.add_metric([queue.name], waiting)
        age = 0.0 if since is None else max(0.0, (now - since).total_seconds())
        oldest.add_metric([queue.name], age)
    yield length
    yield oldest
    for gauge in GAUGES.values():
        readings = _readings(unit_of_work, gauge, now)
        if readings is None:
            failed += 1
            continue
        family = GaugeMetricFamily(f"leadflow_{gauge.name}", gauge.help, labels=gauge.labels)
        for labels, value in readings:
            family.add_metric(labels, value)
        yield family
    yield GaugeMetricFamily(
        "leadflow_gauges_failed", "Figures that could not be read from the database.", value=failed
    )


def _readings(unit_of_work: UnitOfWork, gauge: Gauge, now: datetime) -> Sequence[Reading] | None:
    kept = _kept.get(gauge.name)
    if kept is not None and (now - kept[0]).total_seconds() < gauge.seconds:
        return kept[1]
    found = _read(unit_of_work, gauge, now)
    if found is None:
        return None
    _kept[gauge.name] = (now, list(found))
    return _kept[gauge.name][1]


def _read(unit_of_work: UnitOfWork, asked: Queue | Gauge, now: datetime) -> Any | None:
    try:
        with unit_of_work() as session:
            session.execute(text(f"SET LOCAL statement_timeout = '{LONGEST}'"))
            found = asked.read(session, now)
            return found if isinstance(found, tuple) else list(found)
    except Exception as error:
        log.warning("a figure could not be read", queue=asked.name, exc_info=error)
        return None
