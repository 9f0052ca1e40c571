"""Telling salespeople, their team leads and managers about leads."""

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.assignment.notices import NOTIFY, To, What
from leadflow.assignment.tables import Assignment, Rep, Team
from leadflow.assignment.team.naming import names_of_leads
from leadflow.database.engine import unit_of_work
from leadflow.integrations.notifications import messages
from leadflow.integrations.notifications.recipients import reader_of, recipient_of
from leadflow.integrations.notifications.sending import send, was_sent
from leadflow.outbox.acts import Done, End, NothingDone, Order, Outside
from leadflow.outbox.lanes import NOTICES

# Told only while the leads are theirs.
OF_HOLDERS = ("assigned", "handed_on", "reminded", "escalated")


class LeadNotice(BaseModel):
    """Who is told what about which leads; ``leads`` counts them all, the first are named."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    what: What
    rep_id: str | None
    to: To
    lead_ids: list[str]
    leads: int


def notify_rep(order: Order, payload: LeadNotice) -> End:
    """Tell somebody, by their account's address or else their own.

    Raises:
        NotSent: it was surely not taken.
        MaybeSent: it may or may not have been.
    """
    with unit_of_work() as session:
        told = _whom(session, payload.rep_id, payload.to)
        if isinstance(told, NothingDone):
            return told
        leads = _theirs(session, payload)
        if not leads:
            return NothingDone("The lead is no longer theirs.")
        to = recipient_of(session, told)
        names = names_of_leads(session, reader_of(session, told), leads)
        rep = session.get(Rep, told)
    if to is None:
        return NothingDone(f"{told} has no account with an address and no address of their own.")
    gone = len(payload.lead_ids) - len(leads)
    message = messages.of_leads(
        payload.what,
        "" if rep is None else rep.name,
        {lead_id: names.get(lead_id, lead_id) for lead_id in leads},
        payload.leads - gone,
        order.settings.address,
    )
    send(order, to, message)
    return Done({"what": payload.what, "told": told})


def _whom(session: Session, rep_id: str | None, to: To) -> str | NothingDone:
    """The salesperson's id that is told, or why nobody is."""
    if rep_id is None:
        return NothingDone("There is no fallback owner to tell.")
    if to == "rep":
        return rep_id
    row = session.execute(
        select(Team.lead_rep_id, Team.manager_rep_id)
        .join(Rep, Rep.team_id == Team.id)
        .where(Rep.id == rep_id)
    ).first()
    lead, manager = (None, None) if row is None else row
    above: str | None = lead if to == "team_lead" else manager or lead
    return above or NothingDone(f"The team of {rep_id} has no {to.replace('_', ' ')}.")


def _theirs(session: Session, payload: LeadNotice) -> list[str]:
    """The leads named, but for those that somebody else has by now."""
    if payload.what not in OF_HOLDERS or payload.to != "rep":
        return payload.lead_ids
    held = select(Assignment.lead_id).where(
        Assignment.lead_id.in_(payload.lead_ids),
        Assignment.rep_id == payload.rep_id,
        Assignment.ended_at.is_(None),
    )
    return sorted(session.scalars(held))


NOTIFY_REP = Outside(NOTIFY, NOTICES, LeadNotice, notify_rep, repeatable=False, reconcile=was_sent)
