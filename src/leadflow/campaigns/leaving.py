"""Leads are taken out of a campaign by somebody's word."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from leadflow.campaigns.store.service import nothing_more
from leadflow.campaigns.tables import CampaignMessage, Enrolment

TAKEN_OUT = "taken_out"


def take_out(
    session: Session, campaign: str, leads: Sequence[str], by: str, now: datetime
) -> list[str]:
    """End the enrolments of these leads in a campaign; their ids. What was planned is not sent.
    ``by``: who says so."""
    these = update(Enrolment).where(
        Enrolment.campaign == campaign,
        Enrolment.lead_id.in_(list(leads)),
        Enrolment.ended_at.is_(None),
    )
    line = f"{now:%Y-%m-%dT%H:%M:%SZ} * {TAKEN_OUT} {by}\n"
    values = {"ended_at": now, "ended_as": TAKEN_OUT, "trail": Enrolment.trail + line}
    ended = list(session.scalars(these.values(**values).returning(Enrolment.id)))
    if ended:
        session.execute(nothing_more(CampaignMessage.enrolment_id.in_(ended)))
    return ended
