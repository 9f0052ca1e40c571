"""Declarations of endpoints: the acts that send to them, and their figures for ``/metrics``,
and what rules can call."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.endpoints.calling import CALL
from leadflow.endpoints.rule_actions import RULE_ACTIONS
from leadflow.endpoints.tables import Endpoint, Message
from leadflow.endpoints.turns import SEND
from leadflow.observability.gauges import Gauge, Reading

__all__ = ["ACTS", "GAUGES", "RULE_ACTIONS"]

THERE = Endpoint.status != "deleted"


def _waiting(session: Session, _now: datetime) -> Iterable[Reading]:
    waits = (Message.endpoint_id == Endpoint.id) & (Message.status == "waiting")
    asked = select(Endpoint.id, func.count(Message.id)).outerjoin(Message, waits)
    found = session.execute(asked.where(THERE).group_by(Endpoint.id))
    return [((endpoint,), float(count)) for endpoint, count in found]


def _oldest(session: Session, now: datetime) -> Iterable[Reading]:
    oldest = (
        select(func.min(Message.created_at))
        .where(Message.endpoint_id == Endpoint.id, Message.status == "waiting")
        .scalar_subquery()
    )
    found = session.execute(select(Endpoint.id, oldest).where(THERE)).tuples()
    return [
        ((endpoint,), 0.0 if since is None else max(0.0, (now - since).total_seconds()))
        for endpoint, since in found
    ]


def _failures(session: Session, _now: datetime) -> Iterable[Reading]:
    found = session.execute(select(Endpoint.id, Endpoint.failures).where(THERE))
    return [((endpoint,), float(failures)) for endpoint, failures in found]


def _disabled(session: Session, _now: datetime) -> Iterable[Reading]:
    failing = Endpoint.disabled_why.in_(("gone", "failing"))
    asked = select(func.count()).where(Endpoint.status == "disabled", failing)
    return [((), float(session.scalar(asked) or 0))]


ACTS = (SEND, CALL)
GAUGES = (
    Gauge("webhook_waiting", "Messages that wait for an endpoint.", ("endpoint",), _waiting, 15.0),
    Gauge(
        "webhook_oldest_seconds",
        "How long the oldest message has waited for an endpoint; 0 where none does.",
        ("endpoint",),
        _oldest,
        15.0,
    ),
    Gauge(
        "webhook_failures",
        "Attempts at an endpoint that failed since the last that did not.",
        ("endpoint",),
        _failures,
    ),
    Gauge(
        "webhook_endpoints_disabled",
        "Endpoints that were disabled because they were gone or failed for days.",
        (),
        _disabled,
    ),
)
