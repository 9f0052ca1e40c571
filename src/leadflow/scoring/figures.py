"""Gauges of scores by level, for ``/metrics``."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from leadflow.leads.tables import Outcome
from leadflow.observability.gauges import Gauge, Reading
from leadflow.scoring.levels import BEST_FIRST
from leadflow.scoring.overrides.standing import effective_level, in_force
from leadflow.scoring.tables import LeadScore, ScoreOverride

# A lead that has converted or is lost needs nobody any more, whatever its last score was.
OPEN = LeadScore.is_current & ~exists().where(Outcome.lead_id == LeadScore.lead_id)


def _by_level(session: Session, now: datetime) -> Iterable[Reading]:
    counts = func.count().label("leads")
    asked = (
        select(effective_level(), counts)
        .select_from(LeadScore)
        .outerjoin(ScoreOverride, (ScoreOverride.lead_id == LeadScore.lead_id) & in_force(now))
        .where(OPEN)
        .group_by(effective_level())
    )
    found = dict(session.execute(asked).tuples().all())
    # A level without leads is told too: a line that ends would be read as the last there was.
    return [((level,), found.get(level, 0)) for level in BEST_FIRST]


def _by_model(session: Session, _now: datetime) -> Iterable[Reading]:
    asked = (
        select(LeadScore.regime, LeadScore.model_version, func.count())
        .where(OPEN)
        .group_by(LeadScore.regime, LeadScore.model_version)
        .order_by(func.count().desc())
        # Old versions go on being current for leads without news; the ten largest say enough.
        .limit(10)
    )
    return [((regime, version), count) for regime, version, count in session.execute(asked)]


# Both read the current score of every open lead, which takes a second where there are a million.
SELDOM = 120.0
GAUGES = (
    Gauge("leads", "Open leads by the level that counts.", ("level",), _by_level, SELDOM),
    Gauge(
        "leads_scored_by",
        "Open leads by the scorer that gave their current score.",
        ("regime", "version"),
        _by_model,
        SELDOM,
    ),
)
