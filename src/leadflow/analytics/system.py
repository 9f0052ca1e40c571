"""How Leadflow itself does: what waits, what leaves, what fails, and the loops that work."""

from datetime import datetime

from sqlalchemy import extract, func, literal, select, text
from sqlalchemy.orm import Session

from leadflow.analytics.period import Period
from leadflow.analytics.schemas import ErrorsOut, LaneOut, LoopsOut, QueueOut, SystemReport
from leadflow.background.records import SILENT_AFTER
from leadflow.background.tables import BackgroundLoop
from leadflow.observability.gauges import QUEUES

LANES = text(
    """
SELECT lane, count(*) AS acts,
    count(*) FILTER (WHERE status IN ('done', 'nothing_done')) AS done,
    count(*) FILTER (WHERE status = 'failed') AS failed,
    count(*) FILTER (WHERE status = 'uncertain') AS uncertain,
    count(*) FILTER (WHERE status IN ('waiting', 'claimed')) AS waiting,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM ended_at - created_at))
        AS p50_seconds,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM ended_at - created_at))
        AS p95_seconds
FROM outbox WHERE created_at >= :since AND created_at < :until
GROUP BY lane ORDER BY lane
"""
)
ERRORS = text(
    """
SELECT 'deliveries', count(*) FILTER (WHERE status <> 'received'),
    count(*) FILTER (WHERE status = 'dead')
FROM deliveries WHERE received_at >= :since AND received_at < :until
UNION ALL
SELECT 'messages', count(*) FILTER (WHERE status <> 'waiting'),
    count(*) FILTER (WHERE status = 'failed')
FROM webhook_messages WHERE created_at >= :since AND created_at < :until
UNION ALL
SELECT 'scores', given.leads + failing.leads, failing.leads FROM
    (SELECT count(*) AS leads FROM lead_scores WHERE as_of >= :since AND as_of < :until) given,
    (SELECT count(*) AS leads FROM set_aside_leads WHERE since >= :since AND since < :until) failing
UNION ALL
SELECT 'exports', count(*), count(*) FILTER (WHERE state = 'failed')
FROM lead_exports WHERE ended_at >= :since AND ended_at < :until
"""
)


def system_report(session: Session, period: Period, now: datetime) -> SystemReport:
    """The report: of what waits and of loops as they are now, of the rest in the period."""
    lanes = [LaneOut.model_validate(row) for row in session.execute(LANES, period.bounds)]
    ended = sum(lane.done + lane.failed + lane.uncertain for lane in lanes)
    failed = sum(lane.failed + lane.uncertain for lane in lanes)
    others = session.execute(ERRORS, period.bounds)
    return SystemReport(
        **period.bounds,
        queues=[_queue(name, *read, now) for name, read in _waiting(session, now)],
        lanes=lanes,
        errors=[_errors("acts", ended, failed), *(_errors(*row) for row in others)],
        loops=_loops(session, now),
    )


def _waiting(session: Session, now: datetime) -> list[tuple[str, tuple[int, datetime | None]]]:
    return sorted((queue.name, queue.read(session, now)) for queue in QUEUES.values())


def _queue(name: str, waiting: int, since: datetime | None, now: datetime) -> QueueOut:
    age = 0.0 if since is None else max(0.0, (now - since).total_seconds())
    return QueueOut(queue=name, waiting=waiting, oldest_seconds=age)


def _errors(what: str, total: int, failed: int) -> ErrorsOut:
    told = {"what": what, "total": total, "failed": failed}
    return ErrorsOut.model_validate(told | {"share": failed / total if total else None})


def _loops(session: Session, now: datetime) -> list[LoopsOut]:
    heard = BackgroundLoop.looked_at > now - SILENT_AFTER
    asked = select(
        BackgroundLoop.loop,
        func.count().filter(heard).label("processes"),
        func.max(BackgroundLoop.failures).label("failures"),
        extract("epoch", literal(now) - func.max(BackgroundLoop.looked_at)).label("silent_seconds"),
    )
    rows = session.execute(asked.group_by(BackgroundLoop.loop).order_by(BackgroundLoop.loop))
    return [LoopsOut.model_validate(row) for row in rows]
