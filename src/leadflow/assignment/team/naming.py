"""What leads and people are called, wherever somebody reads of them: pages, mails, the terminal.

Names are personal: they are read when something is shown, and never stored beside an id.
"""

from collections.abc import Iterable

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.tables import Person
from leadflow.assignment.tables import Rep
from leadflow.assignment.team.reach import leads_within
from leadflow.leads.tables import Lead

LONGEST = 200
# Asked with every request of somebody of the team: made once.
_IN_TEAM = select(Rep.name).where(Rep.id == bindparam("rep_id"))


def called(lead: Lead) -> str:
    """Who the lead is, in one line: name, job title, company, or in place of the company the domain
    of their address there. Of whom none of it is known, where they write from or came from."""
    person = " ".join(part for part in (lead.first_name, lead.last_name) if part)
    domain = (lead.email or "").rpartition("@")[2]
    company = lead.company_name or (domain if lead.email_kind == "company" else None)
    parts = [part for part in (person, lead.job_title, company) if part] or [
        _nameless(lead, domain)
    ]
    # One line, whatever was sent: it becomes the subject of a mail.
    return " ".join(", ".join(parts).split())[:LONGEST] or lead.id


def _nameless(lead: Lead, domain: str) -> str:
    if domain:
        return f"Somebody at {domain}"
    place = lead.location or lead.country
    if lead.source is None or lead.created_at is None:
        return lead.id
    came = f"since {lead.created_at:%d %B %Y}, {lead.created_at:%H:%M} UTC"
    return f"Somebody in {place}, {came}" if place else f"Somebody from {lead.source}, {came}"


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


def names_of_reps(session: Session, said: Iterable[str | None]) -> dict[str, str]:
    """What salespeople are called, by id; whoever is not known is left out."""
    wanted = {one for one in said if one}
    if not wanted:
        return {}
    of_them = select(Rep.id, Rep.name).where(Rep.id.in_(wanted))
    return dict(session.execute(of_them).tuples().all())


def name_of(session: Session, person: Person) -> str:
    """What this person is called: in the sales team as there, else as their account says."""
    if person.rep_id is None:
        return person.name
    return session.scalar(_IN_TEAM, {"rep_id": person.rep_id}) or person.name


def reps_by_name(session: Session) -> list[tuple[str, str]]:
    """Active salespeople: our ids and what they are called, by name."""
    active = select(Rep.id, Rep.name).where(Rep.active)
    return sorted(session.execute(active).tuples(), key=lambda rep: rep[1].casefold())


def names_of_people(session: Session, said: Iterable[str | None]) -> dict[str, str]:
    """What people are called, by what was said of them: their id or their username.

    Somebody of the sales team is called there what they are called here, whatever their account
    says. Programs, and whoever is not known, are left out.
    """
    wanted = {one for one in said if one}
    if not wanted:
        return {}
    found = session.execute(
        select(Person, Rep.name)
        .outerjoin(Rep, Rep.id == Person.rep_id)
        .where(or_(Person.id.in_(wanted), Person.username.in_(wanted)))
    )
    names: dict[str, str] = {}
    for person, in_team in found.tuples():
        name = in_team or person.name
        names |= {key: name for key in (person.id, person.username) if key in wanted}
    return names
