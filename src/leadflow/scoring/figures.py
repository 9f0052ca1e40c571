"""Gauges of scores by level, for ``/metrics``."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.observability.gauges import Gauge, Reading
from leadflow.scoring.tables import LeadScore


def _by_level(session: Session, _now: datetime) -> Iterable[Reading]:
    asked = select(LeadScore.level, func.count()).where(LeadScore.is_current)
    return [((level,), count) for level, count in session.execute(asked.group_by(LeadScore.level))]


def _by_model(session: Session, _now: datetime) -> Iterable[Reading]:
    asked = (
        select(LeadScore.regime, LeadScore.model_version, func.count())
        .where(LeadScore.is_current)
        .group_by(LeadScore.regime, LeadScore.model_version)
        .order_by(func.count().desc())
        # Old versions go on being current for leads without news; the ten largest say enough.
        .limit(10)
    )
    return [((regime, version), count) for regime, version, count in session.execute(asked)]


# Both read the current score of every lead, which takes a second where there are a million.
SELDOM = 120.0
GAUGES = (
    Gauge("leads", "Leads by the level of their current score.", ("level",), _by_level, SELDOM),
    Gauge(
        "leads_scored_by",
        "Leads by the scorer that gave their current score.",
        ("regime", "version"),
        _by_model,
        SELDOM,
    ),
)
