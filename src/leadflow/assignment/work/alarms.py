"""Leads that nobody can take, and leads that lie about: listed, and an alarm raised."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from leadflow.assignment.notices import Notice, What, tell
from leadflow.assignment.routing.open_leads import due_leads
from leadflow.assignment.routing.rulebook import rulebook
from leadflow.assignment.sweep_tables import UnroutableLead
from leadflow.assignment.tables import Rep
from leadflow.leads.tables import Lead
from leadflow.paging.keyset import FIRST, Key, Page, Wanted, read_page
from leadflow.scoring.tables import LeadScore
from leadflow.settings import Settings

AGAIN_AFTER = timedelta(hours=24)
MOST_NAMED = 100


@dataclass(frozen=True)
class Alarm:
    """What was raised: leads newly on the list or there for another day, and forgotten ones."""

    unroutable: int
    stale: int


def unroutable(session: Session, wanted: Wanted = FIRST) -> Page[UnroutableLead]:
    """Leads that nobody can take, the longest first."""
    keys = Key(UnroutableLead.since), Key(UnroutableLead.lead_id)
    return read_page(session, select(UnroutableLead), keys, ("unroutable",), wanted)


def stale(session: Session, settings: Settings, now: datetime) -> list[str]:
    """Leads that a rule gives to somebody, that have nobody, that no sweep has tried, and whose
    score is older than ``assignment_stale_minutes``: there should be none. At most 100."""
    since = now - timedelta(minutes=settings.assignment_stale_minutes)
    scored = func.coalesce(LeadScore.scored_at, Lead.created_at)
    due = due_leads(rulebook(session, settings), now, MOST_NAMED, None).where(scored <= since)
    return [row.id for row in session.execute(due)]


def alarm_due(now: datetime) -> ColumnElement[bool]:
    """Of a lead that nobody can take: whether its alarm is to be raised (again)."""
    return or_(UnroutableLead.alarmed_at.is_(None), UnroutableLead.alarmed_at <= now - AGAIN_AFTER)


def raise_alarms(session: Session, settings: Settings, now: datetime) -> Alarm:
    """Tell the fallback owner of leads that nobody can take, once a day each, and of stale ones."""
    raised = list(
        session.scalars(
            update(UnroutableLead)
            .where(alarm_due(now))
            .values(alarmed_at=now)
            .returning(UnroutableLead.lead_id)
            .execution_options(synchronize_session=False)
        )
    )
    forgotten = stale(session, settings, now)
    owner = session.scalars(select(Rep.id).where(Rep.is_fallback)).first()
    # Stale leads are told of once an hour, however often it is looked.
    hour = now.replace(minute=0, second=0, microsecond=0)
    alarms: tuple[tuple[What, list[str], datetime], ...] = (
        ("unroutable", raised, now),
        ("stale", forgotten, hour),
    )
    told = [Notice(what, owner, "rep", leads, at.isoformat()) for what, leads, at in alarms]
    tell(session, told)
    return Alarm(len(raised), len(forgotten))
