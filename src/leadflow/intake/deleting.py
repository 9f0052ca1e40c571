"""Use case: delete a lead for good, with all that is known of it and those it stands for."""

from collections.abc import Callable, Sequence

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from leadflow.approvals.tables import Approval
from leadflow.audit import service as audit
from leadflow.leads.service import absent, lock_leads
from leadflow.leads.tables import Lead

# A score is looked up by no key of the lead's own row.
DELETE_SCORES = text("DELETE FROM lead_scores WHERE lead_id = ANY(:ids)")
DELETE_LEADS = text("DELETE FROM leads WHERE id = ANY(:ids)")


class AskedAbout(RuntimeError):
    """People are being asked about the lead; the message says what to do first."""

    def __init__(self, lead_id: str, approval_id: str) -> None:
        super().__init__(
            f"People are being asked about {lead_id} ({approval_id}). Decide that first, or cancel "
            "what was asked."
        )


def delete_lead(
    session: Session, lead_id: str, actor: str, still: Callable[[Lead], None] = lambda lead: None
) -> int:
    """Delete a lead and the leads that were merged into it; how many. What people said of them goes
    too, words in the audit log included; the log keeps that they were deleted, and suppressed
    addresses stay suppressed. ``still`` looks at the lead once nobody else can change it, and
    raises where it is not to be deleted as it is.

    Raises:
        LeadNotFound: there is no such lead.
        LeadMerged: another stands for it: it goes with that one, or is split off first.
        AskedAbout: people are being asked about one of them.
    """
    still(_wait_for(session, [lead_id])[lead_id])
    ids = _with_merged(session, lead_id)
    leads = _wait_for(session, ids)
    asked = select(Approval.subject_id, Approval.id)
    asked = asked.where(Approval.subject_id.in_(ids), Approval.status == "waiting")
    if (waiting := session.execute(asked).first()) is not None:
        raise AskedAbout(*waiting)
    delete_rows(session, ids)
    for lead in leads.values():
        session.expunge(lead)
    for one in ids:
        audit.record(session, actor, "lead.deleted", one, {"with": len(ids) - 1})
    audit.forget_reasons(session, actor, ids, "The lead was deleted.")
    return len(ids)


def delete_rows(session: Session, ids: Sequence[str]) -> int:
    """Delete leads with what belongs to them; how many there were."""
    these = {"ids": list(ids)}
    session.execute(DELETE_SCORES, these)
    return int(session.execute(DELETE_LEADS, these).rowcount)  # type: ignore[attr-defined]


def _wait_for(session: Session, ids: Sequence[str]) -> dict[str, Lead]:
    """Hold these leads: whoever tells of them at this moment comes before."""
    leads = lock_leads(session, ids)
    first = leads.get(ids[0])
    if first is None or first.merged_into is not None:
        raise absent(ids[0], first)
    return leads


def _with_merged(session: Session, lead_id: str) -> list[str]:
    found, news = [lead_id], [lead_id]
    while news:
        news = list(session.scalars(select(Lead.id).where(Lead.merged_into.in_(news))))
        found += news
    return found
