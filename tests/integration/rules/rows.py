"""Leads as rules are held against them: with their scores and the overrides in force."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.conditions.fields import RowsAtHand
from leadflow.leads.tables import Lead
from leadflow.rules.service import lead_source
from leadflow.scoring.tables import LeadScore, ScoreOverride


def rows_of(session: Session, lead_ids: Sequence[str], now: datetime) -> list[RowsAtHand]:
    """Read anew, whatever the session has in memory."""
    session.flush()
    these = select(Lead, LeadScore, ScoreOverride).select_from(lead_source(now))
    found = session.execute(
        these.where(Lead.id.in_(lead_ids)).execution_options(populate_existing=True)
    )
    return [RowsAtHand(lead, score, override, now) for lead, score, override in found.tuples()]
