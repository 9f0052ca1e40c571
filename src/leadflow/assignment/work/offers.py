"""Leads that nobody got in touch with in time, offered to those above: any of them may take one."""

from collections.abc import Sequence

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from leadflow.assignment.offered import offered_to
from leadflow.assignment.tables import Assignment
from leadflow.assignment.work.handover import Handing, find_rep, hand_over, held
from leadflow.assignment.work.service import Said
from leadflow.audit import service as audit
from leadflow.settings import Settings

OFFER = "offer"


class NotOffered(RuntimeError):
    """The lead was not offered to whoever wants to take it."""

    def __init__(self, lead_id: str) -> None:
        super().__init__(
            f"{lead_id} is not offered to you. Leads are offered to the team's lead, the manager "
            "and the fallback owner, one after the other, when nobody got in touch in time. Who "
            f"may give leads to others can: POST /leads/{lead_id}/assignment/reassign"
        )


def offers(session: Session, rep_id: str, limit: int) -> Sequence[Assignment]:
    """The assignments whose leads are offered to a salesperson, the longest overdue first."""
    wanted = select(Assignment).where(offered_to(rep_id)).order_by(Assignment.due_at)
    return session.scalars(wanted.limit(limit)).all()


def take(
    session: Session, settings: Settings, lead_id: str, said: Said, rep_id: str | None
) -> Assignment:
    """Whoever a lead was offered to takes it; its clock starts anew. ``rep_id``: who they are in
    the team.

    Raises:
        LeadNotFound, NotAssigned, AssignmentChanged: see ``handover.held``.
        NotOffered: it is not offered to them.
        RepInactive, RepFull: they cannot take it.
    """
    made = held(session, lead_id, said.believed)
    mine = rep_id is not None and session.scalar(
        select(exists().where(Assignment.id == made.id, offered_to(rep_id)))
    )
    if rep_id is None or not mine:
        raise NotOffered(lead_id)
    how = Handing(
        source=OFFER,
        by=said.by,
        reason="Took it, for nobody got in touch in time",
        ends="escalated",
        at=said.at,
        reminder_share=settings.assignment_reminder_share,
    )
    given = hand_over(session, lead_id, find_rep(session, rep_id), how)
    audit.record(
        session,
        said.by,
        "lead.taken",
        f"lead/{lead_id}",
        {"assignment": given.id},
        before={"rep": made.rep_id},
        after={"rep": rep_id},
    )
    return given
