"""Leads that no model may learn from, because their data or their outcome is known to be wrong."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.database.ids import new_id
from leadflow.leads.service import get_lead
from leadflow.quality.errors import AlreadyFlagged, NotFlagged
from leadflow.quality.tables import QualityFlag


def flag(
    session: Session,
    lead_id: str,
    why: str,
    by: str,
    now: datetime,
    item_id: str | None = None,
) -> QualityFlag:
    """Leave a lead out of everything that is learned from now on, until the flag is lifted.

    Raises:
        LeadNotFound: no such lead.
        AlreadyFlagged: it is left out already.
    """
    lead = get_lead(session, lead_id)
    row = {
        "id": new_id("flag"),
        "lead_id": lead.id,
        "why": why.strip(),
        "item_id": item_id,
        "flagged_by": by,
        "flagged_at": now,
    }
    statement = insert(QualityFlag).values(row).on_conflict_do_nothing().returning(QualityFlag)
    made = session.scalars(statement).first()
    if made is None:
        raise AlreadyFlagged(lead.id)
    audit.record(
        session,
        by,
        "quality.flagged",
        lead.id,
        {"flag": made.id, "item": item_id},
        said=made.why,
        before={"left_out": False},
        after={"left_out": True},
    )
    return made


def unflag(session: Session, lead_id: str, by: str, now: datetime) -> QualityFlag:
    """Have models learn from a lead again.

    Raises:
        NotFlagged: it is not left out.
    """
    live = QualityFlag.lead_id == lead_id, QualityFlag.lifted_at.is_(None)
    made = session.scalars(select(QualityFlag).where(*live).with_for_update()).first()
    if made is None:
        raise NotFlagged(lead_id)
    made.lifted_at, made.lifted_by = now, by
    session.flush()
    audit.record(
        session,
        by,
        "quality.unflagged",
        lead_id,
        {"flag": made.id},
        before={"left_out": True},
        after={"left_out": False},
    )
    return made
