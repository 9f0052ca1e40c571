"""The name of a lead on a page; its id where the reader may not see who it is."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.assignment.team.reach import leads_within
from leadflow.leads.tables import Lead


def called(lead: Lead) -> str:
    """Who the lead is, in one line: name, job title, company; the id where none is known."""
    person = " ".join(part for part in (lead.first_name, lead.last_name) if part)
    parts = [part for part in (person, lead.job_title, lead.company_name) if part]
    return ", ".join(parts) or lead.id


def names_of_leads(
    session: Session, reader: Actor, lead_ids: Iterable[str | None]
) -> dict[str, str]:
    """What these leads are called, by id; those the reader may not see are left out."""
    wanted, reach = {one for one in lead_ids if one}, reader.reach("lead.read")
    if not wanted or reach is None:
        return {}
    shown = leads_within(session, reader.rep_id, reach, wanted)
    leads = session.scalars(select(Lead).where(Lead.id.in_(shown)))
    return {lead.id: called(lead) for lead in leads}
