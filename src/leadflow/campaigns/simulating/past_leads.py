"""Leads that are stored, as a campaign would have met them: as they were known at a moment, with
what has happened to them since. Only looks; writes nothing."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.campaigns.definitions.program import Program
from leadflow.campaigns.interpreter.clock import utc, utc_of
from leadflow.campaigns.places.placing import placed
from leadflow.campaigns.places.whereabouts import Known
from leadflow.campaigns.simulating.simulation import Crowd, simulated
from leadflow.campaigns.simulating.tallying import Tally
from leadflow.campaigns.simulating.written_lives import Happened, Written, lives_of
from leadflow.campaigns.store.programs import fields_asked
from leadflow.conditions.fields import RowsAtHand
from leadflow.leads.tables import Lead
from leadflow.rules.field_catalogue import is_at_hand
from leadflow.rules.sources import values_of
from leadflow.scoring.tables import LeadScore
from leadflow.workflow.trying import happened_to

AT_A_TIME = 5000
SCORED = "lead.scored"
# What of a score conditions may ask for.
OF_A_SCORE = ("total_score", "level", "probability", "confidence", "regime")
PARTS = ("demographic", "behavioural", "engagement", "fit", "ai")
# These of a lead are followed as they change; of all else it is known what is known of it now.
FOLLOWED = {"total_score": "score", "level": "level", "probability": "probability"}


def simulate_past(
    session: Session, program: Program, since: datetime, now: datetime, days: float
) -> Tally:
    """Let the leads that are stored go through a campaign from a moment (aware) up to now, each for
    so many days at most, some thousands at a time."""
    tally, last = Tally(), ""
    while True:
        these = select(Lead).where(Lead.id > last, Lead.merged_into.is_(None))
        leads = list(session.scalars(these.order_by(Lead.id).limit(AT_A_TIME)))
        if not leads:
            return tally
        last = leads[-1].id
        crowd = stored_crowd(session, program, leads, since, now)
        session.expunge_all()
        found = simulated(program, crowd, days, latest=utc(now))
        # What happens to none of these may happen to others.
        found.never &= tally.never if tally.leads else found.never
        tally = tally + found if tally.leads else found


def stored_crowd(
    session: Session, program: Program, leads: Sequence[Lead], since: datetime, now: datetime
) -> Crowd:
    """Leads as they were known at a moment, with what happened to them from it up to another."""
    numbers = {lead.id: number for number, lead in enumerate(leads)}
    arrived = utc_of([max(lead.created_at, since) for lead in leads])
    lives = lives_of(
        arrived,
        _known(session, program, leads, since),
        list(_happened(session, numbers, since, now)),
    )
    where = [Known(one.country, one.region, one.location, one.phone) for one in leads]
    return Crowd(Written(lives), list(numbers), placed(where, program.campaign, since))


def _known(
    session: Session, program: Program, leads: Sequence[Lead], since: datetime
) -> list[dict[str, Any]]:
    """What is known of each: its score as it was then, the rest as it is known now."""
    asked = fields_asked(program)
    scores = _scores(session, [lead.id for lead in leads], since)
    rows = [RowsAtHand(lead, scores.get(lead.id), None, since) for lead in leads]
    stored = not all(is_at_hand(name) for name in asked)
    values = values_of(session, rows, since, stored=stored, asked=asked)
    return [
        {name: value for name, value in values[lead.id].items() if name in asked} for lead in leads
    ]


def _scores(session: Session, leads: Sequence[str], since: datetime) -> dict[str, Any]:
    """The score that each had at a moment."""
    columns = [getattr(LeadScore, name) for name in (*OF_A_SCORE, *PARTS)]
    newest = (
        select(LeadScore.lead_id, *columns)
        .where(LeadScore.lead_id.in_(leads), LeadScore.as_of <= since)
        .distinct(LeadScore.lead_id)
        .order_by(LeadScore.lead_id, LeadScore.as_of.desc())
    )
    return {row.lead_id: row for row in session.execute(newest)}


def _happened(
    session: Session, numbers: dict[str, int], since: datetime, now: datetime
) -> Iterator[Happened]:
    for kind, lead_id, at, facts in happened_to(session, list(numbers), since, now):
        becomes = {}
        if kind == SCORED:
            becomes = {field: facts[fact] for field, fact in FOLLOWED.items()}
        yield Happened(numbers[lead_id], utc(at), kind, facts, becomes)
