"""Declarations of the background: gauges of its loops for ``/metrics``."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.background.records import SILENT_AFTER
from leadflow.background.tables import BackgroundLoop
from leadflow.observability.gauges import Gauge, Reading


def _silent(session: Session, now: datetime) -> Iterable[Reading]:
    asked = select(BackgroundLoop.loop, func.max(BackgroundLoop.looked_at))
    return [
        ((loop,), max(0.0, (now - looked_at).total_seconds()))
        for loop, looked_at in session.execute(asked.group_by(BackgroundLoop.loop))
    ]


def _failures(session: Session, _now: datetime) -> Iterable[Reading]:
    asked = select(BackgroundLoop.loop, func.max(BackgroundLoop.failures))
    return [((loop,), most) for loop, most in session.execute(asked.group_by(BackgroundLoop.loop))]


def _processes(session: Session, now: datetime) -> Iterable[Reading]:
    heard = BackgroundLoop.looked_at > now - SILENT_AFTER
    asked = select(BackgroundLoop.loop, func.count().filter(heard))
    return [((loop,), many) for loop, many in session.execute(asked.group_by(BackgroundLoop.loop))]


GAUGES = (
    Gauge("loop_silent_seconds", "Since a loop last looked for work.", ("loop",), _silent),
    Gauge("loop_failures", "Failures of a loop in a row.", ("loop",), _failures),
    Gauge("loop_processes", "Processes that run a loop.", ("loop",), _processes),
)
